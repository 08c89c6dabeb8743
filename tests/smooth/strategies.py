"""Random smooth diagrams, an example or more of every generator, and how to run and compare them.

Shapes are small; some dimensions have names. Wires are shared, dropped and crossed, as `tests/strategies.py` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Box, Diagram, Ob, Ty, copy, discard, trace
from catlearn.diagrams.theories.smooth.generator import GENERATORS
from catlearn.diagrams.theories.smooth.linear import ALL
from catlearn.diagrams.theories.smooth.reverse import zeros
from tests import strategies as general
from tests.strategies import Maker

SIZES = {"n": 3, "m": 2, "b": 4}
"""What named dimensions are in these tests."""

Data = Any
Shape = tuple[Any, ...]


def box(name: str, data: Data, *shapes: Shape) -> Box:
    """The box of a generator on inputs of these shapes."""
    dom = Ty.of(Ob("Real", shape) for shape in shapes)
    (made,) = trace(lambda *wires: GENERATORS[name](*wires, data=data), dom).wiring.boxes
    return made


@dataclass(frozen=True)
class Example:
    """A generator on some shapes; where its inputs are drawn from, and which of them cannot be moved a little."""

    name: str
    data: Data
    shapes: tuple[Shape, ...]
    low: float = -2.0
    still: tuple[int, ...] = ()

    @property
    def diagram(self) -> Diagram:
        return box(self.name, self.data, *self.shapes)

    def inputs(self, seed: int = 0) -> list[np.ndarray]:
        made = arrays(self.diagram.dom, seed)
        made = [np.where(a < self.low, self.low + np.abs(a), a) for a in made] if self.low > -2 else made
        if self.name in ("inverse", "log_determinant"):
            made[0] = made[0] + 4.0 * np.eye(made[0].shape[-1])
        if self.name == "equals":
            made[1] = np.where(made[1] > 0, made[0], made[1])
        if self.name in ("unpool", "pooled"):
            pool = box("max_pool", self.data, self.shapes[0])
            made[1] = run(pool, made[0])[0]
        return made

    def __str__(self) -> str:
        return f"{self.name}-{self.data}-{self.shapes}".replace(" ", "")


def _examples() -> list[Example]:
    found: list[Example] = []

    def row(name: str, *cases: tuple[Data, Any], low: float = -2.0, still: tuple[int, ...] = ()) -> None:
        found.extend(Example(name, data, tuple(shapes), low, still) for data, shapes in cases)

    plain: list[Shape] = [(), (3,), ("n", 2)]
    for name in ["neg", "exp", "expm1", "sin", "cos", "tanh", "sigmoid", "softplus", "relu", "abs", "sign", "step"]:
        row(name, *(((), (s,)) for s in plain))
    # Stopped on purpose: its derivative is zero though the map moves.
    row("stop", *(((), (s,)) for s in plain), still=(0,))
    for name, low in (("log", 0.3), ("sqrt", 0.3), ("log1p", -0.7)):
        row(name, *(((), (s,)) for s in plain), low=low)
    for name in ["add", "sub", "mul", "maximum", "at_least"]:
        row(name, *(((), (s, s)) for s in plain))
    row("div", *(((), (s, s)) for s in plain), low=0.3)
    row("equals", *(((), (s, s)) for s in plain), still=(0, 1))
    row("select", *(((), (s, s, s)) for s in plain), still=(0,))
    row("scale", ((2.5,), [()]), ((-1.0,), [(2, 3)]), ((0.5, "n"), [("n", 2)]))
    row("shift", ((1.5,), [()]), ((-0.5,), [("n", 2)]))
    row("power", *(((c,), [(3,)]) for c in (3.0, 2.0, 1.0, 0.0, 0.5, -1.0, -0.5, 2.5)), low=0.3)
    row("power", ((1.5,), [("n", 2)]), low=0.3)
    row("constant", ((1.5, (2,)), []), (((1.0, 2.0, 3.0), (3,)), []), ((0.25, ()), []))
    row("sum", ((0,), [(3,)]), ((1,), [(2, 3)]), ((0, 2), [(2, "n", 2)]), ((), [()]))
    row("broadcast", (((2, 3), (1,)), [(3,)]), (((3, "n", 2), (1, 0)), [("n", 3)]), (((2,), ()), [()]))
    row("reshape", ((3, 2), [(2, 3)]), (("n", 4), [("n", 2, 2)]), ((1, 1), [()]))
    row("permute", ((1, 0), [(2, 3)]), ((2, 0, 1), [(2, "n", 3)]))
    row("slice", (((1, 3, 1),), [(4,)]), (((0, 5, 2), ALL), [(5, "n")]), (((2, 2, 1),), [(4,)]))
    row("pad", ((((1, 3, 1),), (4,)), [(2,)]), ((((0, 5, 2), ALL), (5, "n")), [(3, "n")]))
    row("take", ((0, (2, 0, 2)), [(3,)]), ((1, (1,)), [("n", 3)]), ((0, (2, 1)), [(3, 2)]))
    row("take", ((1, ()), [("n", 2)]))
    row(
        "put",
        ((1, (), 3), [("n", 0)]),
        ((0, (2, 0, 2), 3), [(3,)]),
        ((1, (1,), 3), [("n", 1)]),
        ((0, (2, 1), 3), [(2, 2)]),
    )
    row("concatenate", (0, [(2,), (3,)]), (1, [("n", 2), ("n", 1), ("n", 2)]), (0, [(2, 2)]))
    row("im2col", ((2, 2, 1, 1), [(4, 3, 2)]), ((2, 3, 2, 1), [("n", 5, 4, 1)]))
    row("col2im", ((2, 2, 1, 1, 4, 3), [(3, 2, 8)]), ((2, 3, 2, 1, 5, 4), [("n", 2, 2, 6)]))
    row("einsum", ("ij,jk->ik", [(2, 3), (3, 2)]), ("i,i->", [(3,), (3,)]), ("i,j->ji", [("n",), (2,)]))
    row("einsum", ("bij,bjk->bki", [(2, 2, 3), (2, 3, 2)]), (",i->i", [(), ("n",)]), ("ij,ij->ij", [(2, 3), (2, 3)]))
    row("max", ((0,), [(3,)]), ((1,), [("n", 3)]), ((0, 1), [(2, 3)]))
    row("logsumexp", ((0,), [(3,)]), ((1,), [("n", 3)]), ((0, 1), [(2, 3)]))
    for name in ("inverse", "log_determinant"):
        row(name, ((), [(1, 1)]), ((), [(3, 3)]), ((), [("n", 2, 2)]), ((), [(2, 3, 3)]))
    row("max_pool", ((2, 2), [(4, 4, 2)]), ((2, 1), [("n", 3, 2, 1)]))
    for name, third in (("unpool", (2, 2, 2)), ("pooled", (4, 5, 2))):
        row(name, ((2, 2), [(4, 5, 2), (2, 2, 2), third]), still=(0, 1))
    return found


EXAMPLES = _examples()
LINEAR = [
    "add",
    "sub",
    "neg",
    "scale",
    "sum",
    "broadcast",
    "reshape",
    "permute",
    "slice",
    "pad",
    "take",
    "put",
    "concatenate",
    "im2col",
    "col2im",
]


def arrays(ty: Ty, seed: int = 0, **sizes: int) -> list[np.ndarray]:
    """Random arrays of a type, within 2 of 0."""
    rng, known = np.random.default_rng(seed), {**SIZES, **sizes}
    return [rng.uniform(-1.5, 1.5, tuple(known.get(s, s) for s in ob.sizes)) for ob in ty.obs]


def run(d: Diagram, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
    """Compile and run; always a tuple."""
    made = cl.compile(d)(*inputs)
    return tuple(map(np.asarray, made)) if len(d.cod) != 1 else (np.asarray(made),)


def alike(f: Diagram, g: Diagram, seed: int = 0, tolerance: float = 1e-9) -> None:
    """Assert that two diagrams of one type do the same on random arrays."""
    assert (f.dom, f.cod) == (g.dom, g.cod)
    inputs = arrays(f.dom, seed)
    close(run(f, *inputs), run(g, *inputs), tolerance)


def close(found: Sequence[Any], wanted: Sequence[Any], tolerance: float = 1e-9) -> None:
    """Assert that arrays are the same up to a tolerance, relative where numbers are large."""
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(a, float), np.asarray(b, float), rtol=tolerance, atol=tolerance)


def dot(a: Sequence[Any], b: Sequence[Any]) -> float:
    """The inner product of two lists of arrays."""
    return float(sum(np.sum(np.asarray(x) * np.asarray(y)) for x, y in zip(a, b, strict=True)))


def slope(d: Diagram, inputs: Sequence[np.ndarray], tangents: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The derivative along a tangent, by central differences of fourth order."""
    h = 1e-3

    def at(t: float) -> tuple[np.ndarray, ...]:
        return run(d, *(x + t * v for x, v in zip(inputs, tangents, strict=True)))

    columns = zip(at(-2 * h), at(-h), at(h), at(2 * h), strict=True)
    return [(a - 8 * b + 8 * c - d) / (12 * h) for a, b, c, d in columns]


