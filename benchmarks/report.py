"""The tables of measurements, as text and as a file."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from benchmarks import gradients, syntax
from benchmarks.bffg import cases as guiding
from benchmarks.circuits import cases as deciding
from benchmarks.markov import cases as inference
from benchmarks.markov.rows import InferenceRow
from benchmarks.peers import versions
from benchmarks.picture import draw
from benchmarks.rows import Row

__all__ = ["report"]

PARTS = ("syntax", "markov", "bffg", "circuits")
"""What can be asked for beside letters of gradient cases."""


def report(
    folder: Path,
    only: Collection[str] = (),
    rounds: int = 9,
    file: Path | None = None,
    picture: Path | None = None,
) -> None:
    """Measure and print.

    Args:
        folder: where data files are.
        only: "syntax", "markov", "bffg", "circuits", letters of gradient cases, or nothing for all.
        rounds: interleaved rounds for each case.
        file: where to write the figures as JSON, if anywhere.
        picture: where to draw them, if anywhere.
    """
    letters = [name for name in only if name not in PARTS]
    if unknown := set(letters) - set(gradients.CASES):
        there = ", ".join((*PARTS, *gradients.CASES))
        raise SystemExit(f"there is no case {min(unknown)!r}; there are {there}")
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
    found: dict[str, list[Row]] = {}
    if not only or "syntax" in only:
        found["syntax"] = show("Syntax", syntax.rows())
    if not only or letters:
        found["gradients"] = show("Value and gradient", gradients.rows(folder, letters, rounds))
    if not only or "markov" in only:
        found["markov"] = show("Inference", inference.rows(rounds))
    if not only or "bffg" in only:
        found["bffg"] = show("Backward filtering, forward guiding", guiding.rows(rounds))
    if not only or "circuits" in only:
        found["circuits"] = show("Boolean circuits", deciding.rows(rounds))
    if file:
        beside = file.with_name(file.name + ".part")
        beside.write_text(json.dumps({name: [row.plain() for row in rows] for name, rows in found.items()}, indent=1))
        os.replace(beside, file)
    if picture:
        draw([row.plain() for rows in found.values() for row in rows if row.peers], picture)


WIDTH = 160  # of a table that goes to a file


def show(title: str, rows: Iterable[Row]) -> list[Row]:
    """Print a table, and give its rows. Peers are shown as how many times our time they take."""
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    console, done = Console(), list[Row]()
    if not console.is_terminal:
        console.width = WIDTH
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        for row in rows:
            done.append(row)
            progress.update(task, advance=1, description=f"{title}: {row.case} {row.size}")
    slopes = any(isinstance(row, gradients.GradientRow) for row in done)
    bounds = any(isinstance(row, InferenceRow) for row in done)
    peers = [] if bounds else list(dict.fromkeys(name for row in done for name in row.peers))
    table = Table(title=title)
    table.add_column("case")
    more = ["ours / hand, least and median", "bound", "first call"] if slopes else []
    more += ["peer / ours (at least)"] if bounds else []
    for name in ("size", "ours", *more, *(f"{name} / ours" for name in peers), "note"):
        table.add_column(name, justify="left" if name in ("size", "note") else "right")
    for row in done:
        table.add_row(row.case, row.size, _time(row.ours), *_hand(row), *(_peer(row, name) for name in peers), row.note)
    console.print(table)
    return done


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1.0:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.2g} us" if seconds else ""


def _peer(row: Row, name: str) -> str:
    return f"{row.ratios[name]:.3g}" if name in row.peers else ""


def _bounds(row: InferenceRow) -> str:
    """How many times our time each peer takes, and how many it must take."""
    said = [_bound(name, f"{row.ratios[name]:.3g}" if name in row.peers else "?", row) for name in row.known]
    said += [f"{name} at most {seconds:g} s" for name, seconds in row.limits.items()]
    style = {True: "green", False: "red", None: "default"}[row.passed]
    verdict = {True: "", False: ": missed", None: ": not measured"}[row.passed]
    return f"[{style}]{', '.join(said)}{verdict}[/]"


def _bound(name: str, ratio: str, row: InferenceRow) -> str:
    return f"{name} {ratio}" + (f" ({row.bounds[name]:g})" if name in row.bounds else "")


def _hand(row: Any) -> list[str]:
    if isinstance(row, InferenceRow):
        return [_bounds(row)]
    if not isinstance(row, gradients.GradientRow):
        return []
    if row.hand is None:
        return ["", "", ""]
    style = "green" if row.hand.least <= row.bound else "red"
    return [f"[{style}]{row.hand}[/]", f"{row.bound:.2f}", _time(row.first)]
