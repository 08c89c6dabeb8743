"""Random typed diagrams, for laws that must hold of all of them.

Diagrams are made in two ways that share no code with one another: as terms (`terms`: combinators, split and joined
recursively) and as graphs (`graphs`: box after box on numbered wires). Both hold copies, discards, crossings, states,
effects, scalars, parts that nothing connects, wires of no type at all and folded boxes. `diagrams` takes from both.

Any theory can be drawn from: a signature is a list of makers, and a maker picks a box that fits among some wires.

>>> from random import Random
>>> maker = fixed(Box("g", X @ Y, Y))
>>> maker(Random(0), (X @ Y).obs)
(Box("g", Ty("X", "Y"), Ty("Y")), [0, 1])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from hypothesis import strategies as st

from catlearn.diagrams.diagram import Box, Diagram, identity, permutation
from catlearn.diagrams.types import Bits, Finite, Ob, Real, Ty
from catlearn.diagrams.wiring import Wiring, flatten, graph, unfolded

__all__ = [
    "SIGNATURE",
    "Maker",
    "X",
    "Y",
    "boxes",
    "composable",
    "diagrams",
    "fixed",
    "graphs",
    "layered",
    "objects",
    "perturbed",
    "rewired",
    "shuffled",
    "terms",
    "types",
]

Maker = Callable[[Random, Sequence[Ob]], "tuple[Box, list[int]] | None"]
"""Given the objects on some wires, a box and the wires it reads; None where no wires fit."""

X, Y = Ty("X"), Ty("Y")
_OBJECTS = (X, Y, Real(2), Real("n", 3), Finite("no", "yes"), Bits(4))
_RANDOMS = st.randoms(use_true_random=False)


def fixed(box: Box) -> Maker:
    """The maker of this one box: any wires of the right types will do, the same wire several times too."""

    def make(rng: Random, obs: Sequence[Ob]) -> tuple[Box, list[int]] | None:
        choices = [[i for i, ob in enumerate(obs) if ob == port] for port in box.dom.obs]
        return (box, [rng.choice(fits) for fits in choices]) if all(choices) else None

    return make


SIGNATURE: tuple[Maker, ...] = tuple(
    map(
        fixed,
        [
            Box("f", X, X),
            Box("g", X @ X, X),
            Box("g", X @ X, X, -1),
            Box("g", X @ X, X, -2),
            Box("h", X @ Y, Y @ X),
            Box("k", Y, X @ X),
            Box("l", X, Y),
            Box("effect", X, Ty()),
            Box("effect", X @ Y, Ty()),
            Box("state", Ty(), X),
            Box("state", Ty(), Y @ X),
            Box("scalar", Ty(), Ty()),
            Box("scalar", Ty(), Ty(), ("half", 0.5)),
        ],
    )
)


def _state(ob: Ob) -> Box:
    return Box("made", Ty(), Ty(ob))


def objects() -> st.SearchStrategy[Ty]:
    """Types of one wire."""
    return st.sampled_from(_OBJECTS)


def types(max_wires: int = 3, obs: Sequence[Ty] = (X, Y)) -> st.SearchStrategy[Ty]:
    """Types of no, one or several wires."""
    return st.lists(st.sampled_from(obs), max_size=max_wires).map(lambda tys: Ty.of(ob for ty in tys for ob in ty.obs))


def boxes() -> st.SearchStrategy[Box]:
    """Boxes of any types, some with data, some folded."""
    any_type = types(3, _OBJECTS)
    data = st.sampled_from([(), 3, -1, -2, 0.5, "axis", (1, ("a", None)), True])
    plain = st.builds(Box, st.sampled_from(["f", "g", 'quoted"name', "two words"]), any_type, any_type, data)
    return plain | diagrams(max_boxes=2).map(lambda d: Box("folded", d.dom, d.cod, (), d))


@st.composite
def diagrams(
    draw: st.DrawFn,
    dom: Ty | None = None,
    cod: Ty | None = None,
    max_boxes: int = 6,
    signature: Sequence[Maker] = SIGNATURE,
    state: Callable[[Ob], Box] = _state,
    fold: bool = True,
) -> Diagram:
    """Diagrams of up to `max_boxes` boxes of a signature, and a state for each wire of `cod` that nothing else gives.

    Args:
        dom, cod: the types, or None for any (of `X` and `Y`, for `dom`).
        signature: the makers of boxes.
        state: a box that makes an object out of nothing.
        fold: whether parts may be folded into one box.
    """
    start = draw(types()) if dom is None else dom
    make = draw(st.sampled_from([terms, graphs]))
    rng, count = draw(_RANDOMS), draw(st.integers(0, max_boxes))
    return make(rng, start, cod, count, signature, state, fold)


def composable(n: int = 2, max_boxes: int = 4) -> st.SearchStrategy[list[Diagram]]:
    """Diagrams that fit one after another."""

    @st.composite
    def made(draw: st.DrawFn) -> list[Diagram]:
        found = [draw(diagrams(max_boxes=max_boxes))]
        while len(found) < n:
            found.append(draw(diagrams(found[-1].cod, max_boxes=max_boxes)))
        return found

    return made()


def terms(
    rng: Random,
    dom: Ty,
    cod: Ty | None,
    count: int,
    signature: Sequence[Maker] = SIGNATURE,
    state: Callable[[Ob], Box] = _state,
    fold: bool = True,
) -> Diagram:
    """A diagram made by splitting it, one part after another or one above another, down to boxes and wires."""
    body = _term(rng, dom, count, signature, fold)
    if cod is None:
        return body
    made = [ob for ob in dict.fromkeys(cod.obs) if ob not in body.cod.obs]
    for ob in made:
        body = body @ state(ob) if rng.random() < 0.5 else state(ob) @ body
    return body >> permutation(body.cod, [_pick(rng, body.cod.obs, ob) for ob in cod.obs])


def _term(rng: Random, dom: Ty, count: int, signature: Sequence[Maker], fold: bool) -> Diagram:
    if fold and count and rng.random() < 0.1:
        inside = _term(rng, dom, count, signature, fold=False)
        return Box("part", dom, inside.cod, (), inside)
    if count == 0:
        wires = range(len(dom))
        return permutation(dom, [rng.choice(wires) for _ in range(rng.randrange(4))] if wires else [])
    if count == 1:
        found = _choose(rng, signature, dom.obs)
        if found is None:
            return identity(dom)
        box, reads = found
        kept = [i for i in range(len(dom)) if rng.random() < 0.7][:3]
        upper, lower = kept[: len(kept) // 2], kept[len(kept) // 2 :]
        spread = permutation(dom, [*upper, *reads, *lower])
        return spread >> (identity(_at(dom, upper)) @ box @ identity(_at(dom, lower)))
    part = rng.randrange(count + 1)
    if rng.random() < 0.5:
        cut = rng.randrange(len(dom) + 1)
        return _term(rng, dom[:cut], part, signature, fold) @ _term(rng, dom[cut:], count - part, signature, fold)
    first = _term(rng, dom, max(part, 1), signature, fold)
    return first >> _term(rng, first.cod, count - max(part, 1), signature, fold)


def graphs(
    rng: Random,
    dom: Ty,
    cod: Ty | None,
    count: int,
    signature: Sequence[Maker] = SIGNATURE,
    state: Callable[[Ob], Box] = _state,
    fold: bool = True,
) -> Diagram:
    """A diagram made box by box, each on any wires that are there."""
    obs = list(dom.obs)
    steps: list[tuple[Box, list[int]]] = []

    def put(box: Box, reads: list[int]) -> None:
        steps.append((box, reads))
        obs.extend(box.cod.obs)

    for _ in range(count):
        found = _choose(rng, signature, obs)
        if found is not None:
            box, reads = found
            put(_folded(box) if fold and rng.random() < 0.1 else box, reads)
    if cod is None:
        outputs = [rng.randrange(len(obs)) for _ in range(rng.randrange(5))] if obs else []
    else:
        for ob in dict.fromkeys(cod.obs):
            if ob not in obs:
                put(state(ob), [])
        outputs = [_pick(rng, obs, ob) for ob in cod.obs]
    if rng.random() < 0.5:
        return graph(dom, steps, outputs)
    return graph(dom, steps, outputs, "made", [f"in{i}" for i in range(len(dom))])


def _choose(rng: Random, signature: Sequence[Maker], obs: Sequence[Ob]) -> tuple[Box, list[int]] | None:
    """A box that fits, if one is found in a few tries."""
    tries = (rng.choice(signature)(rng, obs) for _ in range(4))
    return next((found for found in tries if found is not None), None)


def _folded(box: Box) -> Box:
    """A box that stands for a diagram of two boxes: this one and a scalar."""
    return Box("aside", box.dom, box.cod, (), box @ Box("scalar", Ty(), Ty()))


def _pick(rng: Random, obs: Sequence[Ob], ob: Ob) -> int:
    return rng.choice([i for i, there in enumerate(obs) if there == ob])


def _at(ty: Ty, wires: Sequence[int]) -> Ty:
    return Ty.of(ty.obs[i] for i in wires)


def shuffled(d: Diagram) -> st.SearchStrategy[Diagram]:
    """Diagrams equal to `d`: its boxes in another order, spelled as other terms, some folded boxes opened."""
    return _RANDOMS.map(lambda rng: layered(rng, unfolded(d) if rng.random() < 0.5 else flatten(d)))


def layered(rng: Random, wiring: Wiring) -> Diagram:
    """A wiring spelled with combinators: layers of boxes side by side, with crossings, copies and discards between."""
    steps = list(wiring.steps())
    at = list(range(len(wiring.dom)))
    d = identity(wiring.dom)
    while steps:
        ready = [step for step in steps if set(step[1]) <= set(at)]
        layer = rng.sample(ready, min(len(ready), rng.randint(1, 3)))
        steps = [step for step in steps if not any(step is chosen for chosen in layer)]
        # A wire that is still needed must be carried on; one that is not may be dropped now or later.
        needed = {i for _, reads, _ in steps for i in reads} | set(wiring.outputs.tolist())
        kept = [i for i in dict.fromkeys(at) if i in needed or rng.random() < 0.3]
        rng.shuffle(kept)
        reads = [i for _, wires, _ in layer for i in wires]
        d = d >> permutation(d.cod, [at.index(i) for i in [*kept, *reads]])
        row = identity(d.cod[: len(kept)])
        for box, _, _ in layer:
            row = row @ (box.inside if box.inside and rng.random() < 0.5 else box)
        d, at = d >> row, [*kept, *(i for _, _, out in layer for i in out)]
    return d >> permutation(d.cod, [at.index(i) for i in wiring.outputs.tolist()])


def perturbed(d: Diagram) -> st.SearchStrategy[Diagram]:
    """Diagrams that certainly differ from `d`, in the name or the data of one box or in one box more."""

    def change(rng: Random) -> Diagram:
        wiring = unfolded(d)
        steps = [(box, reads) for box, reads, _ in wiring.steps()]
        if not steps or rng.random() < 0.3:
            return d @ Box("more", Ty(), Ty())
        k = rng.randrange(len(steps))
        box, reads = steps[k]
        name, data = rng.choice([(box.name + "_", box.data), (box.name, ("other", box.data))])
        steps[k] = (Box(name, box.dom, box.cod, data), reads)
        return graph(d.dom, steps, wiring.outputs.tolist())

    return _RANDOMS.map(change)


def rewired(d: Diagram) -> st.SearchStrategy[Diagram]:
    """Diagrams with the same boxes as `d` where one port reads another wire; symmetry may still make them equal."""

    def change(rng: Random) -> Diagram:
        wiring = unfolded(d)
        steps = [(box, list(reads)) for box, reads, _ in wiring.steps()]
        outputs = wiring.outputs.tolist()
        limits = [
            (reads, port, out.start)
            for (_, reads), (_, _, out) in zip(steps, wiring.steps(), strict=True)
            for port in range(len(reads))
        ]
        limits += [(outputs, port, len(wiring.obs)) for port in range(len(outputs))]
        if limits:
            reads, port, limit = rng.choice(limits)
            reads[port] = _pick(rng, wiring.obs[:limit], wiring.obs[reads[port]])
        return graph(d.dom, steps, outputs)

    return _RANDOMS.map(change)
