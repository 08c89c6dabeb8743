"""A picture of training: the loss of every epoch, and the validation loss where there is one.

matplotlib draws it, which the extra `demo` brings.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from catlearn.errors import DrawingError, MissingExtra
from catlearn.files import check_path, write_beside

__all__ = ["curve"]

FORMATS = {".svg": {"Date": None}, ".png": {"Software": None}, ".pdf": {"CreationDate": None}}
"""What the picture can be written as, and which marks of time and machine are left out."""
LEAST = 1e-100  # matplotlib's logarithmic axis overflows with numbers far beyond this


def curve(path: str | os.PathLike[str], losses: Sequence[float], validation: Sequence[float | None] = ()) -> Path:
    """Draw losses against epochs, on a logarithmic axis where that can be; gives the path.

    Args:
        path: of the picture, ending in .svg, .png or .pdf.
        losses: the training loss of each epoch.
        validation: the validation loss of each epoch, None where there is none.

    Raises:
        MissingExtra: when matplotlib is not installed.
        DrawingError: when there are no losses, or for another ending.
        FileProblem: when the file cannot be written.
    """
    if not losses:
        raise DrawingError("curve: there is no loss to draw yet; call fit first")
    found = check_path(path)
    if found.suffix.lower() not in FORMATS:
        raise DrawingError(f"curve: cannot tell how to draw {path}: end its name in {', '.join(FORMATS)}")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError:
        raise MissingExtra('curve: needs matplotlib: `pip install "catlearn-diagrams[demo]"`') from None
    with mpl.rc_context({"svg.hashsalt": "catlearn"}):
        figure = Figure(figsize=(6, 3.5), layout="constrained")
        axes = figure.subplots()
        epochs = range(1, len(losses) + 1)
        axes.plot(epochs, losses, marker=".", label="training")
        held = [(epoch, loss) for epoch, loss in zip(epochs, validation, strict=False) if loss is not None]
        if held:
            axes.plot(*zip(*held, strict=True), marker=".", label="validation")
        drawn = [*losses, *(loss for _, loss in held)]
        if LEAST < min(drawn) <= max(drawn) < 1 / LEAST:
            axes.set_yscale("log")
        axes.set(xlabel="epoch", ylabel="loss")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        picture = BytesIO()
        figure.savefig(picture, format=found.suffix[1:].lower(), dpi=150, metadata=FORMATS[found.suffix.lower()])
    return write_beside(found, picture.getvalue())
