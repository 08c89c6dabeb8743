"""Plans on disk: what took long to find is found again, by any program that asks about factors of the same form.

A file holds only pairs of numbers, and is read as such: whatever else it may hold, the worst that can come of it is
that a plan is looked for again. The folder is `catlearn/plans` in `$CATLEARN_CACHE`, or else in `$XDG_CACHE_HOME`, or
else in `~/.cache`; all of it can be deleted at any time.

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import hypergraph
>>> one = hypergraph([(0, 1), (1, 2), (2, 0)], (2, 3, 5))
>>> renamed = hypergraph([(2, 0), (0, 1), (1, 2)], (3, 5, 2))
>>> key(one) == key(renamed), key(one) == key(hypergraph([(0, 1), (1, 2), (2, 0)], (2, 3, 5), keep=(0,)))
(True, False)
"""

from __future__ import annotations

import contextlib
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from catlearn.files import write_beside
from catlearn.interpreters.markov.finite.planner.hypergraph import Hypergraph, Pairs, bits, complete

__all__ = ["Found", "folder", "key", "load", "store"]

VERSION = 1
"""Of the search: raised when it finds better plans, so that old ones are looked for again."""
LARGEST = 2**24
"""Bytes; a file that is larger was not written here."""


class Found(NamedTuple):
    """A plan, and for how many seconds it was looked for."""

    pairs: Pairs
    seconds: float


def folder() -> Path | None:
    """Where plans are kept; None where there is no such place."""
    for name in ("CATLEARN_CACHE", "XDG_CACHE_HOME"):
        if value := os.environ.get(name):
            return Path(value, "catlearn", "plans")
    try:
        return Path.home() / ".cache" / "catlearn" / "plans"
    except RuntimeError:
        return None


def key(graph: Hypergraph) -> str:
    """The name of a structure: the same for any numbering of the variables.

    A variable is what its size is, which factors have it, and whether it is kept.
    """
    holders: dict[int, list[int]] = {}
    for k, scope in enumerate(graph.scopes):
        for v in bits(scope):
            holders.setdefault(v, []).append(k)
    variables = sorted((graph.sizes[v], graph.keep >> v & 1, held) for v, held in holders.items())
    return sha256(json.dumps([VERSION, len(graph.scopes), variables]).encode()).hexdigest()[:40]


def load(graph: Hypergraph) -> Found | None:
    """The plan that was stored for this structure; None where there is none, or none that makes sense."""
    place = folder()
    if place is None:
        return None
    try:
        path = place / f"{key(graph)}.json"
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return _read(content, len(graph.scopes))


def _read(content: object, count: int) -> Found | None:
    if not isinstance(content, dict) or not complete(content.get("pairs"), count):
        return None
    seconds = content.get("seconds")
    if not isinstance(seconds, int | float) or not seconds >= 0:
        return None
    return Found([(left, right) for left, right in content["pairs"]], float(seconds))


def store(graph: Hypergraph, found: Found) -> None:
    """Keep a plan; where nothing can be written, nothing happens."""
    place = folder()
    if place is None:
        return
    with contextlib.suppress(OSError, ValueError):
        place.mkdir(parents=True, exist_ok=True)
        write_beside(place / f"{key(graph)}.json", json.dumps(found._asdict()))
