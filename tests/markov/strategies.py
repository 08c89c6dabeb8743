"""Random diagrams of finite kernels: with copies, discards, crossings, zeros in tables, several outputs, effects.

Tables are of fractions with small denominators, so that laws can be checked on the nose; `floats` turns them to floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
from hypothesis import strategies as st

from catlearn import Box, Diagram, Finite, Ob, Ty, graph, unfolded
from catlearn.diagrams.theories.markov.kernel import place_kernel
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.wiring import Graph, Wiring

OBS = (Finite("a", "b"), Finite("p", "q", "r"), Finite("only"))
RANDOMS = st.randoms(use_true_random=False)


def row(rng: Random, sizes: Sequence[int], zeros: float = 0.4, normal: bool = True) -> np.ndarray:
    """A distribution over these axes, with zeros; or likelihoods."""
    count = int(np.prod(sizes, dtype=int))
    numbers = [0 if rng.random() < zeros else rng.randint(1, 4) for _ in range(count)]
    if not any(numbers):
        numbers[rng.randrange(count)] = 1
    total = sum(numbers) if normal else 4
    made = np.empty(sizes, object)
    made[...] = np.reshape(np.array([Fraction(n, total) for n in numbers], object), sizes)
    return made


def kernel(rng: Random, name: str, dom: Ty, cod: Ty, zeros: float = 0.4) -> Box:
    """A channel; an effect where there are no outputs."""
    sizes = [[len(ob.sizes) for ob in ty.obs] for ty in (dom, cod)]
    if not len(cod):
        return place_kernel(name, dom, cod, Table(row(rng, sizes[0], zeros, normal=False)))
    values = np.empty(sizes[0] + sizes[1], object)
    for at in product(*map(range, sizes[0])):
        values[at] = row(rng, sizes[1], zeros)
    return place_kernel(name, dom, cod, Table(values))


def some_type(rng: Random, least: int = 0, most: int = 2) -> Ty:
    return Ty.of(rng.choice(OBS[:2] * 3 + OBS[2:]).obs[0] for _ in range(rng.randint(least, most)))


def morphism(
    rng: Random, dom: Ty, cod: Ty | None = None, boxes: int = 3, effects: bool = False, least: int = 0
) -> Graph:
    """A diagram with these ends; without a codomain, some of its wires leave, in any order and any number of times."""
    obs: list[Ob] = list(dom.obs)
    steps: list[tuple[Box, list[int]]] = []

    def add(made: Ty, name: str) -> None:
        reads = [rng.randrange(len(obs)) for _ in range(rng.randint(0, 2))] if obs else []
        steps.append((kernel(rng, name, Ty.of(obs[i] for i in reads), made), reads))
        obs.extend(made.obs)

    for k in range(rng.randint(least, max(least, boxes))):
        kind = rng.random()
        add(Ty() if effects and kind < 0.3 else some_type(rng, 1, 2 if kind > 0.8 else 1), f"k{k}")
    if cod is None:
        return graph(dom, steps, [rng.randrange(len(obs)) for _ in range(rng.randint(0, 3))] if obs else [])
    outputs = []
    for k, ob in enumerate(cod.obs):
        fits = [i for i, other in enumerate(obs) if other == ob]
        if not fits or rng.random() < 0.5:
            add(Ty.of([ob]), f"o{k}")
            fits = [len(obs) - 1]
        outputs.append(rng.choice(fits))
    return graph(dom, steps, outputs)


@st.composite
def morphisms(draw: st.DrawFn, dom: Ty | None = None, effects: bool = False, least: int = 0) -> Graph:
    """A diagram of finite kernels, of any type where none is told."""
    rng = draw(RANDOMS)
    return morphism(rng, some_type(rng) if dom is None else dom, effects=effects, least=least)


def models(effects: bool = False, least: int = 0) -> st.SearchStrategy[Graph]:
    """A diagram without inputs. Effects may leave nothing of it."""
    return morphisms(Ty(), effects, least)


@st.composite
def chains(draw: st.DrawFn, length: int, effects: bool = False) -> tuple[Graph, ...]:
    """A state, and then so many diagrams, each after the one before."""
    rng = draw(RANDOMS)
    types = [Ty(), *(some_type(rng, 1) for _ in range(length + 1))]
    return tuple(morphism(rng, types[i], types[i + 1], boxes=2, effects=effects and i > 0) for i in range(length + 1))


def floats(d: Diagram) -> Graph:
    """The same diagram with its tables in floats."""
    wiring = unfolded(d)
    boxes = tuple(Box(b.name, b.dom, b.cod, (Table(b.data[0].values.astype(float)),)) for b in wiring.boxes)
    return Graph(Wiring(wiring.dom, boxes, wiring.arguments, wiring.outputs))
