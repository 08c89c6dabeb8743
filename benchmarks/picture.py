"""The picture of measurements: for each case, how many times our time everybody else takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["draw"]

COLORS = {
    "hand": "#1a4b8c",
    "autograd": "#6a8f3c",
    "jax": "#8e44ad",
    "torch": "#d35400",
    "discopy": "#b03a2e",
    "pyagrum": "#c0392b",
    "its Shafer-Shenoy": "#e59866",
    "pgmpy": "#7f8c8d",
    "hmmlearn scaling": "#16a085",
    "hmmlearn log": "#48c9b0",
    "statsmodels": "#8e6b23",
    "dynamax": "#5b2c6f",
    "hyperiax": "#a04000",
    "cogent3": "#117864",
    "jax.lax.scan": "#8e44ad",
    "our whole call": "#1a4b8c",
}


def draw(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write an SVG, PNG or PDF of rows as `--json` writes them: a line of dots for each case, on a logarithmic axis."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "catlearn"
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 0.42 * len(rows) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    for height, row in enumerate(reversed(rows)):
        for name, seconds in row["peers"].items():
            axes.plot(seconds / row["ours"], height, "o", color=COLORS.get(name, "#555555"), markersize=6)
    for name in dict.fromkeys(name for row in rows for name in row["peers"]):
        axes.plot([], [], "o", color=COLORS.get(name, "#555555"), label="numpy by hand" if name == "hand" else name)
    axes.axvline(1.0, color="#888888", linewidth=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks(range(len(rows)), [f"{row['case']}, {row['size']}" for row in reversed(rows)], fontsize=8)
    axes.set_xlabel("their time / ours (right of the line, catlearn is quicker)")
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.legend(loc="lower right", fontsize=8, frameon=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
