"""Generators that act on every element by itself, and products.

Each row ends with its reverse derivative: inputs, output, cotangent -> cotangents of the inputs. Where a map has a
kink (`relu`, `abs`, `maximum`) the derivative is that of one of its sides, as learning libraries have it.

>>> from catlearn import Real, diagram, reverse
>>> @diagram
... def f(x: Real(3)):
...     return exp(x)
>>> [box.name for box in reverse(f).wiring.boxes]   # the output of exp is used again, nothing is computed twice
['exp', 'mul']
"""

from __future__ import annotations

from string import ascii_letters
from typing import Any

from catlearn.diagrams.theories.smooth.generator import Generator, Shape, generator, numbered, same
from catlearn.diagrams.theories.smooth.linear import neg, scale, sub
from catlearn.diagrams.types import Size
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch

__all__ = [
    "absolute",
    "at_least",
    "cos",
    "div",
    "einsum",
    "exp",
    "expm1",
    "log",
    "log1p",
    "maximum",
    "mul",
    "power",
    "relu",
    "select",
    "shift_by",
    "sigmoid",
    "sign",
    "sin",
    "softplus",
    "sqrt",
    "step",
    "stop",
    "tanh",
]


def plus(x: Wire, c: float) -> Wire:
    """x + c."""
    return shift_by(x, data=(c,))


def times(x: Wire, c: float) -> Wire:
    """c x."""
    return scale(x, data=(c,))


exp: Generator = generator("exp", same, lambda _, x, y, d: mul(d, y))
log: Generator = generator("log", same, lambda _, x, y, d: div(d, x))
log1p: Generator = generator("log1p", same, lambda _, x, y, d: div(d, plus(x, 1.0)))
expm1: Generator = generator("expm1", same, lambda _, x, y, d: mul(d, plus(y, 1.0)))
sqrt: Generator = generator("sqrt", same, lambda _, x, y, d: div(times(d, 0.5), y))
sin: Generator = generator("sin", same, lambda _, x, y, d: mul(d, cos(x)))
cos: Generator = generator("cos", same, lambda _, x, y, d: neg(mul(d, sin(x))))
tanh: Generator = generator("tanh", same, lambda _, x, y, d: mul(d, plus(neg(mul(y, y)), 1.0)))
sigmoid: Generator = generator("sigmoid", same, lambda _, x, y, d: mul(d, mul(y, plus(neg(y), 1.0))))
softplus: Generator = generator("softplus", same, lambda _, x, y, d: mul(d, sigmoid(x)))
relu: Generator = generator("relu", same, lambda _, x, y, d: mul(d, step(x)))
absolute: Generator = generator("abs", same, lambda _, x, y, d: mul(d, sign(x)))
sign: Generator = generator("sign", same, lambda _, x, y, d: None)
step: Generator = generator("step", same, lambda _, x, y, d: None)  # 1 where x > 0, else 0
stop: Generator = generator("stop", same, lambda _, x, y, d: None)  # the identity, with no derivative

# data = (c,): x + c.
shift_by: Generator = generator("shift", numbered, lambda _, x, y, d: d)


def _power_reverse(data: Any, x: Wire, y: Wire, d: Wire) -> Wire | None:
    c = data[0]
    # By the formula, 0 * x**-1 would be no number at x = 0.
    return None if c == 0 else d if c == 1 else mul(d, times(power(x, data=(c - 1,)), c))


# data = (c,): x to the power c.
power: Generator = generator("power", numbered, _power_reverse)

mul: Generator = generator("mul", same, lambda _, a, b, y, d: (mul(d, b), mul(d, a)))
div: Generator = generator("div", same, lambda _, a, b, y, d: (q := div(d, b), neg(mul(q, y))))
maximum: Generator = generator("maximum", same, lambda _, a, b, y, d: (e := mul(d, at_least(a, b)), sub(d, e)))
at_least: Generator = generator("at_least", same, lambda _, a, b, y, d: (None, None))  # 1 where a >= b, else 0


def _select_reverse(_: Any, m: Wire, a: Wire, b: Wire, y: Wire, d: Wire) -> tuple[None, Wire, Wire]:
    return None, select(m, d, zeros(d)), select(m, zeros(d), d)


# select(m, a, b) is a where m is not 0, else b.
select: Generator = generator("select", same, _select_reverse)


def zeros(like: Wire) -> Wire:
    """Zeros in the shape of a wire."""
    return scale(like, data=(0.0,))


def _einsum_shape(spec: str, *shapes: Shape) -> Shape:
    reads, out = spec.split("->")
    sizes: dict[str, Size] = {}
    terms = reads.split(",")
    if not all(c.isascii() and c.isalpha() for c in reads.replace(",", "") + out):
        raise ShapeMismatch(f"{spec}: axes are named by letters from a to z and from A to Z")
    if len(terms) != len(shapes) or any(len(t) != len(s) for t, s in zip(terms, shapes, strict=False)):
        raise ShapeMismatch(f"{spec} does not name the axes of its inputs")
    for letter, size in ((a, s) for t, shape in zip(terms, shapes, strict=True) for a, s in zip(t, shape, strict=True)):
        if sizes.setdefault(letter, size) != size:
            raise ShapeMismatch(f"{spec}: axis {letter} has sizes {sizes[letter]} and {size}")
    counts = {a: reads.count(a) + out.count(a) for a in sizes}
    if set(out) - set(sizes) or any(n < 2 for n in counts.values()) or any(len(set(t)) < len(t) for t in (*terms, out)):
        raise ShapeMismatch(f"{spec}: every axis stands in two of the three terms or in all, and once in each")
    return tuple(sizes[a] for a in out)


def _terms(spec: str) -> tuple[str, str, str]:
    reads, out = spec.split("->")
    s, t = reads.split(",")
    return s, t, out


def _einsum_reverse(spec: str, a: Wire, b: Wire, y: Wire, d: Wire) -> tuple[Wire, Wire]:
    s, t, out = _terms(spec)
    return einsum(d, b, data=f"{out},{t}->{s}"), einsum(a, d, data=f"{s},{out}->{t}")


def _einsum_batch(spec: str, n: Size, batched: Any, wires: Any) -> Wire:
    s, t, out = _terms(spec)
    new = next((c for c in "nbtuvwxyzNBTUVWXYZ" + ascii_letters if c not in spec), "")
    left, right = (new + term if has else term for term, has in zip((s, t), batched, strict=True))
    return einsum(*wires, data=f"{left},{right}->{new}{out}")


# data = "ij,jk->ik": the product of two arrays, summed over the axes that the output does not have.
einsum: Generator = generator("einsum", _einsum_shape, _einsum_reverse, _einsum_batch)