def plus(ty: Ty, n: int = 2) -> Diagram:
    """The sum of n arrays of a type."""

    def total(*wires: Any) -> Any:
        width = len(ty)
        return tuple(sum(wires[i + width :: width], start=wires[i]) for i in range(width))

    return trace(total, ty**n)


def both(f: Diagram, g: Diagram) -> Diagram:
    """The pairing <f, g>."""
    return copy(f.dom) >> (f @ g)


def plus_of(f: Diagram, g: Diagram) -> Diagram:
    """The pointwise sum f + g."""
    return both(f, g) >> plus(f.cod)


def zero(dom: Ty, cod: Ty) -> Diagram:
    """The zero map."""
    return discard(dom) >> zeros(cod)


def total(d: Diagram) -> Diagram:
    """The sum of all elements of all outputs, times weights that tell them apart."""

    def summed(*wires: Any) -> Any:
        return sum((cl.sum(cl.sin(w + float(i))) for i, w in enumerate(wires)), start=cl.constant(0.0))

    return d >> trace(summed, d.cod)


SHAPES: tuple[Shape, ...] = ((), (2,), (3,), (2, 3), ("n",), ("n", 2), (1, 2))


def _pick(rng: Random, obs: Sequence[Ob], fits: Callable[[Shape], bool] = lambda shape: True) -> int | None:
    found = [i for i, ob in enumerate(obs) if fits(ob.sizes)]
    return rng.choice(found) if found else None


