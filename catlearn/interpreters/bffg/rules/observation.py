"""The rules of observations: a density that is weighed exactly, looked back on through something simpler.

The weight of a leaf is `h(y | x) / g(x)`, the true density divided by the guide's message. A log-normal observation is
linear-Gaussian in its logarithm, with the Jacobian `1 / y`, and needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.processes.observation import InverseGamma, Laplace, Leaf, LogNormal, Tilt
from catlearn.errors import CatlearnError, Diverged, NotSupported, OffSupport, ShapeMismatch
from catlearn.interpreters.bffg.messages import AnyMessage, Array, Canonical, Floats, Seen
from catlearn.interpreters.bffg.rules.defaults import DEFAULT_GUIDES
from catlearn.interpreters.bffg.rules.gaussian import AFFINE, GaussianRule, linear_of, widths
from catlearn.interpreters.bffg.rules.linear import Linear
from catlearn.interpreters.bffg.rules.rule import RULES, Pulled, Rule, Stack
from catlearn.interpreters.bffg.small import dot

__all__ = ["LogNormalRule", "ObservationRule", "expansion"]

STEP = 1e-4
LEAST = 1e-2
"""Slopes are differences over steps of this size, relative to where; no number counts as smaller than the second."""


@dataclass(frozen=True, eq=False)
class ObservationRule(Rule):
    """Leaves that are guided by one kind of guide.

    Attributes:
        names, kernels, which: of the boxes.
        scalar: whether their inputs, and their outputs, are single numbers.
        width: how many numbers the outputs have.
        seen: whether the outputs are observed.
        linear: the guides, where they are linear-Gaussian.
        anchors: (d, m) where the others are anchored; None before they are found.
        open: (m,) the boxes whose anchors are found.
        tilt: whether they are tilts.
    """

    names: tuple[str, ...]
    kernels: tuple[Leaf, ...]
    which: NDArray[np.int64]
    scalar: tuple[bool, bool]
    width: int
    seen: bool
    linear: Linear | None
    anchors: Floats | None
    open: NDArray[np.bool_]
    tilt: bool

    @classmethod
    def key(cls, forward: Kernel, guide: Kernel, box: Box) -> Hashable:
        """See `Rule.key`: boxes of different kinds of guides are different groups."""
        return type(guide)

    @classmethod
    def of(cls, stack: Stack) -> ObservationRule:
        """See `Rule.of`."""
        (mask,), guides = stack.seen, stack.guide
        if any(mask) and not all(mask):
            raise NotSupported(f"{stack.names[0]}: is observed in part; an observation with a density is seen whole")
        near = [k.anchor for k in guides if isinstance(k, Laplace | Tilt)]
        size, width = (sum(widths(ty)) for ty in (stack.dom, stack.cod))
        free, known = np.array([a is None for a in near]), [np.zeros(size) if a is None else np.array(a) for a in near]
        return cls(
            stack.names,
            tuple(k for k in stack.forward if isinstance(k, Leaf)),
            stack.which,
            (not stack.dom.obs[0].sizes, not stack.cod.obs[0].sizes),
            width,
            any(mask),
            None if near else linear_of(guides, stack),
            np.stack(known, axis=-1)[:, stack.which] if near and not free.any() else None,
            free[stack.which] if near else np.zeros(len(stack.which), bool),
            isinstance(guides[0], Tilt),
        )

    @property
    def exact(self) -> bool:
        """See `Rule`: nothing is observed."""
        return not self.seen

    @property
    def normals(self) -> int:
        """See `Rule`."""
        return 0 if self.seen else self.width

    @property
    def linearized(self) -> bool:
        """See `Rule`."""
        return self.seen and bool(self.open.any())

    def anchored(self, inputs: tuple[Array, ...]) -> ObservationRule:
        """See `Rule.anchored`."""
        return replace(self, anchors=np.where(self.open, inputs[0], 0.0 if self.anchors is None else self.anchors))

    def part(self, at: slice) -> ObservationRule:
        """See `Rule.part`."""
        return replace(
            self,
            names=self.names[at],
            which=self.which[at],
            linear=None if self.linear is None else self.linear.part(at),
            anchors=None if self.anchors is None else self.anchors[:, at],
            open=self.open[at],
        )

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        g = out[0]
        if not isinstance(g, Seen):
            assert isinstance(g, Canonical)
            self._refuse(np.asarray(g.F.any(axis=0) | g.H.any(axis=(0, 1))))
            return Pulled((None,), None)
        self._check_support(g.values)
        known = g.rest().c
        if self.linear is not None:
            message = self.linear.pull(Seen(g.values, g.mask, _constant(known, len(g.values)))).message
        else:
            message = self._near(g.values, known)
        return Pulled((message,), (g.values, message, known))

    def _refuse(self, bad: NDArray[np.bool_]) -> None:
        if bad.any():
            said = "something was observed of what it gives, but not that itself; observe it"
            raise NotSupported(f"{self.names[int(bad.argmax())]}: {said}")

    def _check_support(self, y: Floats) -> None:
        positive = np.array([k.positive for k in self.kernels])[self.which]
        bad = positive & (y <= 0).any(axis=0)
        if bad.any():
            k = int(bad.argmax())
            raise OffSupport(f"{self.names[k]}: what it gives is above 0, but {float(y[:, k].min()):g} was observed")

    def _near(self, y: Floats, known: Floats) -> Canonical:
        """The guide's message, by value, slope and curvature at the anchors."""
        assert self.anchors is not None
        a = self.anchors
        value, slope, bend = expansion(lambda x: self._density(y[..., None], x[..., None])[..., 0], a)
        if not np.isfinite(value).all():
            k = int((~np.isfinite(value)).argmax())
            where = ", ".join(f"{v:.4g}" for v in a[:, k])
            raise OffSupport(
                f"{self.names[k]}: its log-density is {value[k]:g} at the anchor {where}; give guide=Laplace(x)"
            )
        if self.tilt:
            slope = np.where(self.open & (slope > 0), 0.0, slope)
            return Canonical(known + value - (slope * a).sum(axis=0), slope, np.zeros_like(bend))
        pulled = dot(bend, a)
        return Canonical(known + value - (a * (slope + 0.5 * pulled)).sum(axis=0), slope + pulled, bend)

    def _density(self, y: Floats, x: Floats) -> Floats:
        """The log-densities of y (e, m, s or 1) given x (d, m, s), (m, s)."""
        made = np.empty(x.shape[1:])
        y = np.broadcast_to(y, (len(y), *made.shape))
        for k, kernel in enumerate(self.kernels):
            at = self.which == k
            rows = _rows(y[:, at], self.scalar[1]), _rows(x[:, at], self.scalar[0])
            name, count = self.names[int(at.argmax())], made[at].size
            found = _called(name, kernel.log_density, *rows)
            if found.shape not in ((), (1,), (count,)):
                raise ShapeMismatch(
                    f"{name}: log_density gives the shape {found.shape} for {count} rows, not ({count},)"
                )
            made[at] = np.broadcast_to(found, count).reshape(-1, x.shape[-1])
        return made

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        (x,) = inputs
        if not self.seen:
            return (self._drawn(x, z),), None
        y, message, known = pulled.residual
        weights = self._density(y[..., None], x) + known[:, None] - message.at(x)
        return (np.broadcast_to(y[..., None], (*y.shape, x.shape[-1])),), weights

    def _drawn(self, x: Floats, z: Floats) -> Floats:
        made = np.empty((self.width, *x.shape[1:]))
        for k, kernel in enumerate(self.kernels):
            at = self.which == k
            name, rows = (
                self.names[int(at.argmax())],
                (_rows(x[:, at], self.scalar[0]), _rows(z[:, at], self.scalar[1])),
            )
            found = _called(name, kernel.draw, *rows)
            if found is None:
                raise NotSupported(f"{name}: is not observed and cannot be drawn; observe it, give draw=, or use keep=")
            if found.shape != rows[1].shape:
                raise ShapeMismatch(f"{name}: draw gives the shape {found.shape}; it needs {rows[1].shape}, that of z")
            if not np.isfinite(found).all():
                raise Diverged(f"{name}: draw gives {found[~np.isfinite(found)].flat[0]}; mend it")
            made[:, at] = np.moveaxis(found.reshape(-1, x.shape[-1], self.width), -1, 0)
        return made


