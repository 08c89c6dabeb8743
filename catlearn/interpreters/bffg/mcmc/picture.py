"""A picture of chains: every number against the steps, a line for each chain.

matplotlib draws it, which the extra `demo` brings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import DrawingError, MissingExtra
from catlearn.files import check_path, write_beside

__all__ = ["trace"]

FORMATS = {".svg": {"Date": None}, ".png": {"Software": None}, ".pdf": {"CreationDate": None}}
"""What the picture can be written as, and which marks of time and machine are left out."""
POINTS = 2000
"""More points than this on a line cannot be told apart."""


def trace(path: str | os.PathLike[str], rows: Mapping[str, NDArray[Any]]) -> Path:
    """Draw numbers against steps, one above the other; gives the path.

    Args:
        path: of the picture, ending in .svg, .png or .pdf.
        rows: numbers by name, (chains, steps) or (chains, steps, components).

    Raises:
        MissingExtra: when matplotlib is not installed.
        DrawingError: for another ending.
        FileProblem: when the file cannot be written.
    """
    found = check_path(path)
    if found.suffix.lower() not in FORMATS:
        raise DrawingError(f"trace: cannot tell how to draw {path}: end its name in {', '.join(FORMATS)}")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra('trace: needs matplotlib: `pip install "catlearn-diagrams[demo]"`') from None
    lines = _lines(rows)
    with mpl.rc_context({"svg.hashsalt": "catlearn"}):
        figure = Figure(figsize=(8, 1.0 + 1.5 * len(lines)), layout="constrained")
        for axes, (name, x) in zip(figure.subplots(len(lines), sharex=True, squeeze=False)[:, 0], lines, strict=True):
            stride = -(-x.shape[1] // POINTS)
            steps = np.arange(0, x.shape[1], stride)
            for chain in x:
                axes.plot(steps, chain[::stride], linewidth=0.6, alpha=0.8)
            axes.set_ylabel(name)
            axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("draw")
        picture = BytesIO()
        kind = found.suffix.lower()
        figure.savefig(picture, format=kind[1:], dpi=150, metadata=FORMATS[kind])
    return write_beside(found, picture.getvalue())


def _lines(rows: Mapping[str, NDArray[Any]]) -> list[tuple[str, NDArray[Any]]]:
    found = []
    for name, x in rows.items():
        for at in np.ndindex(x.shape[2:]):
            label = name + (f"[{', '.join(map(str, at))}]" if at else "")
            # Names are no formulas, whatever dollars they have.
            found.append((label.replace("$", r"\$"), x[(slice(None), slice(None), *at)]))
    return found
