"""Optimizers and rates, step for step against numpy written from the papers, and the laws that their lenses keep."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Real, Ty, compile, equal
from catlearn.errors import InputMismatch
from catlearn.interpreters.gradients import (
    Optimizer,
    adagrad,
    adam,
    constant_rate,
    gradient_descent,
    identity_lens,
    momentum,
    nesterov,
    proportional_rate,
)
from tests.gradients.models import OPTIMIZERS

SHAPES = [(), (3,), (2, 4), (1, 2, 2)]
Arrays = list[np.ndarray]
Slope = Callable[[Arrays], Arrays]


class Descent:
    """`p - rate (g + decay p)`."""

    def __init__(self, rate: float, decay: float = 0.0) -> None:
        self.rate, self.decay = rate, decay

    def step(self, p: Arrays, slope: Slope) -> Arrays:
        return [a - self.rate * (g + self.decay * a) for a, g in zip(p, slope(p), strict=True)]


class HeavyBall:
    """Polyak (1964): `v = gamma v - rate g`, `p + v`; the slope is taken where `ahead` says."""

    def __init__(self, rate: float, gamma: float) -> None:
        self.rate, self.gamma, self.v = rate, gamma, None

    def ahead(self, p: Arrays) -> Arrays:
        return p

    def step(self, p: Arrays, slope: Slope) -> Arrays:
        self.v = self.v or [np.zeros_like(a) for a in p]
        self.v = [self.gamma * v - self.rate * g for v, g in zip(self.v, slope(self.ahead(p)), strict=True)]
        return [a + v for a, v in zip(p, self.v, strict=True)]


class Nesterov(HeavyBall):
    """Sutskever et al. (2013), equations 3 and 4: the slope is taken at `p + gamma v`."""

    def ahead(self, p: Arrays) -> Arrays:
        return [a + self.gamma * v for a, v in zip(p, self.v, strict=True)]


class Adagrad:
    """Duchi et al. (2011): every number has its own rate, which shrinks with what it has seen."""

    def __init__(self, rate: float) -> None:
        self.rate, self.seen = rate, None

    def step(self, p: Arrays, slope: Slope) -> Arrays:
        g = slope(p)
        self.seen = [s + a**2 for s, a in zip(self.seen or [0.0] * len(p), g, strict=True)]
        return [a - self.rate * b / (np.sqrt(s) + 1e-8) for a, b, s in zip(p, g, self.seen, strict=True)]


class Adam:
    """Kingma and Ba, arXiv:1412.6980, Algorithm 1."""

    def __init__(self, rate: float, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self.rate, self.beta, self.t, self.m, self.v = rate, (beta1, beta2), 0, None, None

    def step(self, p: Arrays, slope: Slope) -> Arrays:
        g, (b1, b2), n = slope(p), self.beta, len(p)
        self.t += 1
        self.m = [b1 * m + (1 - b1) * a for m, a in zip(self.m or [0.0] * n, g, strict=True)]
        self.v = [b2 * v + (1 - b2) * a**2 for v, a in zip(self.v or [0.0] * n, g, strict=True)]
        hats = [(m / (1 - b1**self.t), v / (1 - b2**self.t)) for m, v in zip(self.m, self.v, strict=True)]
        return [a - self.rate * m / (np.sqrt(v) + 1e-8) for a, (m, v) in zip(p, hats, strict=True)]


ORACLES = {
    "gradient descent": (lambda: gradient_descent(0.1), lambda: Descent(0.1)),
    "weight decay": (lambda: gradient_descent(0.1, 0.3), lambda: Descent(0.1, 0.3)),
    "momentum": (lambda: momentum(0.05, 0.8), lambda: HeavyBall(0.05, 0.8)),
    "momentum without memory": (lambda: momentum(0.05, 0.0), lambda: Descent(0.05)),
    "nesterov": (lambda: nesterov(0.05, 0.8), lambda: Nesterov(0.05, 0.8)),
    "adagrad": (lambda: adagrad(0.1), lambda: Adagrad(0.1)),
    "adam": (lambda: adam(0.01), lambda: Adam(0.01)),
    "adam, other rates": (lambda: adam(0.1, 0.5, 0.7), lambda: Adam(0.1, 0.5, 0.7)),
    "adam without memory": (lambda: adam(0.1, 0.0, 0.0), lambda: Adam(0.1, 0.0, 0.0)),
}


def typed(shapes: list[tuple[int, ...]]) -> Ty:
    return Ty.of(ob for shape in shapes for ob in Real(*shape).obs)


class Run:
    """An optimizer's lens, run by hand: what it shows the model, and what it does with the change that comes back."""

    def __init__(self, optimizer: Optimizer, p: Arrays) -> None:
        ty = typed([a.shape for a in p])
        lens, self.state = optimizer.lens(ty), [np.zeros(ob.sizes) for ob in optimizer.state(ty).obs]
        self.first, self.close = compile(lens.first), compile(lens.close())
        self.asked = float(compile(optimizer.rate.close())(1.0))

    def step(self, p: Arrays, slope: Slope) -> Arrays:
        shown = list(many(self.first(*self.state, *p)))[: len(p)]
        new = many(self.close(*self.state, *p, *(self.asked * g for g in slope(shown))))
        self.state = list(new[: len(self.state)])
        return list(new[len(self.state) :])


