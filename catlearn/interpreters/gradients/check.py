"""Is a derivative right? Compare it with slopes and with the laws that it must obey, and find the box that breaks them.

Use it on your own generators before you trust them, and on models whose training looks odd.

>>> from catlearn import Real, diagram, tanh
>>> @diagram
... def f(w: Real("n", 3), x: Real(3)):
...     return tanh(w @ x)
>>> report = check(f)
>>> report.worst < 1e-6, [row.law for row in report.rows]
(True, ['reverse = slope', 'forward = slope', 'adjoint', 'linear', 'determined'])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.optic import Optic
from catlearn.diagrams.theories.derivative import forward, reverse
from catlearn.diagrams.theories.smooth.reverse import SMOOTH
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import Graph, Wiring, names, unfolded
from catlearn.errors import DerivativeMismatch, InputMismatch, TypeMismatch
from catlearn.interpreters.program.compile import compile

__all__ = ["Report", "Row", "angle", "check"]

Array = NDArray[Any]
Inputs = Sequence[Any] | Mapping[str, Any]
Run = Callable[[Sequence[Array]], list[Array]]
STEPS = (1e-3, 1e-4, 1e-5, 1e-6)
"""Steps of the slopes. The best one counts: a kink nearby spoils the large ones, rounding the small ones."""


@dataclass(frozen=True)
class Row:
    """One law: its name, the largest relative error found, and the input where it was found."""

    law: str
    error: float
    where: str


@dataclass(frozen=True)
class Report:
    """What `check` found: all laws hold, and this closely.

    Attributes:
        name: the name of the diagram.
        tolerance: the relative error that was allowed.
        rows: one for each law.
    """

    name: str
    tolerance: float
    rows: tuple[Row, ...]

    @property
    def worst(self) -> float:
        """The largest error of all."""
        return max((row.error for row in self.rows), default=0.0)

    def __str__(self) -> str:
        lines = [f"{self.name}: the derivative is right, to {self.tolerance:g}"]
        lines += [f"  {row.law:<16} {row.error:8.1e}  {row.where}".rstrip() for row in self.rows]
        return "\n".join(lines)


def check(d: Diagram, inputs: Inputs | None = None, seed: int = 0, tolerance: float = 1e-6) -> Report:
    """Check the derivatives of a smooth diagram at a point, in float64. The laws, for random v and w:

    - reverse = slope: `<v, R[d](x, w)>` is the slope of `<w, d(x)>` along v, by central differences, input by input;
    - forward = slope: so is `<w, D[d](x, v)>`, where D comes from R of R;
    - adjoint: `<D[d](x, v), w> = <v, R[d](x, w)>`;
    - linear: `R[d](x, -)` is linear (axioms RD.2 and RD.6);
    - determined: two runs give the same numbers.

    Args:
        d: the diagram.
        inputs: where to check, in order or by name; random by default, with small sizes for named dimensions.
        seed: of what is random.
        tolerance: the relative error that is allowed.

    Raises:
        DerivativeMismatch: when a law does not hold; it names the law, the input, and the box that breaks the law when
            it is checked alone, if there is one.
        InputMismatch: when the inputs do not fit, or the diagram is not finite at them.
    """
    d = as_diagram(d)
    point = _point(d, inputs, seed)
    with np.errstate(all="ignore"):
        rows = tuple(_laws(d, point, seed))
        broken = _first_broken(rows, tolerance)
        if broken is not None:
            at, suspect = f" for input {broken.where!r}", _suspect(unfolded(d), point, seed, tolerance)
            raise DerivativeMismatch(
                f"{_name(d)}: {broken.law} does not hold{at if broken.where else ''}: "
                f"relative error {broken.error:.2g}, allowed {tolerance:g}; {suspect}"
            )
    return Report(_name(d), tolerance, rows)


def angle(lens: Optic, d: Diagram, inputs: Inputs | None = None, seed: int = 0) -> float:
    """The angle in degrees between a lens's backward pass and the reverse derivative of `d`, at inputs x.

    Both are given the same x and cotangent w (1 where the output is one `Real()`, else random), and what they give for
    all inputs is taken as one vector. It is 0 for the true derivative. A small step against what the lens gives makes
    `<w, d(x)>` smaller in proportion to the cosine: from 90 degrees on there is no descent. Where the true one is zero
    or the lens gives zero, but not both, the angle counts as 90.

    Feedback alignment (Lillicrap et al., 2016) and straight-through estimators (Bengio et al., arXiv:1308.3432) are
    lenses with backward passes that are no derivatives; they learn while this angle stays below 90.

    >>> from catlearn import Real, diagram, lens, reverse, tanh
    >>> @diagram
    ... def f(x: Real(3)):
    ...     return tanh(x)
    >>> angle(lens(f, reverse(f)), f)
    0.0
    >>> @diagram
    ... def straight_through(x: Real(3), dy: Real(3)):
    ...     return dy
    >>> 0 < angle(lens(f, straight_through), f) < 90
    True

    Raises:
        TypeMismatch: when the lens is not one from the inputs of `d` and their cotangents to its outputs.
        InputMismatch: when the inputs do not fit.
    """
    d = as_diagram(d)
    wanted = SMOOTH.ends(d.dom), SMOOTH.ends(d.cod)
    if (lens.dom, lens.cod) != wanted or lens.phase != "along":
        raise TypeMismatch(f"angle: {_name(d)} needs a lens {wanted[0]} -> {wanted[1]}, not {lens.dom} -> {lens.cod}")
    point = _point(d, inputs, seed)
    rng = np.random.default_rng(seed)
    values = _runner(d)(point)
    scalar = [y.shape for y in values] == [()]
    w = [np.ones(())] if scalar else [rng.normal(size=y.shape) for y in values]
    ours, true = (_flat(_runner(back)([*point, *w])) for back in (lens.close(), reverse(d)))
    sizes = np.linalg.norm(ours), np.linalg.norm(true)
    if not all(sizes):
        return 0.0 if not any(sizes) else 90.0
    u, v = ours / sizes[0], true / sizes[1]
    # Half the angle, from the sides of a rhombus: exact for equal vectors, where the arc cosine is not.
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))))


def _laws(d: Diagram, x: list[Array], seed: int) -> Iterator[Row]:
    """Every law with its largest error."""
    run, back, ahead = _runner(d), _runner(reverse(d)), _runner(forward(d))
    rng, values = np.random.default_rng(seed), run(x)
    w, w2 = ([rng.normal(size=y.shape) for y in values] for _ in range(2))
    v = [rng.normal(size=a.shape) for a in x]
    found = back([*x, *w])
    slopes, tangents, pairs = [], [], []
    for i, name in enumerate(names(d)):
        along = [b if k == i else np.zeros_like(b) for k, b in enumerate(v)]
        pairing, tangent = _dot(along, found), _dot(ahead([*x, *along]), w)
        steps = [_slope(run, x, along, w, h) for h in STEPS]
        slopes.append((min(_error(pairing, slope) for slope in steps), name))
        tangents.append((min(_error(tangent, slope) for slope in steps), name))
        pairs.append((_error(tangent, pairing), name))
    yield _worst("reverse = slope", slopes)
    yield _worst("forward = slope", tangents)
    yield _worst("adjoint", pairs)
    mixed = back([*x, *(2.0 * a - b for a, b in zip(w, w2, strict=True))])
    parts = [2.0 * a - b for a, b in zip(found, back([*x, *w2]), strict=True)]
    yield _worst("linear", [(_distance(a, b), name) for a, b, name in zip(mixed, parts, names(d), strict=False)])
    again = zip([*values, *found], [*run(x), *back([*x, *w])], strict=True)
    yield _worst("determined", [(0.0 if np.array_equal(a, b, equal_nan=True) else np.inf, "") for a, b in again])


def _first_broken(rows: Iterable[Row], tolerance: float) -> Row | None:
    return next((row for row in rows if not row.error <= tolerance), None)


def _worst(law: str, errors: list[tuple[float, str]]) -> Row:
    # What is not a number is worse than any number.
    error, where = max(errors, key=lambda e: np.inf if np.isnan(e[0]) else e[0], default=(0.0, ""))
    return Row(law, float(error), where)


def _slope(run: Run, x: list[Array], v: list[Array], w: list[Array], h: float) -> float:
    """The slope of `<w, d(x)>` along v, by central differences of fourth order."""

    def at(t: float) -> float:
        return _dot(run([a + t * b for a, b in zip(x, v, strict=True)]), w)

    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


def _suspect(wiring: Wiring, point: list[Array], seed: int, tolerance: float) -> str:
    """The first box that breaks a law alone, at the values that it has there."""
    every = Wiring(wiring.dom, wiring.boxes, wiring.arguments, np.arange(len(wiring.obs)))
    values = _runner(Graph(every))(point)
    seen: set[Box] = set()
    for box, reads, _ in wiring.steps():
        if box in seen or not reads:
            continue
        seen.add(box)
        broken = _first_broken(_laws(box, [values[i] for i in reads], seed), tolerance)
        if broken is not None:
            return f"suspect the box {box.name!r}: alone, {broken.law} does not hold for its input {broken.where!r}"
    return "each box alone is right, so try another point: this one may be at a kink"


def _point(d: Diagram, inputs: Inputs | None, seed: int) -> list[Array]:
    """The inputs as arrays where the diagram is finite."""
    run, called = _runner(d), names(d)
    if inputs is not None:
        given = dict(inputs) if isinstance(inputs, Mapping) else dict(zip(called, inputs, strict=False))
        if set(given) != set(called) or len(inputs) != len(called):
            raise InputMismatch(f"{_name(d)}: give the inputs {', '.join(called) or 'none'}, each of them once")
        tries = [[np.asarray(given[name], float) for name in called]]
    else:
        rng, sizes = np.random.default_rng(seed), _small_sizes(d.dom.obs)
        shapes = [tuple(size if isinstance(size, int) else sizes[size] for size in ob.sizes) for ob in d.dom.obs]
        # Some maps, as logarithms, are only there for positive numbers.
        tries = [[rng.normal(size=s) for s in shapes], [rng.uniform(0.5, 1.5, s) for s in shapes]]
    with np.errstate(all="ignore"):
        for point in tries:
            if all(np.isfinite(y).all() for y in run(point)):
                return point
    raise InputMismatch(f"{_name(d)}: it is not finite there; give other inputs, as in check(d, inputs=[...])")


def _small_sizes(obs: Sequence[Ob]) -> dict[str, int]:
    """Sizes for named dimensions, all different."""
    named = dict.fromkeys(size for ob in obs for size in ob.sizes if isinstance(size, str) and ob.kind == "Real")
    return {name: 2 + i for i, name in enumerate(named)}


def _runner(d: Diagram) -> Run:
    """The diagram as a function from a list of arrays to a list of arrays."""
    compiled, several = compile(d), len(d.cod) != 1

    def run(inputs: Sequence[Array]) -> list[Array]:
        made = compiled(*inputs)
        return [np.asarray(y) for y in (made if several else (made,))]

    return run


def _dot(a: Sequence[Array], b: Sequence[Array]) -> float:
    return float(sum(np.vdot(x, y) for x, y in zip(a, b, strict=True)))


def _flat(arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.ravel(a) for a in arrays]) if arrays else np.zeros(0)


def _error(a: float, b: float) -> float:
    return abs(a - b) / max(1.0, abs(a), abs(b))


def _distance(a: Array, b: Array) -> float:
    return float(np.max(np.abs(a - b), initial=0.0) / max(1.0, np.max(np.abs(b), initial=0.0)))


def _name(d: Diagram) -> str:
    return str(getattr(d, "name", "") or "diagram")
