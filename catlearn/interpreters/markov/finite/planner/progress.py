"""A bar for a search that takes more than two seconds: on a terminal only, and nothing else is ever printed.

>>> with progress(15.0, show=False) as tell:
...     tell(0.5, "1e+08 multiplications")
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

__all__ = ["progress"]

Tell = Callable[[float, str], None]

PATIENCE = 2.0
"""Seconds before there is a bar."""


@contextmanager
def progress(seconds: float, show: bool | None = None) -> Iterator[Tell]:
    """A function to be told, now and then, the seconds so far and what was found; it moves a bar, where there is one.

    Args:
        seconds: how long the search may take.
        show: whether to show the bar after two seconds; None shows it when standard error is a terminal.
    """
    if not (_on_terminal() if show is None else show):
        yield lambda elapsed, found: None
        return
    with ExitStack() as opened:
        bars: list[Tell] = []

        def tell(elapsed: float, found: str) -> None:
            if elapsed > PATIENCE and not bars:
                bars.append(opened.enter_context(_bar(seconds)))
            for bar in bars:
                bar(elapsed, found)

        yield tell


@contextmanager
def _bar(seconds: float) -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [TextColumn("planning"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}")]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=seconds)
        yield lambda elapsed, found: bar.update(task, completed=elapsed, description=found)


def _on_terminal() -> bool:
    # A program without a console has no standard error at all.
    return sys.stderr is not None and sys.stderr.isatty()
