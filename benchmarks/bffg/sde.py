"""Guided paths of a diffusion and their weights, noise given: beside hyperiax, and beside a scan by hand in JAX.

`dX = tanh(X) dt + dW` until it is seen with noise, guided by the Brownian motion. Ours takes each step as the guided
normal step that it is, theirs Euler's step with the guide's drift; with the same noise paths and weights differ by the
length of a step or so, and no more is asked of them.

>>> [case.size for case in cases()]
['10,000 paths, 1,000 steps, d=1', '10,000 paths, 1,000 steps, d=2']
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bffg import hyperiax
from benchmarks.bffg.traits import NOISE
from benchmarks.markov.case import Case, Question, Ready
from benchmarks.measure import once
from catlearn.diagrams.theories.markov.gaussian import gaussian
from catlearn.diagrams.theories.markov.guided import kernel
from catlearn.diagrams.theories.markov.processes.linear_sde import BrownianMotion
from catlearn.diagrams.theories.markov.processes.sde import SDE
from catlearn.diagrams.types import Real
from catlearn.interpreters.bffg.forward import guided
from catlearn.interpreters.bffg.smoother import bffg

__all__ = ["cases", "paths"]

START, SEEN = 0.25, 1.1
SCAN = "jax.lax.scan"


def cases() -> Iterator[Case]:
    """In one dimension, and in two."""
    for d in (1, 2):
        size = f"10,000 paths, 1,000 steps, d={d}"
        yield Case("guided SDE", size, partial(paths, 10_000, 1_000, d), {hyperiax.NAME: 2.5})


@dataclass(frozen=True, eq=False)
class Bridge:
    """The problem in double precision.

    Attributes:
        z: (steps, paths, d) normals.
    """

    z: NDArray[np.float64]

    @property
    def precisions(self) -> NDArray[np.float64]:
        """Of the guide's messages at the times of the grid, (steps + 1,)."""
        return 1.0 / (NOISE + 1.0 - np.linspace(0.0, 1.0, len(self.z) + 1))


def paths(count: int, steps: int, d: int) -> Ready:
    """The ends of all paths and their log-weights."""
    bridge = Bridge(np.random.default_rng(0).normal(size=(steps, count, d)))
    made, notes = {"ours": ours(bridge)}, []
    for name, package, make in ((hyperiax.NAME, hyperiax.NAME, theirs), (SCAN, "jax", scan)):
        if not (find_spec("jax") and find_spec(package)):
            notes.append(f"{package} is not installed")
            continue
        made[name] = make(bridge)
        notes.append(f"first call of {name} {once(partial(made[name].ask, None)):.1f} s")
    return Ready(made, [None], tolerance=10.0 / steps, note=", ".join(notes))


def ours(bridge: Bridge) -> Question:
    """Ours."""
    steps, count, d = bridge.z.shape
    X = Real() if d == 1 else Real(d)
    move = SDE(lambda t, x: np.tanh(x), 1.0, steps=steps)
    box = kernel("x", X, X, forward=move, guide=BrownianMotion(np.eye(d)))
    opt = bffg(box >> gaussian("y", X, X, np.eye(d), np.zeros(d), NOISE * np.eye(d)))
    back = opt.backward({"y": SEEN if d == 1 else [SEEN] * d})
    z = [np.ascontiguousarray(bridge.z.swapaxes(1, 2)).reshape(steps * d, 1, count), np.empty((0, 1, count))]
    start = np.full((d, 1, count), START)

    def ask(_: Any) -> Any:
        return guided(back.plan, back.rules, back.filtered, {0: start}, z)

    return Question(ask, lambda found: [found[0][1][:, 0].T, found[1]])


def theirs(bridge: Bridge) -> Question:
    """What hyperiax does along one edge, for all paths at once."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    from hyperiax.prebuilt.bffg import _continuous_forward_guiding as along

    steps, _, d = bridge.z.shape
    identity, zero, times = jnp.eye(d), jnp.zeros(d), jnp.linspace(0.0, 1.0, steps + 1)
    h = jnp.asarray(bridge.precisions)
    H, F, start = h[:, None, None] * identity, h[:, None] * jnp.full(d, SEEN), jnp.full(d, START)

    def one(dW: Any) -> Any:
        drift, spread = (lambda t, x, p: jnp.tanh(x)), (lambda t, x, p: identity)
        path, log_weight = along(start, times, dW, H, F, zero, zero, drift, spread, None, None, spread, {})
        return path[-1], log_weight

    return _compiled(jax.vmap(one), jnp.asarray(bridge.z.transpose(1, 0, 2) * steps**-0.5))


def scan(bridge: Bridge) -> Question:
    """The same as one scan over steps, with all paths inside."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    steps, count, d = bridge.z.shape
    dt, h = 1.0 / steps, jnp.asarray(bridge.precisions[:-1])

    def step(carry: Any, given: Any) -> Any:
        (x, w), (h, z) = carry, given
        r, b = (SEEN - x) * h, jnp.tanh(x)
        return (x + (b + r) * dt + dt**0.5 * z, w + (b * r).sum(-1) * dt), None

    def run(z: Any) -> Any:
        return jax.lax.scan(step, (jnp.full((count, d), START), jnp.zeros(count)), (h, z))[0]

    return _compiled(run, jnp.asarray(bridge.z))


def _compiled(run: Callable[[Any], Any], given: Any) -> Question:
    import jax

    compiled = jax.jit(run)
    return Question(lambda _: jax.block_until_ready(compiled(given)), list)