@dataclass(frozen=True, eq=False)
class LogNormalRule(Rule):
    """Log-normal kernels: linear-Gaussian ones of the logarithm.

    Attributes:
        names: of the boxes.
        log: the rule of the logarithms.
    """

    names: tuple[str, ...]
    log: GaussianRule

    @classmethod
    def of(cls, stack: Stack) -> LogNormalRule:
        """See `Rule.of`."""
        return cls(stack.names, GaussianRule.of(stack))

    @property
    def exact(self) -> bool:
        """See `Rule`."""
        return self.log.exact

    @property
    def normals(self) -> int:
        """See `Rule`."""
        return self.log.normals

    def part(self, at: slice) -> LogNormalRule:
        """See `Rule.part`."""
        return LogNormalRule(self.names[at], self.log.part(at))

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        return self.log.pull(tuple(map(self._logarithm, out)))

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        made, weights = self.log.push(pulled, inputs, z)
        return tuple(np.exp(y) for y in made), weights

    def _logarithm(self, g: AnyMessage) -> AnyMessage:
        """The message at the logarithms, with the Jacobian of those that were observed."""
        said = g.rest() if isinstance(g, Seen) else g
        assert isinstance(said, Canonical)
        bent = np.asarray(said.F.any(axis=0) | said.H.any(axis=(0, 1)))
        if bent.any():
            how = "something was observed of what it gives, but not that itself; observe it"
            raise NotSupported(f"{self.names[int(bent.argmax())]}: {how}")
        if not isinstance(g, Seen):
            return g
        y = np.where(np.array(g.mask)[:, None], g.values, 1.0)
        bad = (y <= 0).any(axis=0)
        if bad.any():
            k = int(bad.argmax())
            raise OffSupport(f"{self.names[k]}: what it gives is above 0, but {float(y[:, k].min()):g} was observed")
        return Seen(np.log(y), g.mask, _constant(said.c - np.log(y).sum(axis=0), len(y)))


