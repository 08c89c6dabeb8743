"""Hidden counters behind bits: an optimizer as a stateful lens. With inertia 1 it is reverse derivative ascent.

The state of the lens is an array of saturating counters in [-B, B - 1]; B is the *inertia*. `get` shows the bits: a
bit is 1 where its counter is not negative. `put` takes a displacement, which is what a learner wishes for each bit: +1
for a 1, -1 for a 0, and 0 for no wish. It adds the two and clips the sum. So a bit turns only after enough wishes, and
what is deployed is purely boolean.

For a table t addressed by x, with the answer wanted y, reverse derivative ascent (Wilson and Zanasi, "Reverse
derivative ascent", EPTCS 333, 2021) steps to `t XOR R_t(x, y XOR t[x])`, where `R_t(x, d)` is d at row x and 0
elsewhere. The wish `2 y - 1` at row x does the same where B is 1: the counter is -1 or 0, and the clipped sum writes y.

>>> import numpy as np
>>> counters = Counters(inertia=2)
>>> state = counters.start((4,))
>>> for _ in range(2):
...     state = counters.put(state, wish(np.array([1, 1, 0, 0]), row=1))
...     print(state, counters.get(state).astype(int))
[-1  0 -1 -1] [0 1 0 0]
[-1  1 -1 -1] [0 1 0 0]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ShapeMismatch, short

__all__ = ["Counters", "ascent", "wish"]

Signed = NDArray[np.signedinteger[Any]]
Bools = NDArray[np.bool_]

MOST = 32_768


@dataclass(frozen=True)
class Counters:
    """The lens; see the module.

    Attributes:
        inertia: B, from 1 to 32768. A counter that wishes have driven to one end takes B wishes to turn its bit.

    Raises:
        ShapeMismatch: where the inertia is something else.
    """

    inertia: int = 64

    def __post_init__(self) -> None:
        whole = isinstance(self.inertia, int | np.integer) and not isinstance(self.inertia, bool)
        if not whole or not 1 <= self.inertia <= MOST:
            raise ShapeMismatch(f"inertia is {short(self.inertia)}; give a whole number from 1 to {MOST}")

    @property
    def dtype(self) -> type[np.signedinteger[Any]]:
        """The smallest type that holds a counter."""
        return np.int8 if self.inertia <= 128 else np.int16

    def start(self, shape: tuple[int, ...]) -> Signed:
        """Counters that show bits of 0, one wish away from 1."""
        return np.full(shape, -1, self.dtype)

    def get(self, state: Signed) -> Bools:
        """The bits that counters show; of the same shape."""
        return state >= 0

    def put(self, state: Signed, displacement: Signed) -> Signed:
        """The counters after a displacement of the same shape; the old ones are left as they are."""
        moved = state.astype(np.int64) + displacement
        return moved.clip(-self.inertia, self.inertia - 1).astype(self.dtype)

    def raised(self, old: Signed) -> Signed:
        """The same for counters that are all wished up by one, without leaving their type."""
        found: Signed = np.minimum(old, self.dtype(max(self.inertia - 2, -1))) + self.dtype(1)
        return found

    def lowered(self, old: Signed) -> Signed:
        """The same for counters that are all wished down by one."""
        found: Signed = np.maximum(old, self.dtype(1 - self.inertia)) - self.dtype(1)
        return found


def wish(target: NDArray[Any], row: int) -> Signed:
    """The displacement of a table's counters when it is addressed at a row: towards that row's target bit, else 0.

    >>> import numpy as np
    >>> wish(np.array([1, 1, 0, 0]), row=2)
    array([ 0,  0, -1,  0], dtype=int8)
    """
    found = np.zeros(len(target), np.int8)
    found[row] = 1 if target[row] else -1
    return found


def ascent(table: Bools, row: int, wanted: bool) -> Bools:
    """A step of reverse derivative ascent on a table: `t XOR R_t(row, wanted XOR t[row])`. (rows,) of bool.

    >>> import numpy as np
    >>> ascent(np.array([False, True]), 0, True)
    array([ True,  True])
    """
    error = np.zeros(len(table), np.bool_)
    error[row] = wanted ^ table[row]
    return table ^ error
