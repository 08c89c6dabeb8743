"""Bayesian networks in BIF, the text format of the usual collections: read as diagrams, and written.

A file names variables and their states, and gives for each variable a table: a distribution for every combination of
its parents' states. The diagram has a box of that name for each; all variables leave it, in the order of the file.

>>> d = loads_bif('''
... network weather { }
... variable rain { type discrete [ 2 ] { no, yes }; }
... variable lawn { type discrete [ 2 ] { dry, "soaking wet" }; }
... probability ( rain ) { table 0.8, 0.2; }
... probability ( lawn | rain ) { (no) 0.9, 0.1; (yes) 0.2, 0.8; }
... ''')
>>> d.name, d.cod
('weather', Finite("no", "yes") @ Finite("dry", "soaking wet"))
>>> loads_bif(dumps_bif(d)) == d
True

Also read: comments, properties (which are dropped), names in quotes, `default` rows, and whole tables for variables
with parents, in which the variable's own state changes slowest. Rows are taken for rounded up to 1e-6, as everywhere.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from itertools import product

from catlearn.diagrams.bridges._bif_reader import Network, parse
from catlearn.diagrams.bridges._bif_tokens import Words, quoted
from catlearn.diagrams.bridges._finite_network import Variable, assemble, single_variables
from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.wiring import Graph
from catlearn.errors import FileProblem, NotNormalized, WireError, short
from catlearn.files import as_path, read_text, write_beside

__all__ = ["dumps_bif", "loads_bif", "read_bif", "write_bif"]


def read_bif(path: str | os.PathLike[str]) -> Graph:
    """The diagram of a `.bif` or `.bif.gz` file: no inputs, and all variables as outputs, in the order of the file.

    Its name is that of the network, or of the file where the network is called "unknown". A box of the name of each
    variable has its table, `cl.variables` gives the names of the wires.

    Raises:
        FileProblem: when the file cannot be read or is not right; it names the line and what to do.
        NotNormalized: when a row does not sum to one up to 1e-6, or a number is negative or not finite.
        TooLarge: when a default row stands for more rows than fit in an array.

    >>> from tempfile import TemporaryDirectory
    >>> from catlearn import Finite, state
    >>> with TemporaryDirectory() as folder:
    ...     write_bif(state("coin", Finite("heads", "tails"), [0.5, 0.5]), f"{folder}/coin.bif.gz")
    ...     read_bif(f"{folder}/coin.bif.gz").name
    'coin'
    """
    path = as_path(path)
    name = path.name.removesuffix(".gz").removesuffix(".bif")
    return _loaded(read_text(path), name, str(path))


def loads_bif(text: str, name: str = "") -> Graph:
    """The diagram of a BIF text; `name` is for a network without one. Raises as `read_bif` does.

    >>> loads_bif("variable x { type discrete [ 1 ] { one }; } probability ( x ) { table 1.0; }", "tiny").name
    'tiny'
    """
    return _loaded(text, name, "BIF text")


def _loaded(text: str, name: str, where: str) -> Graph:
    words = Words(text, where)
    found = parse(words)
    boxes = {variable: _box(variable, found, words) for variable in found.variables}
    parents = {variable: given.parents for variable, given in found.tables.items()}
    title = found.name if found.name not in ("", "unknown") else name
    try:
        return assemble(boxes, parents, title)
    except WireError as error:
        raise FileProblem(f"{where}: {error}") from None


def _box(name: str, found: Network, words: Words) -> Box:
    given = found.tables[name]
    outcomes = {each: found.variables[each].states for each in (name, *given.parents)}
    try:
        return Variable(name, outcomes[name], given.parents, given.values).box(outcomes)
    except NotNormalized as error:
        raise NotNormalized(f"{words.where}, line {words.line(given.at)}: {error}") from None


def write_bif(d: Diagram, path: str | os.PathLike[str]) -> None:
    """Write a diagram as BIF, gzipped when the name ends in `.gz`; until it is written whole, what was there stays.

    Numbers are written so that reading gives the same ones, names in quotes where they need them. Variables that do
    not leave the diagram are written too, after those that do; so reading gives a diagram that all of them leave.

    Raises:
        NotSupported: when a box is no table with one output, reads a wire twice or has fractions; it names the box.
        FileProblem: when the file cannot be written.
    """
    text = dumps_bif(d)
    try:
        write_beside(path, gzip.compress(text.encode(), mtime=0) if as_path(path).suffix == ".gz" else text)
    except UnicodeEncodeError as error:
        raise FileProblem(f"cannot write {path}: a name has {short(error.object[error.start])}; rename it") from None


def dumps_bif(d: Diagram) -> str:
    """The BIF text of a diagram of tables. Raises `NotSupported`, as `write_bif` does.

    >>> from catlearn import Finite, state
    >>> print(dumps_bif(state("coin", Finite("heads", "its edge"), [0.5, 0.5])), end="")
    network coin {
    }
    variable coin {
      type discrete [ 2 ] { heads, "its edge" };
    }
    probability ( coin ) {
      table 0.5, 0.5;
    }
    """
    found = single_variables(d, "BIF")
    outcomes = {variable.name: variable.outcomes for variable in found}
    parts = [f"network {quoted(getattr(d, 'name', '') or 'unknown')} {{\n}}\n"]
    for variable in found:
        states = ", ".join(map(quoted, variable.outcomes))
        kind = f"type discrete [ {len(variable.outcomes)} ] {{ {states} }};"
        parts.append(f"variable {quoted(variable.name)} {{\n  {kind}\n}}\n")
    parts += [_probability(variable, outcomes) for variable in found]
    return "".join(parts)


def _probability(variable: Variable, outcomes: Mapping[str, tuple[str, ...]]) -> str:
    parents, name = variable.parents, quoted(variable.name)
    head = f"{name} | {', '.join(map(quoted, parents))}" if parents else name
    rows = variable.values.reshape(-1, len(variable.outcomes)).tolist()
    labels = product(*([quoted(state) for state in outcomes[parent]] for parent in parents))
    starts = [f"({', '.join(label)})" for label in labels] if parents else ["table"]
    lines = [f"  {start} {', '.join(map(repr, row))};\n" for start, row in zip(starts, rows, strict=True)]
    return f"probability ( {head} ) {{\n{''.join(lines)}}}\n"