def many(value: object) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def some(shapes: list[tuple[int, ...]], seed: int) -> Arrays:
    draw = np.random.default_rng(seed)
    return [np.asarray(draw.normal(size=shape)) for shape in shapes]


@pytest.mark.parametrize("name", ORACLES)
@given(shapes=st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3), seed=st.integers(0, 99))
def test_ten_steps_are_those_of_the_paper(name: str, shapes: list[tuple[int, ...]], seed: int) -> None:
    ours, theirs = (make() for make in ORACLES[name])
    p = q = some(shapes, seed)
    run = Run(ours, p)
    for k in range(10):
        push = some(shapes, seed + 1000 * k)

        def slope(at: Arrays, push: Arrays = push) -> Arrays:
            return [np.sin(3.0 * a) + b for a, b in zip(at, push, strict=True)]

        p, q = run.step(p, slope), theirs.step(q, slope)
        for a, b in zip(p, q, strict=True):
            assert np.shape(a) == np.shape(b)
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_types_of_states() -> None:
    p = Real(3) @ Real()
    assert [OPTIMIZERS[name]().state(p) for name in ("gradient descent", "weight decay")] == [Ty(), Ty()]
    assert [OPTIMIZERS[name]().state(p) for name in ("momentum", "nesterov", "adagrad")] == [p, p, p]
    assert adam().state(p) == p @ p @ Real()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_lens_has_the_ends_that_its_state_says(name: str) -> None:
    optimizer, p = OPTIMIZERS[name](), Real(3) @ Real()
    whole = optimizer.state(p) @ p
    assert optimizer.lens(p).dom == (whole, whole)
    assert optimizer.lens(p).cod == (p, p)
    assert optimizer.rate.dom == (Real(), Real())
    assert optimizer.rate.cod == (Real(), Ty())
    assert optimizer.name in str(optimizer)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_the_model_is_shown(name: str) -> None:
    """All show it the parameters as they are, but for Nesterov, who looks ahead."""
    optimizer, p = OPTIMIZERS[name](), Real(3) @ Real()
    state = optimizer.state(p)
    values = some([tuple(ob.sizes) for ob in (state @ p).obs], 5)
    shown = many(compile(optimizer.lens(p).first)(*values))[:2]
    plain = values[len(state) :]
    ahead = [a + 0.8 * s for a, s in zip(plain, values, strict=False)] if name == "nesterov" else plain
    for a, b in zip(shown, ahead, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15)


