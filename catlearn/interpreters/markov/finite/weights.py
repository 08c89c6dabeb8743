"""What a diagram of finite kernels says in numbers: its table, by one contraction. Inner wires are never listed.

>>> from catlearn import Finite, channel, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> as_table(rain >> wet).round(6).tolist(), as_table(wet).tolist()
([0.76, 0.24], [[0.9, 0.1], [0.2, 0.8]])
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram, copy, identity
from catlearn.diagrams.theories.markov.kernel import place_kernel
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.types import Ty
from catlearn.errors import TooLarge
from catlearn.interpreters.markov.finite.contraction import evidence
from catlearn.interpreters.markov.finite.network import Network, network
from catlearn.interpreters.markov.finite.plan import Plan
from catlearn.interpreters.markov.finite.planning import search
from catlearn.interpreters.markov.finite.rational import evaluate, exactly, fractions, is_exact
from catlearn.interpreters.markov.finite.underflow import proportional
from catlearn.interpreters.program.compile import compile

__all__ = ["MOST", "MOST_EXACT", "as_table", "graph_of", "proportions", "weights"]

MOST = 2**24
"""How many floats a table made from a diagram may have, and every term on the way to it."""
MOST_EXACT = 2**18
"""How many fractions."""
LARGEST = 709.0
"""The logarithm of about the largest float."""

Array = NDArray[Any]


def as_table(d: Diagram, exact: bool | None = None) -> Array:
    """The table of a diagram of finite kernels: an axis for each input wire, then one for each output wire.

    Args:
        d: any diagram of states, channels and effects.
        exact: whether to calculate in fractions; by default, if any of its tables is given in fractions.

    Raises:
        TooLarge: when the table, or a term on the way to it, has too many numbers; it says how many.
        TypeMismatch: for a wire that is not `Finite`.
        UnknownBox: for a box that is no finite kernel.

    >>> from catlearn import Finite, copy
    >>> as_table(copy(Finite("a", "b"))).tolist()
    [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]
    """
    d = as_diagram(d)
    anything = identity(Ty())
    for ob in d.dom.obs:
        anything = anything @ place_kernel("anything", Ty(), Ty.of((ob,)), Table(np.ones(len(ob.sizes))))
    return weights(graph_of(anything, d), exact)


def graph_of(prior: Diagram, d: Diagram) -> Diagram:
    """`prior >> copy >> (identity @ d)`: the input of a diagram and its output, together."""
    return prior >> copy(d.dom) >> (identity(d.dom) @ d)


def weights(d: Diagram, exact: bool | None = None) -> Array:
    """The table of a diagram `Ty() -> B`, with its mass: what its effects leave of it."""
    net, plan, tables = _prepared(d, exact := is_exact(d) if exact is None else exact)
    if exact:
        return _spread(evaluate(evidence(plan), tables)[0], net)
    if net.log_scale > LARGEST:
        raise TooLarge("the effects of the diagram weigh more than a number can say; give them smaller numbers")
    with np.errstate(under="ignore"):
        return _spread(np.asarray(compile(evidence(plan))(*tables)) * exp(net.log_scale), net)


def proportions(d: Diagram, exact: bool | None = None) -> Array:
    """The same, up to one factor for all numbers: so that many effects do not make them underflow."""
    net, plan, tables = _prepared(d, exact := is_exact(d) if exact is None else exact)
    if exact:
        return _spread(evaluate(evidence(plan), tables)[0], net)
    return _spread(proportional(plan, tables), net)


def _prepared(d: Diagram, exact: bool) -> tuple[Network, Plan, Sequence[Array]]:
    net = network(exactly(d), exact=True) if exact else network(d)
    net = net.without_barren(net.outputs, ())
    name = getattr(d, "name", "") or "the diagram"
    _check_size(f"the table of {name}", prod(net.sizes[v] for v in net.outputs), exact)
    padding = max(0, 2 - len(net.factors))
    scopes = [*(factor.scope for factor in net.factors), *[()] * padding]
    plan = search(scopes, net.sizes, tuple(dict.fromkeys(net.outputs)))
    _check_size(f"a term on the way to the table of {name}", plan.largest, exact)
    ones = [fractions(1) if exact else np.array(1.0)] * padding
    return net, plan, [*(factor.table for factor in net.factors), *ones]


def _check_size(what: str, count: int, exact: bool) -> None:
    if count > (most := MOST_EXACT if exact else MOST):
        raise TooLarge(f"{what} has {count:,} numbers, and at most {most:,} are made; ask about fewer wires")


def _spread(table: Array, net: Network) -> Array:
    """A table with an axis for each output, where several outputs may be one variable."""
    held = list(dict.fromkeys(net.outputs))
    if len(held) == len(net.outputs):
        return table
    full = np.zeros([net.sizes[v] for v in net.outputs], table.dtype)
    at = np.indices(table.shape)
    full[tuple(at[held.index(v)] for v in net.outputs)] = table
    return full
