"""A kernel that carries other wires along: beside what it reads and makes, they stay what they are.

`Layout` says where they stand. Linear-Gaussian kernels carried so are linear-Gaussian again, without noise on what is
carried; finite ones have their own rule, as their tables would be mostly zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.types import Ty
from catlearn.errors import TypeMismatch
from catlearn.interpreters.bffg.rules.gaussian import AFFINE, Steps

__all__ = ["Carried", "CarriedGaussian", "Layout"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """Where the parts of joint wires come from.

    Attributes:
        ins: for each input wire, the sizes of its parts.
        reads: for each input of the kernel inside, the number of the part that it reads, of all parts in order.
        made: the sizes of the outputs of the kernel inside.
        outs: for each output wire its parts: k for part k of the inputs, -1 - k for output k of the kernel inside.
    """

    ins: tuple[tuple[int, ...], ...]
    reads: tuple[int, ...]
    made: tuple[int, ...]
    outs: tuple[tuple[int, ...], ...]

    @property
    def parts(self) -> tuple[int, ...]:
        """The sizes of all parts of the inputs."""
        return tuple(size for group in self.ins for size in group)

    def sizes(self, out: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes of the parts of an output wire."""
        return tuple(self.parts[k] if k >= 0 else self.made[-1 - k] for k in out)


class Carried(Kernel):
    """A finite kernel among joint wires; None as the kernel inside only selects.

    Args:
        kernel: the kernel inside.
        layout: see `Layout`.
    """

    def __init__(self, kernel: Kernel | None, layout: Layout) -> None:
        self.kernel, self.layout = kernel, layout

    def data(self) -> tuple[Any, ...]:
        """The two."""
        return self.kernel, self.layout

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """Raise `TypeMismatch`: such kernels stand in no diagram of a user's, a file's least of all."""
        raise TypeMismatch(f"{name}: {type(self).__name__} is what bffg makes of other kernels; give those")


class CarriedGaussian(Carried):
    """A linear-Gaussian kernel among joint wires."""


def _steps(kernel: CarriedGaussian, durations: Floats) -> Steps:
    layout, inside = kernel.layout, kernel.kernel
    nothing = np.zeros((0, 0, 1)), np.zeros((0, 1)), np.zeros((0, 0, 1))
    Phi, beta, Q = nothing if inside is None else AFFINE[type(inside)](inside, durations)
    parts, made = _slices(layout.parts), _slices(layout.made)
    rows = [k for out in layout.outs for k in out]
    ends = _slices(tuple(size for out in layout.outs for size in layout.sizes(out)))
    width, height = (s[-1].stop if s else 0 for s in (parts, ends))
    whole = (
        np.zeros((height, width, Phi.shape[2])),
        np.zeros((height, beta.shape[1])),
        np.zeros((height, height, Q.shape[2])),
    )
    ports = _slices(tuple(layout.parts[k] for k in layout.reads))
    for k, at in zip(rows, ends, strict=True):
        if k >= 0:
            whole[0][at, parts[k]] = np.eye(layout.parts[k])[..., None]
            continue
        for read, port in zip(layout.reads, ports, strict=True):
            whole[0][at, parts[read]] += Phi[made[-1 - k], port]  # a wire may be read twice
        whole[1][at] = beta[made[-1 - k]]
        for other, beside in zip(rows, ends, strict=True):
            if other < 0:
                whole[2][at, beside] = Q[made[-1 - k], made[-1 - other]]
    return whole


def _slices(sizes: tuple[int, ...]) -> list[slice]:
    ends = np.cumsum([0, *sizes]).tolist()
    return [slice(start, end) for start, end in pairwise(ends)]


AFFINE[CarriedGaussian] = _steps
