"""A progress bar for training: on a terminal only, and nothing else is ever printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from catlearn.progress import on_terminal

__all__ = ["progress"]

Tell = Callable[[float, float | None], None]


@contextmanager
def progress(epochs: int, show: bool | None = None) -> Iterator[Tell]:
    """A function to be told the training and validation loss after each epoch; it moves a bar, where there is one.

    Args:
        epochs: how many there will be.
        show: whether to show the bar; None shows it when standard error is a terminal.

    >>> with progress(2, show=False) as tell:
    ...     tell(0.5, None)
    """
    if not (on_terminal() if show is None else show):
        yield lambda loss, validation: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    counted = [BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    columns = [TextColumn("training"), *counted, TextColumn("{task.description}")]
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=epochs)

        def tell(loss: float, validation: float | None) -> None:
            extra = "" if validation is None else f", validation {validation:.4g}"
            bar.update(task, advance=1, description=f"loss {loss:.4g}{extra}")

        yield tell
