"""What commands work out and show: costs, outputs, and the table of the demo.

>>> from catlearn import Real, trace
>>> costs(trace(lambda x: x * x, Real(3)), {}, gradient=False)["diagram"].operations
3
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.commandline.outcome import complain
from catlearn.demo import Figures
from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.smooth.reverse import reverse, value_and_gradient
from catlearn.diagrams.types import Real
from catlearn.interpreters.program.compile import compile
from catlearn.interpreters.program.cost import Cost

__all__ = ["costs", "outputs", "show_demo"]


def costs(d: Diagram, sizes: Mapping[str, int], gradient: bool) -> dict[str, Cost]:
    """The cost of a diagram, and of its gradient, by name.

    Raises:
        UnknownBox: for a box that has no program.
        InputMismatch: when the size of a dimension is missing, or there is no such dimension.
    """
    found = {str(getattr(d, "name", "") or "diagram"): compile(d).cost(**sizes)}
    if gradient:
        turned = value_and_gradient(d) if d.cod == Real() else reverse(d)
        found[turned.name] = compile(turned).cost(**sizes)
    return found


def outputs(d: Diagram, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """What a diagram gives for these inputs, called y0, y1, ...; says so on standard error where it is no number.

    Raises:
        InputMismatch: when an input is missing, not known, or of the wrong shape.
    """
    with np.errstate(all="ignore"):
        made = compile(d)(**inputs)
    arrays = [np.asarray(y) for y in ((made,) if len(d.cod) == 1 else made)]
    for k, array in enumerate(arrays):
        if np.isnan(array).any():
            complain(f"note: output y{k} holds NaN", 0)
    return {f"y{k}": array for k, array in enumerate(arrays)}


def show_demo(found: Figures, folder: Path) -> None:
    """Print the figures of the demo as a table, and where its files are."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="1,797 handwritten digits, a two-layer network")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in (
        (f"accuracy on {found.test_samples} held-out digits", f"{found.test_accuracy:.2%}"),
        (f"accuracy on {found.train_samples:,} training digits", f"{found.train_accuracy:.2%}"),
        ("training loss", f"{found.train_loss:.4f}"),
        ("loss on held-out digits", f"{found.test_loss:.4f}"),
        (f"seconds for {found.epochs} epochs", f"{found.seconds:.2f}"),
        ("learned numbers", f"{found.parameters:,}"),
    ):
        table.add_row(name, value)
    console = Console()
    console.print(table)
    console.print(f"Pictures, figures and the model are in {folder}:", highlight=False, soft_wrap=True)
    for file, what in FILES.items():
        console.print(f"  {file:<20} {what}", highlight=False, soft_wrap=True)


FILES = {
    "model.svg": "the model",
    "reverse.svg": "its reverse derivative",
    "learner.svg": "the closed learner: one training step",
    "training.svg": "the training curve",
    "demo.json": "the figures",
    "digits.safetensors": "what was learned",
}