@given(seed=st.integers(0, 99))
def test_gradient_descent_is_an_action_of_addition(seed: int) -> None:
    """To change by nothing changes nothing; to change twice is to change by the sum."""
    p, a, b = some([(2, 3)] * 3, seed)
    put = compile(gradient_descent(0.1).lens(Real(2, 3)).close())
    np.testing.assert_array_equal(put(p, np.zeros((2, 3))), p)
    np.testing.assert_allclose(put(put(p, a), b), put(p, a + b), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_lenses_form_a_category(name: str) -> None:
    optimizer, p = OPTIMIZERS[name](), Real(3)
    whole = optimizer.state(p) @ p
    model = cl.optic(cl.trace(cl.tanh, p), cl.SMOOTH)
    loss = cl.optic(cl.trace(lambda x: cl.sum(x * x), p), cl.SMOOTH)
    lens = optimizer.lens(p)
    assert equal((identity_lens(whole) >> lens).close(), lens.close())
    assert equal((lens >> identity_lens(p)).close(), lens.close())
    assert equal(((lens >> model) >> loss).close(), (lens >> (model >> loss)).close())


@pytest.mark.parametrize("name", ["gradient descent", "weight decay", "momentum", "nesterov", "adagrad"])
def test_two_parameters_are_optimized_side_by_side(name: str) -> None:
    """With as much state for each number, the lens of two is that of each beside the other."""
    optimizer, p, q = OPTIMIZERS[name](), Real(3), Real(2, 2)
    values = some([tuple(ob.sizes) for ob in (optimizer.state(p @ q) @ p @ q @ p @ q).obs], 3)
    values = [np.abs(v) for v in values]
    both = many(compile(optimizer.lens(p @ q).close())(*values))
    for i, ty in enumerate((p, q)):
        alone = many(compile(optimizer.lens(ty).close())(*values[i::2]))
        for a, b in zip(both[i::2], alone, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-15)


def test_rates_as_lenses() -> None:
    for rate, wanted in ((constant_rate(0.3), -0.3), (proportional_rate(0.3), -0.3 * 7.0)):
        assert (rate.dom, rate.cod) == ((Real(), Real()), (Real(), Ty()))
        watched, change = compile(rate.both())(7.0)
        assert (float(watched), float(change)) == (7.0, pytest.approx(wanted))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: gradient_descent(0.0), "rate must be a number above 0, not 0.0"),
        (lambda: gradient_descent(-1), "rate must be a number above 0, not -1"),
        (lambda: gradient_descent(float("nan")), "rate must be a number above 0, not nan"),
        (lambda: gradient_descent(float("inf")), "rate must be a number above 0, not inf"),
        (lambda: gradient_descent("fast"), "rate must be a number above 0, not 'fast'"),
        (lambda: gradient_descent(10**400), "rate must be a number above 0, not 1000"),
        (lambda: gradient_descent(None), "rate must be a number above 0, not None"),
        (lambda: gradient_descent(True), "rate must be a number above 0, not True"),
        (lambda: gradient_descent(0.1, decay=-1.0), "decay must be a number from 0 to 1 / rate = 10, not -1.0"),
        (lambda: gradient_descent(0.1, decay=11), "decay must be a number from 0 to 1 / rate = 10, not 11"),
        (lambda: gradient_descent(0.1, decay=float("nan")), "decay must be a number from 0"),
        (lambda: momentum(0.1, 1.0), "gamma must be a number from 0 up to but not including 1, not 1.0"),
        (lambda: nesterov(0.1, -0.1), "gamma must be a number from 0 up to but not including 1, not -0.1"),
        (lambda: adagrad(0.1, 0.0), "epsilon must be a number above 0"),
        (lambda: adam(0.1, beta1=1.0), "beta1 must be"),
        (lambda: adam(0.1, beta2=2), "beta2 must be"),
        (lambda: adam(epsilon=0.0), "epsilon must be"),
        (lambda: adam(0.1 + 1j), "rate must be"),
        (lambda: constant_rate(0), "rate must be"),
        (lambda: proportional_rate("a"), "rate must be"),
    ],
)
def test_settings_that_make_no_sense(make: Callable[[], object], said: str) -> None:
    with pytest.raises(InputMismatch) as caught:
        make()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_of_numpy_are_numbers() -> None:
    assert equal(adam(np.float64(0.1)).lens(Real(2)).close(), adam(0.1).lens(Real(2)).close())
    assert equal(momentum(np.float32(0.5)).lens(Real(2)).close(), momentum(0.5).lens(Real(2)).close())
