"""Is a network a chain of hidden states, each seen at most once? Then a Kalman smoother answers in linear time.

>>> from catlearn import Real, copy, identity
>>> from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
>>> from catlearn.interpreters.markov.gaussian.network import network_of
>>> X = Real()
>>> step = copy(X) >> (gaussian("y", X, X, 1.0, 0.0, 1.0) @ gaussian("x", X, X, 0.9, 0.0, 0.1))
>>> model = gaussian_state("x", X, 0.0, 1.0) >> step >> (identity(X) @ step) >> (identity(X @ X) @ step)
>>> chain_of(network_of(model)).states
(0, 2, 4, 6)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.interpreters.markov.gaussian.kalman import Kalman
from catlearn.interpreters.markov.gaussian.network import Factor, GaussianNetwork

__all__ = ["Chain", "chain_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """A network that is a state space.

    Attributes:
        states: the variables of the states in time.
        seen: for each state the variable of its observation; None where there is none.
        model: the state space.
    """

    states: tuple[int, ...]
    seen: tuple[int | None, ...]
    model: Kalman


def chain_of(network: GaussianNetwork) -> Chain | None:
    """The chain that a network is: a path of states of one size, and at most one observation of each, of one size.

    None where it is no such chain, or has fewer than three states.
    """
    if len(network.factors) < 3 or any(len(f.gives) != 1 or len(f.reads) > 1 for f in network.factors):
        return None
    states, seen = _path(network.factors)
    found = [network.factors[i] for i in seen if i is not None]
    if len(states) < 3 or len(states) + len(found) < len(network.factors):
        return None
    if len({len(network.factors[i].kernel.b) for i in states}) > 1 or len({len(f.kernel.b) for f in found}) > 1:
        return None
    return Chain(states, seen, _model(network, states, seen))


def _path(factors: tuple[Factor, ...]) -> tuple[tuple[int, ...], tuple[int | None, ...]]:
    """From the root on, the child that is most like a state is the next one; another child is the observation."""
    children: list[list[int]] = [[] for _ in factors]
    for i, factor in enumerate(factors):
        for parent in factor.reads:
            children[parent].append(i)
    states, seen = [0], list[int | None]()
    while True:
        last = factors[states[-1]].kernel
        after = sorted(children[states[-1]], key=lambda i: (not children[i], *_unlike(factors[i].kernel, last)))
        alone = len(after) == 1 and not children[after[0]] and _looks_seen(factors, seen, after[0], last)
        seen.append(after[0] if alone else after[1] if len(after) == 2 else None)
        if alone or len(after) not in (1, 2):
            return tuple(states), tuple(seen)
        states.append(after[0])


def _unlike(kernel: Gaussian, state: Gaussian) -> tuple[bool, bool]:
    """How a kernel differs from what makes a state: in size, or in its numbers."""
    return len(kernel.b) != len(state.b), kernel != state


def _looks_seen(factors: tuple[Factor, ...], seen: list[int | None], last: int, state: Gaussian) -> bool:
    """Whether the only child of the last state is an observation like those before; both readings are right."""
    sizes = {len(factors[i].kernel.b) for i in seen if i is not None}
    return len(factors[last].kernel.b) in sizes and factors[last].kernel != state


def _model(network: GaussianNetwork, states: tuple[int, ...], seen: tuple[int | None, ...]) -> Kalman:
    start = network.factors[states[0]].kernel
    moves = [network.factors[i].kernel for i in states[1:]]
    looks = [None if i is None else network.factors[i].kernel for i in seen]
    known = [kernel for kernel in looks if kernel is not None]
    d = len(start.b)
    nothing = Gaussian(np.zeros((0, d)), np.zeros(0), np.zeros((0, 0))) if not known else known[0]
    F, b, Q = _over_time(moves)
    H, c, R = _over_time([kernel or nothing for kernel in looks])
    return Kalman(F, b, Q, H, c, R, start.b, start.S)


def _over_time(kernels: list[Gaussian]) -> tuple[Array, Array, Array]:
    """The arrays of one kernel, where all are equal; else those of all, with an axis for time."""
    first = kernels[0]
    if all(kernel is first or kernel == first for kernel in kernels):
        return first.A, first.b, first.S
    return np.stack([k.A for k in kernels]), np.stack([k.b for k in kernels]), np.stack([k.S for k in kernels])