def expansion(f: Callable[[Floats], Floats], a: Floats) -> tuple[Floats, Floats, Floats]:
    """Value (m,), slope (d, m) and curvature (d, d, m) of a function of (d, m), by differences.

    The curvature is that of minus the function, with negative eigenvalues set to zero.

    >>> value, slope, bend = expansion(lambda x: -(x[0] ** 2), np.array([[1.0, 3.0]]))
    >>> value.tolist(), slope.round(4).tolist(), bend.round(4).tolist()
    ([-1.0, -9.0], [[-2.0, -6.0]], [[[2.0, 2.0]]])
    """
    with np.errstate(invalid="ignore"):  # off the support, where the caller looks at the value
        return _expansion(f, a)


def _expansion(f: Callable[[Floats], Floats], a: Floats) -> tuple[Floats, Floats, Floats]:
    d = len(a)
    h = STEP * np.maximum(abs(a), LEAST)
    steps = [h * (np.arange(d) == i)[:, None] for i in range(d)]
    value = f(a)
    up, down = [f(a + s) for s in steps], [f(a - s) for s in steps]
    slope = np.stack([(u - v) / (2 * h[i]) for i, (u, v) in enumerate(zip(up, down, strict=True))])
    bend = np.empty((d, d, a.shape[1]))
    for i in range(d):
        bend[i, i] = -(up[i] - 2 * value + down[i]) / h[i] ** 2
        for j in range(i):
            mixed = f(a + steps[i] + steps[j]) - up[i] - up[j] + 2 * value - down[i] - down[j]
            bend[i, j] = bend[j, i] = -(mixed + f(a - steps[i] - steps[j])) / (2 * h[i] * h[j])
    if not np.isfinite(bend).all():
        return value, np.where(np.isfinite(slope), slope, 0.0), np.zeros_like(bend)
    values, vectors = np.linalg.eigh(np.moveaxis(bend, -1, 0))
    clipped = vectors * np.maximum(values, 0.0)[:, None, :] @ np.swapaxes(vectors, -1, -2)
    return value, slope, np.moveaxis(clipped, 0, -1)


def _constant(c: Floats, d: int) -> Canonical:
    none = Canonical.zero(d, len(c))
    return Canonical(c, none.F, none.H)


def _called(name: str, function: Callable[..., Any], *rows: Array) -> Any:
    try:
        return function(*rows)
    except CatlearnError as error:
        raise type(error)(f"{name}: {error}") from None


def _rows(x: Floats, scalar: bool) -> Floats:
    """(d, m, s) as rows: (m s,) of single numbers, or (m s, d)."""
    return x[0].reshape(-1) if scalar else np.moveaxis(x, 0, -1).reshape(-1, len(x))


AFFINE[LogNormal] = lambda kernel, durations: AFFINE[Gaussian](kernel.log, durations)
RULES[LogNormal, LogNormal] = LogNormalRule
for _guide in (Laplace, Tilt, Gaussian):
    RULES[Leaf, _guide] = ObservationRule  # type: ignore[type-abstract]
DEFAULT_GUIDES[InverseGamma] = lambda truth: Tilt() if truth.link == "linear" else Laplace()
DEFAULT_GUIDES[Leaf] = lambda truth: Laplace()  # type: ignore[type-abstract]
