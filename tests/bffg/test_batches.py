"""What many boxes do at once is what each does alone: small matrices, sums of messages, gathered samples."""

from __future__ import annotations

import numpy as np
import pytest

from catlearn import Real, bffg, gaussian, gaussian_state
from catlearn.diagrams.wiring import Builder, Graph
from catlearn.interpreters.bffg.messages import Canonical, LogVector
from catlearn.interpreters.bffg.rules.linear import Linear
from catlearn.interpreters.bffg.small import solve_positive

X = Real()


@pytest.mark.parametrize("d", range(1, 9))
def test_positive_systems_are_solved_with_their_determinants(d: int) -> None:
    random = np.random.default_rng(d)
    roots, b = random.normal(size=(5, d, d)), random.normal(size=(5, d, 3))
    # Rows of very different sizes, as messages about few numbers have.
    scale = 10.0 ** random.uniform(-4, 4, size=(5, d, 1))
    a = (roots @ roots.swapaxes(1, 2) + np.eye(d)) * scale * scale.swapaxes(1, 2)
    x, logs = solve_positive(np.moveaxis(a, 0, -1), np.moveaxis(b, 0, -1))
    for k in range(5):
        wanted = np.linalg.solve(a[k] / scale[k] / scale[k].T, b[k] / scale[k]) / scale[k]
        np.testing.assert_allclose(x[..., k], wanted, rtol=1e-8, atol=1e-9 * np.abs(wanted).max())
        assert logs[k] == pytest.approx(np.linalg.slogdet(a[k])[1])


@pytest.mark.parametrize("count", [2, 3, 8, 9, 40])
def test_as_many_readers_of_each_wire_are_summed_like_any(count: int) -> None:
    random, m = np.random.default_rng(count), 6
    starts = np.arange(0, count * m, count)
    normal = Canonical(random.normal(size=count * m), random.normal(size=(2, count * m)), np.ones((2, 2, count * m)))
    for found, wanted in zip(*(vars(normal.reduced(runs)).values() for runs in (count, starts)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
    finite = LogVector(random.normal(size=count * m), random.uniform(0.1, 1.0, size=(3, count * m)))
    for found, wanted in zip(*(vars(finite.reduced(runs)).values() for runs in (count, starts)), strict=True):
        np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize("mask", [(False, False), (True, False), (True, True)])
def test_one_kernel_of_many_boxes_is_worked_out_once(mask: tuple[bool, bool]) -> None:
    random = np.random.default_rng(0)
    arrays = [random.normal(size=(2, 3, 1)), random.normal(size=(2, 1)), np.array([[2.0, 0.5], [0.5, 1.0]])[..., None]]
    shared = Linear.of(*(np.broadcast_to(a, (*a.shape[:-1], 4)) for a in arrays), mask, ("k",) * 4)
    each = Linear.of(*(np.repeat(a, 4, axis=-1) for a in arrays), mask, ("k",) * 4)
    g = Canonical(random.normal(size=4), random.normal(size=(2, 4)), np.repeat(np.eye(2)[..., None], 4, axis=-1))
    if mask == (False, False):
        one, other = (linear.part(slice(1, 4)).pull(g[1:]).message for linear in (shared, each))
        for found, wanted in zip(vars(one).values(), vars(other).values(), strict=True):
            np.testing.assert_allclose(found, wanted)
    if shared.density is not None and each.density is not None:
        assert shared.density.precision.strides[-1] == 0
        y = random.normal(size=(sum(mask), 4))
        for found, wanted in zip(
            vars(shared.density.of_mean(y)).values(), vars(each.density.of_mean(y)).values(), strict=True
        ):
            np.testing.assert_allclose(found, wanted)


def test_samples_are_gathered_from_several_levels() -> None:
    """A wire that is read now and much later: boxes of a group that read from different blocks."""
    build = Builder(X)
    step, seen = gaussian("step", X, X, 0.9, 0.1, 0.5), gaussian("y", X, X, 1.0, 0.0, 0.3)
    (a,) = build.add(step, [0])
    (b,) = build.add(step, [a])
    (c,) = build.add(step, [b])
    outputs = [build.add(seen, [wire])[0] for wire in (a, c, b, c, c)]
    tree = gaussian_state("x", X, 0.0, 1.0) >> Graph(build.finish(outputs), "tree", ["x"])
    opt = bffg(tree)
    names = opt.variables
    data = dict(zip(names[4:], (0.5, -0.2, 1.0, 0.3, 2.0), strict=True))
    back = opt.backward(data)
    paths = opt.forward(back, n=20_000, seed=1)
    # The joint normal distribution of x, a, b, c, given noisy views.
    lower = np.array([[1, 0, 0, 0], [0.9, 1, 0, 0], [0.81, 0.9, 1, 0], [0.729, 0.81, 0.9, 1]])
    mean = lower @ np.array([0.0, 0.1, 0.1, 0.1])
    prior = lower @ np.diag([1.0, 0.5, 0.5, 0.5]) @ lower.T
    views = np.array([[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]], float)
    gain = prior @ views.T @ np.linalg.inv(views @ prior @ views.T + 0.3 * np.eye(5))
    wanted = mean + gain @ (np.array(list(data.values())) - views @ mean)
    for name, value in zip(names[:4], wanted, strict=True):
        assert paths.mean(name).value == pytest.approx(value, abs=0.02)
