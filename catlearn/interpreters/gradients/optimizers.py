"""Optimizers as lenses `(S @ P, S @ P) -> (P, P')` and learning rates as lenses `(Real(), Real()) -> (Ty(), Ty())`.

A learning rate turns a loss into the change that is asked of it: `-e`. The model's backward pass turns that into the
change asked of each parameter, so what reaches an optimizer is already a step downhill, and gradient descent only adds.
See CFGBL, arXiv:2103.01931, sections 2.4 and 2.5. Where the paper differs from common usage we follow the latter and
say so.

>>> from catlearn import Real
>>> momentum(0.1).state(Real(3))
Real(3)
>>> adam().state(Real(3) @ Real())
Real(3) @ Real() @ Real(3) @ Real() @ Real()
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import log
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import identity
from catlearn.diagrams.optic import Optic, lens
from catlearn.diagrams.theories.boolean.bits import add, negate
from catlearn.diagrams.theories.smooth.arithmetic import exp, full, sqrt
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Real, Ty
from catlearn.diagrams.wire import Wire
from catlearn.errors import InputMismatch

__all__ = [
    "Optimizer",
    "adagrad",
    "adam",
    "constant_rate",
    "gradient_descent",
    "momentum",
    "nesterov",
    "proportional_rate",
    "reverse_derivative_ascent",
]

Wires = tuple[Wire, ...]
Get = Callable[[Wires, Wires], Wires]
Put = Callable[[Wires, Wires, Wires], tuple[Wires, Wires]]


def _as_they_are(state: Wires, parameters: Wires) -> Wires:
    """The parameters, whatever the state is."""
    return parameters


@dataclass(frozen=True)
class Optimizer:
    """How parameters take a change that is asked of them.

    Args:
        name: what pictures call it.
        state: from the type of the parameters to that of the optimizer's own state, which starts at zero.
        put: from state, parameters and change to the new state and parameters, on wires.
        rate: the learning rate that goes with it, or a function from the type of the loss to it.
        get: from state and parameters to the parameters that the model is given; the parameters themselves by default.
    """

    name: str
    state: Callable[[Ty], Ty]
    put: Put
    rate: Optic | Callable[[Ty], Optic]
    get: Get = field(default=_as_they_are)

    def lens(self, parameters: Ty) -> Optic:
        """The lens `(S @ P, S @ P) -> (P, P')` for parameters of this type."""
        s, p = len(self.state(parameters)), len(parameters)
        whole = self.state(parameters) @ parameters

        def get(*wires: Wire) -> Any:
            return self.get(wires[:s], wires[s:])

        def put(*wires: Wire) -> Any:
            state, new = self.put(wires[:s], wires[s : s + p], wires[s + p :])
            return (*state, *new)

        return lens(
            trace(get, whole, f"{self.name}, get"),
            trace(put, whole @ parameters, f"{self.name}, put"),
        )

    def rate_of(self, loss: Ty) -> Optic:
        """The learning rate for a loss of this type."""
        return self.rate if isinstance(self.rate, Optic) else self.rate(loss)


def constant_rate(rate: float) -> Optic:
    """The learning rate that asks for a change of `-rate` whatever the loss is."""
    return _rate(lambda loss: full((), -_positive("rate", rate)))


def proportional_rate(rate: float) -> Optic:
    """The learning rate that asks for `-rate * loss`."""
    return _rate(lambda loss: loss * -_positive("rate", rate))


def _rate(change: Callable[[Wire], Wire]) -> Optic:
    # The loss itself leaves, so that it can be watched; nothing comes back for it.
    put = trace(change, Real(), "rate")
    return lens(identity(Real()), put)


def _number(name: str, value: object, wanted: str, fits: Callable[[float], bool]) -> float:
    number = float("nan")
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        with suppress(OverflowError):  # there are whole numbers that are larger than any float
            number = float(value)
    if not fits(number):
        shown = repr(value)[:40]
        raise InputMismatch(f"optimizer: {name} must be {wanted}, not {shown}")
    return number


def _positive(name: str, value: object) -> float:
    return _number(name, value, "a number above 0", lambda v: 0.0 < v < float("inf"))


def _fraction(name: str, value: object) -> float:
    return _number(name, value, "a number from 0 up to but not including 1", lambda v: 0.0 <= v < 1.0)


def _none(parameters: Ty) -> Ty:
    return Ty()


def _same(parameters: Ty) -> Ty:
    return parameters


def _each(f: Callable[..., Wire], *bundles: Wires) -> Wires:
    return tuple(f(*wires) for wires in zip(*bundles, strict=True))


def gradient_descent(rate: float = 0.01, decay: float = 0.0) -> Optimizer:
    """`p + p'`, where p' is `-rate` times the gradient; with weight decay, `(1 - rate * decay) p + p'`."""
    rate = _positive("rate", rate)
    wanted = f"a number from 0 to 1 / rate = {1 / rate:g}"
    keep = 1.0 - rate * _number("decay", decay, wanted, lambda v: 0.0 <= v * rate <= 1.0)

    def put(state: Wires, p: Wires, change: Wires) -> tuple[Wires, Wires]:
        return (), _each(lambda a, d: (a if keep == 1.0 else a * keep) + d, p, change)

    return Optimizer("gradient descent", _none, put, constant_rate(rate))


def momentum(rate: float = 0.01, gamma: float = 0.9) -> Optimizer:
    """`s' = gamma s + p'`, then `p + s'`. (The paper writes `-gamma s`, with gamma negative in its code.)"""
    gamma = _fraction("gamma", gamma)

    def put(state: Wires, p: Wires, change: Wires) -> tuple[Wires, Wires]:
        speed = _each(lambda s, d: s * gamma + d, state, change)
        return speed, _each(lambda a, s: a + s, p, speed)

    return Optimizer("momentum", _same, put, constant_rate(rate))


