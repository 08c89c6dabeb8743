"""What was observed: read from what users write, one row or many, as a likelihood for each observed variable.

>>> from catlearn import Finite, state
>>> from catlearn.interpreters.markov.finite.network import network
>>> net = network(state("rain", Finite("no", "yes"), [0.8, 0.2]))
>>> one_row(net, {"rain": "yes"}), one_row(net, {"rain": {"no": 0.5, "yes": 1.0}}), one_row(net, {"rain": None})
({0: array([0., 1.])}, {0: array([0.5, 1. ])}, {})
>>> many_rows(net, {"rain": ["yes", None]}).likelihoods
{0: array([[0., 1.], [1., 1.]])}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, UnknownOutcome, nearest, short
from catlearn.interpreters.markov.finite.network import Network

__all__ = ["Rows", "are_rows", "many_rows", "one_row", "rows_of"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Rows:
    """Many observations: for each variable that any of them observes, a likelihood for every row, (rows, outcomes)."""

    count: int
    likelihoods: Mapping[int, Array]


def are_rows(evidence: Any) -> bool:
    """Whether this is a table of observations: columns, a list of rows, or a data frame."""
    if isinstance(evidence, Mapping):
        return any(map(_is_column, evidence.values()))
    return hasattr(evidence, "columns") or (isinstance(evidence, Sequence) and not isinstance(evidence, str))


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


def one_row(net: Network, evidence: Mapping[str, Any] | None, dtype: type = float) -> dict[int, Array]:
    """The likelihood of each variable that is observed, as an array of floats, or of objects: numbers as they came.

    A value is an outcome's name, a set of names ("one of these"), a dictionary from names to likelihoods ("soft"; names
    that are left out have 0), or None where nothing was seen.

    Raises:
        UnknownVariable, UnknownOutcome: for names that the model does not have.
        InputMismatch: for anything else.
    """
    if evidence is None:
        return {}
    if not isinstance(evidence, Mapping):
        said = f"evidence is a dictionary such as {{'wet': 'yes'}}, not {short(evidence)}"
        raise InputMismatch(f"{said}; tables are for posterior, one row each for other questions")
    if are_rows(evidence):
        raise InputMismatch("this question is about one observation; only posterior answers a table of many rows")
    found = ((net.find(name), value) for name, value in evidence.items())
    return {v: _likelihood(net, v, value, dtype) for v, value in found if not _missing(value)}


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and isnan(value))


def _likelihood(net: Network, v: int, value: Any, dtype: type = float) -> Array:
    made: Array = np.zeros(net.sizes[v], dtype)
    if isinstance(value, AbstractSet):
        made[[_outcome(net, v, each) for each in value]] = 1
    elif isinstance(value, Mapping):
        for name, number in value.items():
            made[_outcome(net, v, name)] = _number(net, v, number, dtype)
    else:
        made[_outcome(net, v, value)] = 1
    return made


def _outcome(net: Network, v: int, name: Any) -> int:
    # Data frames turn whole numbers into floats where some are missing.
    whole = isinstance(name, float | np.floating) and float(name).is_integer() and str(name) not in net.outcomes[v]
    try:
        return net.outcomes[v].index(str(int(name)) if whole else str(name))
    except ValueError:
        said = nearest(name, net.outcomes[v])
        raise UnknownOutcome(f"{net.variables[v]} has no outcome {short(name)}{said}") from None


def _number(net: Network, v: int, number: Any, dtype: type) -> Any:
    try:
        if isinstance(number, bool | int | float | Fraction | np.number) and 0 <= number < np.inf:
            return dtype(number) if dtype is float else number
    except (OverflowError, TypeError):  # beyond floats, or complex
        pass
    raise InputMismatch(f"{net.variables[v]}: a likelihood is a number from 0 up, not {short(number)}")


def many_rows(net: Network, table: Any) -> Rows:
    """The likelihoods of a table of observations.

    A table is a dictionary of columns, a list of dictionaries, or a data frame with a column for each variable. A
    column holds outcomes' names, None or NaN where nothing was seen; or likelihoods, as an array (rows, outcomes).

    Raises:
        UnknownVariable, UnknownOutcome, InputMismatch: see `one_row`; they name the row.
    """
    columns = _columns(table)
    lengths = {len(column): name for name, column in columns.items()}
    if len(lengths) > 1:
        said = ", ".join(f"{name} has {n}" for n, name in lengths.items())
        raise InputMismatch(f"the columns of a table have as many rows each, but {said}")
    found = {net.find(name): _column(net, net.find(name), column) for name, column in columns.items()}
    count = [*lengths, 0][0] if lengths or isinstance(table, Mapping) else len(table)
    return Rows(count, {v: made for v, made in found.items() if made is not None})


def _columns(table: Any) -> dict[str, Any]:
    if isinstance(table, Mapping):
        for name, column in table.items():
            if not _is_column(column):
                raise InputMismatch(f"column {name!r} is a list with a value for every row, not {short(column)}")
        return dict(table)
    if hasattr(table, "columns"):
        return _frame(table)
    if not all(isinstance(row, Mapping) for row in table):
        raise InputMismatch("a table of observations is a list of dictionaries, or a dictionary of columns")
    return {name: [row.get(name) for row in table] for name in dict.fromkeys(name for row in table for name in row)}


def _frame(table: Any) -> dict[str, Any]:
    names = list(table.columns)
    if len(set(names)) < len(names):
        raise InputMismatch(f"a data frame has one column for each variable, not {short(names)}")
    return {name: _frame_column(table[name]) for name in names}


def _frame_column(column: Any) -> list[Any]:
    missing = column.isna() if hasattr(column, "isna") else [False] * len(column)
    return [None if gone else value for value, gone in zip(column, missing, strict=True)]


def rows_of(net: Network, table: Any) -> list[dict[str, Any]]:
    """A table of observations as a dictionary for each row. Tables and errors: see `many_rows`."""
    many_rows(net, table)
    columns = {name: _values(net, name, column) for name, column in _columns(table).items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(net: Network, name: str, column: Any) -> list[Any]:
    if not (isinstance(column, np.ndarray) and column.ndim == 2):
        return list(column.tolist() if isinstance(column, np.ndarray) else column)
    return [dict(zip(net.outcomes[net.find(name)], row, strict=True)) for row in column.tolist()]


def _column(net: Network, v: int, column: Any) -> Array | None:
    """The likelihoods of a column; None where nothing was seen in any row."""
    if isinstance(column, np.ndarray) and column.ndim == 2:
        return _soft_column(net, v, column)
    values = column.tolist() if isinstance(column, np.ndarray) else column
    size = net.sizes[v]
    index = {name: i for i, name in enumerate(net.outcomes[v])}
    codes = [index.get(value, -1) if isinstance(value, str) else -1 for value in values]
    made = np.vstack([np.eye(size), np.ones((1, size))])[codes]
    odd = [i for i, code in enumerate(codes) if code < 0 and not _missing(values[i])]
    for i in odd:
        try:
            made[i] = _likelihood(net, v, values[i])
        except (UnknownOutcome, InputMismatch) as error:
            raise type(error)(f"row {i}: {error}") from None
    return made if odd or any(code >= 0 for code in codes) else None


def _soft_column(net: Network, v: int, column: Array) -> Array:
    if column.shape[1] != net.sizes[v]:
        said = f"({len(column)}, {net.sizes[v]})"
        raise InputMismatch(f"{net.variables[v]}: likelihoods have shape {said}, not {column.shape}")
    if column.dtype.kind not in "fiub":
        raise InputMismatch(f"{net.variables[v]}: likelihoods are an array of numbers, not of {column.dtype}")
    if not (np.isfinite(column).all() and (column >= 0).all()):
        raise InputMismatch(f"{net.variables[v]}: likelihoods are numbers from 0 up")
    return column.astype(np.float64)
