"""Rows of observations side by side, and the different columns among them: the site patterns.

>>> from catlearn import channel, copy, identity, state
>>> from catlearn.diagrams.theories.markov.processes.substitution import DNA, JC69
>>> from catlearn.interpreters.bffg.sites.tree import read_tree
>>> edge = JC69(0.1)
>>> tree = read_tree(JC69().stationary("root") >> copy() >> (edge.box("a") @ edge.box("b")))
>>> found = read_alignment({"a": "TTCG", "b": "TTCA"}, tree)
>>> found.counts, found.patterns
(array([2, 1, 1]), array([0, 0, 1, 2]))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.bffg.sites.letters import Row, read_row
from catlearn.interpreters.bffg.sites.tree import Tree

__all__ = ["Alignment", "read_alignment"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Alignment:
    """What was seen, each different column once.

    Attributes:
        wires: the observed wires.
        vectors: tables of likelihoods (A, K); rows of one alphabet share theirs.
        tables: for each observed wire the number of its table.
        codes: for each observed wire and pattern the row of the table, (wires, patterns).
        patterns: for each site its pattern, (S,).
        counts: how many sites have each pattern.
        logs: for each site the logarithm of a factor of its likelihood, (S,).
    """

    wires: tuple[int, ...]
    vectors: tuple[Array, ...]
    tables: tuple[int, ...]
    codes: Array
    patterns: Array
    counts: Array
    logs: Array


def read_alignment(given: Mapping[str, Any], tree: Tree) -> Alignment:
    """The observations of a tree, by the names of its wires; each value as `read_row` takes it.

    Every leaf has a row, other wires may have one.

    Raises:
        UnknownVariable: when there is no wire of a name.
        InputMismatch: when a leaf has no row, or rows have different lengths.

    What a row may hold, and its errors: see `read_row`.
    """
    if not isinstance(given, Mapping):
        raise InputMismatch(f"an alignment is a dictionary with a sequence for each leaf, not {short(given)}")
    places = {name: wire for wire, name in enumerate(tree.names)}
    leaves = [tree.names[wire] for wire in tree.outputs]
    for name in given:
        if name not in places:
            raise UnknownVariable(f"the tree has no {short(name)}{nearest(name, leaves)}")
    for name in leaves:
        if name not in given:
            said = "give it a row of '?' where nothing was seen"
            raise InputMismatch(f"leaf {name!r} has no row in the alignment{nearest(name, given)}; {said}")
    rows = {places[name]: read_row(name, row, tree.obs[places[name]]) for name, row in given.items()}
    _check_lengths(rows, tree)
    return _patterns(rows)


def _check_lengths(rows: Mapping[int, Row], tree: Tree) -> None:
    lengths = {wire: len(row.codes) for wire, row in rows.items()}
    if not any(lengths.values()):
        raise InputMismatch("the alignment has no sites; give each leaf a sequence")
    usual = max(set(lengths.values()), key=[*lengths.values()].count)
    for wire, length in lengths.items():
        if length != usual:
            said = f"{tree.names[wire]!r} has {length} sites where others have {usual}"
            raise InputMismatch(f"{said}; rows of an alignment have one length")


def _patterns(rows: Mapping[int, Row]) -> Alignment:
    wires = tuple(sorted(rows))
    tables = {id(rows[wire].vectors): rows[wire].vectors for wire in wires}
    order = {key: k for k, key in enumerate(tables)}
    numbers = tuple(order[id(rows[wire].vectors)] for wire in wires)
    codes = np.stack([rows[wire].codes for wire in wires])
    vectors, codes = _compact([*tables.values()], numbers, codes)
    logs = np.zeros(codes.shape[1])
    for row in rows.values():
        logs += 0.0 if row.logs is None else row.logs
    first, patterns = _columns(codes)
    return Alignment(wires, vectors, numbers, codes[:, first], patterns, np.bincount(patterns), logs)


def _compact(vectors: list[Array], numbers: tuple[int, ...], codes: Array) -> tuple[tuple[Array, ...], Array]:
    """Tables without the likelihoods that do not occur, and the codes for these."""
    found = []
    for k, table in enumerate(vectors):
        rows = [i for i, number in enumerate(numbers) if number == k]
        used = np.zeros(len(table), bool)
        used[codes[rows]] = True
        codes[rows] = (np.cumsum(used) - 1)[codes[rows]]
        found.append(np.ascontiguousarray(table[used]))
    return tuple(found), codes


def _columns(codes: Array) -> tuple[Array, Array]:
    """The places of the first of all different columns, in their order, and for each column its number among them."""
    kind = np.min_scalar_type(int(codes.max()))
    packed = np.ascontiguousarray(codes.T.astype(kind))
    text, width = packed.tobytes(), packed.dtype.itemsize * packed.shape[1]
    numbers: dict[bytes, int] = {}
    found = [numbers.setdefault(text[at : at + width], len(numbers)) for at in range(0, len(text), width)]
    patterns = np.array(found, np.intp)
    return np.unique(patterns, return_index=True)[1], patterns