def nesterov(rate: float = 0.01, gamma: float = 0.9) -> Optimizer:
    """Momentum whose model looks ahead: `get` gives `p + gamma s`, the only get here that is not a projection."""
    plain = momentum(rate, gamma)

    def get(state: Wires, p: Wires) -> Wires:
        return _each(lambda a, s: a + s * gamma, p, state)

    return Optimizer("Nesterov", _same, plain.put, plain.rate, get)


def adagrad(rate: float = 0.01, epsilon: float = 1e-8) -> Optimizer:
    """`s' = s + g**2`, then `p - rate * g / (sqrt(s') + epsilon)`: Duchi et al. (2011)."""
    rate, epsilon = _positive("rate", rate), _positive("epsilon", epsilon)

    def put(state: Wires, p: Wires, change: Wires) -> tuple[Wires, Wires]:
        total = _each(lambda s, d: s + d * d, state, change)
        return total, _each(lambda a, s, d: a + d * rate / (sqrt(s) + epsilon), p, total, change)

    return Optimizer("Adagrad", _same, put, constant_rate(1.0))


def adam(rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Optimizer:
    """Adam: Kingma and Ba, arXiv:1412.6980, Algorithm 1.

    The state holds the raw moments and the number of steps, `P @ P @ Real()`. (The paper on parametric lenses puts the
    corrected moments into the state, which is another algorithm.)
    """
    rate, epsilon = _positive("rate", rate), _positive("epsilon", epsilon)
    beta1, beta2 = _fraction("beta1", beta1), _fraction("beta2", beta2)

    def put(state: Wires, p: Wires, change: Wires) -> tuple[Wires, Wires]:
        n = len(p)
        step = state[-1] + 1.0
        first = _each(lambda m, d: m * beta1 + d * (1.0 - beta1), state[:n], change)
        second = _each(lambda v, d: v * beta2 + d * d * (1.0 - beta2), state[n:-1], change)
        # The corrections are numbers, so they are worked into the rate and epsilon and cost nothing.
        left, right = _missing(step, beta1), sqrt(_missing(step, beta2))
        scale = right / left * rate
        new = _each(lambda a, m, v: a + scale * (m / (sqrt(v) + right * epsilon)), p, first, second)
        return (*first, *second, step), new

    return Optimizer("Adam", lambda p: p @ p @ Real(), put, constant_rate(1.0))


def _missing(step: Wire, beta: float) -> Wire:
    """1 - beta**step."""
    return 1.0 - exp(step * log(beta)) if beta else full((), 1.0)


def reverse_derivative_ascent() -> Optimizer:
    """`p + p'` over a semiring, with the displacement itself as what is asked: Wilson and Zanasi, arXiv:2101.10488.

    On bits every parameter takes the XOR with the change that the reverse derivative asks of it. There is no rate, and
    no state.

    >>> from catlearn import Bits
    >>> reverse_derivative_ascent().lens(Bits(4)).cod
    (Bits(4), Bits(4))
    """

    def put(state: Wires, p: Wires, change: Wires) -> tuple[Wires, Wires]:
        return (), _each(add, p, change)

    def rate(loss: Ty) -> Optic:
        return lens(identity(loss), trace(lambda *wires: tuple(map(negate, wires)), loss, "rate"))

    return Optimizer("reverse derivative ascent", _none, put, rate)
