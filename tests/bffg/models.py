"""Random models for both passes: finite ones with random guides, linear-Gaussian ones, and both with what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
from scipy.stats import multivariate_normal

from catlearn import Box, Diagram, Gaussian, Real, Table, Ty, graph, unfolded, variables
from catlearn.diagrams.theories.markov.guided import Guided
from catlearn.diagrams.wiring import Graph, Wiring
from catlearn.interpreters.bffg.messages import Canonical, LogVector
from tests.markov import oracle
from tests.markov.strategies import floats


def reguided(d: Diagram, guide) -> Graph:
    """The same diagram whose boxes have the guides that a function of their kernels gives."""
    wiring = unfolded(d)
    boxes = tuple(Box(b.name, b.dom, b.cod, (Guided(b.data[0], guide(b, b.data[0])),)) for b in wiring.boxes)
    return Graph(Wiring(wiring.dom, boxes, wiring.arguments, wiring.outputs))


def with_random_tables(rng: Random, d: Diagram) -> Graph:
    """A finite diagram, in floats, with guides that have nothing to do with it."""
    random = np.random.default_rng(rng.randrange(2**32))
    return reguided(floats(d), lambda _, table: Table(random.uniform(0.1, 1.0, table.values.shape)))


def messages(rng: Random, ty: Ty) -> list[LogVector]:
    """A message for each wire of a finite type."""
    random = np.random.default_rng(rng.randrange(2**32))
    return [LogVector(random.normal(size=1), random.uniform(0.05, 1.0, (len(ob.sizes), 1))) for ob in ty.obs]


def quadratics(random, ty: Ty) -> list[Canonical]:
    """A message for each wire of numbers."""
    found = []
    for ob in ty.obs:
        d = int(np.prod(ob.sizes, dtype=int))
        root = random.normal(size=(d, d))
        found.append(Canonical(random.normal(size=1), random.normal(size=(d, 1)), (root @ root.T)[..., None]))
    return found


def witnessed(rng: Random, d: Diagram, share: float = 0.5) -> dict[str, str]:
    """What could be seen of some variables of a finite model: part of a possible world. Empty where nothing can be."""
    found = list(oracle.worlds(d))
    if not found:
        return {}
    world, obs, names = rng.choice(found)[0], unfolded(d).obs, variables(d)
    picked = [i for i in range(len(obs)) if rng.random() < share]
    return {names[i]: obs[i].sizes[world[i]] for i in picked}


def finite_answer(d: Diagram, data: dict[str, str]) -> tuple[float, list[np.ndarray]]:
    """The evidence, and the distribution of every wire given it, world by world."""
    obs, names = unfolded(d).obs, variables(d)
    total, shares = 0.0, [np.zeros(len(ob.sizes)) for ob in obs]
    for world, weight in oracle.worlds(d):
        if all(obs[i].sizes[world[i]] == data.get(names[i], obs[i].sizes[world[i]]) for i in range(len(obs))):
            total += float(weight)
            for i, k in enumerate(world):
                shares[i][k] += float(weight)
    return total, [share / total for share in shares]


@dataclass
class Seen:
    """A linear-Gaussian model and what was seen of it."""

    model: Graph
    data: dict
    mean: np.ndarray
    covariance: np.ndarray
    rows: list
    seen: np.ndarray
    values: np.ndarray

    @property
    def log_evidence(self) -> float:
        if not len(self.seen):
            return 0.0
        # In units of the deviations, or scipy takes a small covariance for a singular one.
        unit = np.sqrt(np.diag(self.covariance)[self.seen])
        C = self.covariance[np.ix_(self.seen, self.seen)] / unit[:, None] / unit
        y = (self.values - self.mean[self.seen]) / unit
        return float(multivariate_normal(np.zeros(len(y)), C).logpdf(y) - np.log(unit).sum())

    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        unit = np.sqrt(np.diag(self.covariance)[self.seen])
        C = self.covariance[np.ix_(self.seen, self.seen)] / unit[:, None] / unit
        gain = np.linalg.solve(C, (self.covariance[:, self.seen] / unit).T).T / unit
        shifted = self.mean + gain @ (self.values - self.mean[self.seen])
        return shifted, self.covariance - gain @ self.covariance[self.seen]


def noise(random, d: int, rank: int) -> np.ndarray:
    root = random.normal(size=(d, rank))
    return root @ root.T / max(rank, 1)


def gaussian_model(
    random, steps: int, widths=(1, 2, 3), parents: int = 1, share: float = 0.5, scale: float = 1.0, guide=None
) -> Seen:
    """A random model of so many hidden boxes, with singular noise, and leaves that see them in part.

    Args:
        random: a generator of numpy's.
        parents: how many inputs a box has at most.
        share: how much of what a leaf gives is observed.
        scale: the unit of all numbers.
        guide: a function of a box and its kernel; None for no guides.
    """
    obs, boxes = [], []

    def place(name, reads, width, rank):
        dom = Ty.of(obs[i] for i in reads)
        n = sum(int(np.prod(ob.sizes)) for ob in dom.obs)
        A = random.normal(size=(width, n)) / np.sqrt(max(n, 1))
        kernel = Gaussian(A, scale * random.normal(size=width), scale**2 * noise(random, width, rank))
        cod = Real() if width == 1 and random.random() < 0.5 else Real(width)
        boxes.append((Box(name, dom, cod, (kernel,)), reads))
        obs.extend(cod.obs)

    for k in range(steps):
        count = min(k, int(random.integers(0 if k > 2 else min(k, 1), parents + 1)))
        width = int(random.choice(widths))
        place(
            f"x{k}", random.choice(k, count, replace=False).tolist() if count else [], width, random.integers(width + 1)
        )
    for k in range(steps):
        if random.random() < 0.7:
            width = int(random.choice(widths))
            reads = [k, *([int(random.integers(steps))] if parents > 1 and random.random() < 0.5 else [])]
            place(f"y{k}", list(dict.fromkeys(reads)), width, width + 1)
    model = graph(Ty(), boxes, list(range(len(obs))))
    return seen_of(random, model if guide is None else reguided(model, guide), model, share)


def seen_of(random, model: Graph, plain: Graph, share: float) -> Seen:
    mean, covariance, rows = dense(plain)
    data, seen, values = {}, [], []
    root = np.linalg.cholesky(covariance + 1e-12 * np.diag(np.diag(covariance)) + 1e-300 * np.eye(len(mean)))
    drawn = mean + root @ random.normal(size=len(mean))
    for name, at, ob in zip(variables(plain), rows, unfolded(plain).obs, strict=True):
        if not name.startswith("y"):
            continue
        there = random.random(at.stop - at.start) < share
        if there.any():
            given = [float(v) if on else None for v, on in zip(drawn[at], there, strict=True)]
            data[name] = given if ob.sizes else given[0]
            seen += [at.start + i for i in np.flatnonzero(there)]
            values += [v for v in given if v is not None]
    return Seen(model, data, mean, covariance, rows, np.array(seen, int), np.array(values))


def dense(model: Graph) -> tuple[np.ndarray, np.ndarray, list]:
    """The mean and covariance of all numbers of all wires, and where each wire's are."""
    wiring = unfolded(model)
    ends = np.cumsum([0, *(int(np.prod(ob.sizes, dtype=int)) for ob in wiring.obs)]).tolist()
    rows = [slice(a, b) for a, b in pairwise(ends)]
    moves, offset, spread = np.zeros((ends[-1], ends[-1])), np.zeros(ends[-1]), np.zeros((ends[-1], ends[-1]))
    for box, reads, made in wiring.steps():
        kernel, at = box.data[0], slice(rows[made.start].start, rows[made.stop - 1].stop)
        start = 0
        for wire in reads:
            width = rows[wire].stop - rows[wire].start
            moves[at, rows[wire]] += kernel.A[:, start : start + width]
            start += width
        offset[at], spread[at, at] = kernel.b, kernel.S
    whole = np.linalg.inv(np.eye(len(offset)) - moves)
    return whole @ offset, whole @ spread @ whole.T, rows


def near(estimate, exact, times: float = 4.0) -> bool:
    """Whether an estimate is within so many of its standard errors of the exact answer."""
    return bool(
        np.all(np.abs(np.asarray(estimate.value) - exact) <= times * np.asarray(estimate.standard_error) + 1e-9)
    )
