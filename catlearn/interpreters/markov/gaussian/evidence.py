"""What was observed, as users give it: rows of numbers, with NaN where nothing was seen.

>>> from catlearn import Real
>>> from catlearn.interpreters.markov.gaussian.network import network_of
>>> from catlearn.diagrams.theories.markov.gaussian import gaussian_state
>>> network = network_of(gaussian_state("x", Real(), 0.0, 1.0) @ gaussian_state("v", Real(2), 0.0, [[1, 0], [0, 1]]))
>>> read_evidence(network, {"v": [1.0, None]}).values.tolist()
[[nan, 1.0, nan]]
>>> read_evidence(network, {"x": [1.0, 2.0]}).values.tolist()
[[1.0, nan, nan], [2.0, nan, nan]]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.errors import InputMismatch, short
from catlearn.interpreters.markov.gaussian.network import GaussianNetwork

__all__ = ["Observations", "read_evidence"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observations:
    """Rows of what was seen.

    Attributes:
        values: (rows, coordinates of the network), NaN where nothing was seen.
        single: whether one observation was given, and not a table of them.
    """

    values: Array
    single: bool

    def patterns(self) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """The rows in which the same coordinates were seen, and these coordinates."""
        seen = ~np.isnan(self.values)
        kinds, which = np.unique(seen, axis=0, return_inverse=True)
        for k, kind in enumerate(kinds):
            yield np.flatnonzero(which.ravel() == k), np.flatnonzero(kind)


def read_evidence(network: GaussianNetwork, evidence: Any) -> Observations:
    """One observation `{variable: value}`, or many: a dictionary of columns, a list of dictionaries, a data frame.

    A value is a number, or a list of n numbers for a variable of type `Real(n)`; None and NaN are missing.

    Raises:
        UnknownVariable: for a variable that the network does not have.
        InputMismatch: when a value has the wrong shape, is no number or infinite, or columns have different lengths.
    """
    if hasattr(evidence, "columns") and hasattr(evidence, "to_dict"):
        evidence = {name: np.asarray(evidence[name].tolist(), object) for name in evidence.columns}
    if isinstance(evidence, Sequence) and not isinstance(evidence, str):
        rows = [_one(network, row) for row in evidence]
        return Observations(np.array(rows).reshape(len(rows), network.starts[-1]), False)
    if not isinstance(evidence, Mapping | None):
        raise InputMismatch(f"evidence is a dictionary such as {{'x': 1.5}} or a table of them, not {short(evidence)}")
    return _columns(network, evidence or {})


def _one(network: GaussianNetwork, row: Any) -> Array:
    if not isinstance(row, Mapping):
        raise InputMismatch(f"a row of evidence is a dictionary such as {{'x': 1.5}}, not {short(row)}")
    found = _columns(network, row)
    if not found.single:
        raise InputMismatch("a row of a list of rows holds one value for each variable, not a column of them")
    first: Array = found.values[0]
    return first


def _columns(network: GaussianNetwork, columns: Mapping[Any, Any]) -> Observations:
    read = {network.number(name): _numbers(network, name, value) for name, value in columns.items()}
    lengths = {len(value) for value, many in read.values() if many}
    if len(lengths) > 1:
        raise InputMismatch(f"columns of evidence have different lengths: {', '.join(map(str, sorted(lengths)))}")
    made = np.full((lengths.pop() if lengths else 1, network.starts[-1]), np.nan)
    for i, (value, _) in read.items():
        made[:, network.starts[i] : network.starts[i + 1]] = value
    return Observations(made, not any(many for _, many in read.values()))


def _numbers(network: GaussianNetwork, name: str, value: Any) -> tuple[Array, bool]:
    """The numbers of one variable, of shape (rows, numbers), and whether they are a column."""
    shape = network.shapes[network.number(name)]
    try:
        found = floats(value)
    except ValueError:
        raise InputMismatch(f"{name}: {short(value)} is no number, nor a list of them") from None
    if value is None:
        found = np.full(shape, np.nan)
    if np.isinf(found).any():
        raise InputMismatch(f"{name}: a value is infinite; give None where nothing was seen")
    if (found.shape != shape and found.shape[1:] != shape) or found.ndim > len(shape) + 1:
        column = str(("rows", *shape)).replace("'", "")
        raise InputMismatch(f"{name}: a value has shape {shape}, a column {column}, not {found.shape}")
    many = found.ndim > len(shape)
    return found.reshape(len(found) if many else 1, shape[0] if shape else 1), many
