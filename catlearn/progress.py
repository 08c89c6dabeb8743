"""A bar for work that takes more than two seconds: on a terminal only, and nothing else is ever printed.

>>> with progress("planning", 15.0, show=False) as tell:
...     tell(0.5, "1e+08 multiplications")
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

__all__ = ["Tell", "on_terminal", "progress"]

Tell = Callable[[float, str], None]

PATIENCE = 2.0
"""Seconds before there is a bar."""


@contextmanager
def progress(title: str, total: float, show: bool | None = None, patience: float = PATIENCE) -> Iterator[Tell]:
    """A function to be told, now and then, how much is done and what to say of it; it moves a bar, where there is one.

    Args:
        title: what is being done, in a word.
        total: how much there is to do.
        show: whether to show the bar; None shows it when standard error is a terminal.
        patience: seconds before it is shown.
    """
    if not (on_terminal() if show is None else show):
        yield lambda done, said: None
        return
    start = monotonic()
    with ExitStack() as opened:
        bars: list[Tell] = []

        def tell(done: float, said: str) -> None:
            if not bars and monotonic() - start >= patience:
                bars.append(opened.enter_context(_bar(title, total)))
            for bar in bars:
                bar(done, said)

        yield tell


@contextmanager
def _bar(title: str, total: float) -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [TextColumn(title), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}")]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, said: bar.update(task, completed=done, description=said)


def on_terminal() -> bool:
    """Whether somebody looks at standard error as it is written."""
    # A program without a console has no standard error at all.
    return sys.stderr is not None and sys.stderr.isatty()