def unary(name: str, change: Callable[[Random, Shape], Data] = lambda rng, shape: ()) -> Maker:
    """Any wire."""

    def make(rng: Random, obs: Sequence[Ob]) -> tuple[Box, list[int]] | None:
        i = _pick(rng, obs, lambda shape: len(shape) <= 3)
        if i is None or (data := change(rng, obs[i].sizes)) is None:
            return None
        return box(name, data, obs[i].sizes), [i]

    return make


def alike_inputs(name: str, n: int) -> Maker:
    """Wires of one shape, perhaps the same one several times."""

    def make(rng: Random, obs: Sequence[Ob]) -> tuple[Box, list[int]] | None:
        i = _pick(rng, obs)
        if i is None:
            return None
        rest = [rng.choice([j for j, ob in enumerate(obs) if ob == obs[i]]) for _ in range(n - 1)]
        return box(name, (), *[obs[i].sizes] * n), [i, *rest]

    return make


def _some_axes(rng: Random, shape: Shape) -> Data:
    return tuple(i for i in range(len(shape)) if rng.random() < 0.6)


def _wider(rng: Random, shape: Shape) -> Data:
    axes = list(range(len(shape)))
    target = list(shape)
    at = rng.randrange(len(shape) + 1)
    target.insert(at, rng.choice([1, 2, 3]))
    kept = [i for i in range(len(target)) if i != at]
    rng.shuffle(axes)
    order = [kept[a] for a in axes]
    return tuple(shape[order.index(i)] if i != at else target[at] for i in range(len(target))), tuple(order)


def _flat(rng: Random, shape: Shape) -> Data:
    numbers = int(np.prod([s for s in shape if isinstance(s, int)]))
    named = [s for s in shape if isinstance(s, str)]
    return rng.choice([(numbers, *named), (*named, 1, numbers)])


def _order(rng: Random, shape: Shape) -> Data:
    return tuple(rng.sample(range(len(shape)), len(shape)))


def _part(rng: Random, size: Any) -> Any:
    if isinstance(size, str) or rng.random() < 0.5:
        return ALL
    start = rng.randrange(size)
    return (start, rng.randrange(start + 1, size + 1), rng.choice([1, 2]))


def _parts(rng: Random, shape: Shape) -> Data:
    return tuple(_part(rng, size) for size in shape)


def _padding(rng: Random, shape: Shape) -> Data:
    edges = [(rng.randrange(2), rng.randrange(2)) if isinstance(s, int) else (0, 0) for s in shape]
    parts = tuple(ALL if isinstance(s, str) else (a, a + s, 1) for s, (a, b) in zip(shape, edges, strict=True))
    return parts, tuple(s if isinstance(s, str) else a + s + b for s, (a, b) in zip(shape, edges, strict=True))


def _places(rng: Random, shape: Shape) -> Data:
    numbers = [i for i, s in enumerate(shape) if isinstance(s, int)]
    if not numbers:
        return None
    axis = rng.choice(numbers)
    return axis, tuple(rng.randrange(shape[axis]) for _ in range(rng.randint(1, 3)))


def _put_places(rng: Random, shape: Shape) -> Data:
    numbers = [i for i, s in enumerate(shape) if isinstance(s, int)]
    if not numbers:
        return None
    axis = rng.choice(numbers)
    return axis, tuple(rng.randrange(3) for _ in range(shape[axis])), 3


def _scaled(rng: Random, shape: Shape) -> Data:
    names = [s for s in shape if isinstance(s, str)]
    return (rng.choice([0.5, -2.0, 1.0]), *(names[:1] if rng.random() < 0.3 else []))


def products(rng: Random, obs: Sequence[Ob]) -> tuple[Box, list[int]] | None:
    """Einsum of two wires, with equal sizes matched at random."""
    i, j = _pick(rng, obs), _pick(rng, obs)
    if i is None or j is None or len(obs[i].sizes) + len(obs[j].sizes) > 5:
        return None
    left = "abcde"[: len(obs[i].sizes)]
    right, free = "", list(left)
    for k, size in enumerate(obs[j].sizes):
        fits = [c for c in free if obs[i].sizes[left.index(c)] == size]
        c = rng.choice(fits) if fits and rng.random() < 0.7 else "xyz"[k]
        right += c
        free = [x for x in free if x != c]
    must = [c for c in left + right if (left + right).count(c) == 1]
    may = [c for c in left if c in right and rng.random() < 0.4]
    out = must + may
    rng.shuffle(out)
    return box("einsum", f"{left},{right}->{''.join(out)}", obs[i].sizes, obs[j].sizes), [i, j]


def joins(rng: Random, obs: Sequence[Ob]) -> tuple[Box, list[int]] | None:
    """Concatenate of wires that differ along one axis at most."""
    i = _pick(rng, obs, lambda shape: any(isinstance(s, int) for s in shape))
    if i is None:
        return None
    shape = obs[i].sizes
    axis = rng.choice([k for k, s in enumerate(shape) if isinstance(s, int)])

    def rest(sizes: Shape) -> Shape:
        return (*sizes[:axis], *sizes[axis + 1 :])

    fits = [
        j for j, ob in enumerate(obs)
        if len(ob.sizes) == len(shape) and rest(ob.sizes) == rest(shape) and isinstance(ob.sizes[axis], int)
    ]  # fmt: skip
    reads = [rng.choice(fits) for _ in range(rng.randint(1, 3))]
    return box("concatenate", axis, *(obs[j].sizes for j in reads)), reads


def constants(rng: Random, obs: Sequence[Ob]) -> tuple[Box, list[int]] | None:
    """Fixed arrays."""
    shape = rng.choice([(), (2,), (3,)])
    return box("constant", (tuple(rng.choice([0.5, -1.0, 2.0]) for _ in range(shape[0])) if shape else 0.5, shape)), []


LINEAR_MAKERS: tuple[Maker, ...] = (
    alike_inputs("add", 2),
    alike_inputs("sub", 2),
    unary("neg"),
    unary("scale", _scaled),
    unary("sum", _some_axes),
    unary("broadcast", _wider),
    unary("reshape", _flat),
    unary("permute", _order),
    unary("slice", _parts),
    unary("pad", _padding),
    unary("take", _places),
    unary("put", _put_places),
    joins,
)
MAKERS: tuple[Maker, ...] = (
    *LINEAR_MAKERS,
    alike_inputs("mul", 2),
    alike_inputs("mul", 2),
    products,
    products,
    constants,
    *map(unary, ["sin", "cos", "tanh", "sigmoid", "softplus"]),
    unary("shift", lambda rng, shape: (rng.choice([1.0, -0.5]),)),
    unary("power", lambda rng, shape: (rng.choice([2.0, 3.0]),)),
    unary("logsumexp", _some_axes),
)
KINKED: tuple[Maker, ...] = (
    *MAKERS,
    *map(unary, ["relu", "abs", "step", "sign", "stop"]),
    unary("max", _some_axes),
    *(alike_inputs(name, 2) for name in ("maximum", "at_least", "equals")),
    alike_inputs("select", 3),
)


def _state(ob: Ob) -> Box:
    return box("constant", (0.5, ob.sizes))


def types(max_wires: int = 3, shapes: Sequence[Shape] = SHAPES) -> st.SearchStrategy[Ty]:
    """Types of up to so many wires, at least one."""
    one = st.sampled_from(shapes)
    return st.lists(one, min_size=1, max_size=max_wires).map(lambda found: Ty.of(Ob("Real", s) for s in found))


@st.composite
def smooth(
    draw: st.DrawFn,
    dom: Ty | None = None,
    cod: Ty | None = None,
    max_boxes: int = 5,
    makers: Sequence[Maker] = MAKERS,
    shapes: Sequence[Shape] = SHAPES,
) -> Diagram:
    """Random smooth diagrams."""
    start = draw(types(shapes=shapes)) if dom is None else dom
    return draw(general.diagrams(start, cod, max_boxes, makers, _state, fold=False))


NUMBERED = tuple(shape for shape in SHAPES if all(isinstance(s, int) for s in shape))
