"""Which encoded bits each table reads: a random subset; `windows.py` has those of pictures.

>>> import numpy as np
>>> reads = random_subsets(np.arange(10, 16), tables=4, inputs=3, rng=np.random.default_rng(0))
>>> reads.shape, bool((np.diff(np.sort(reads)) > 0).all())
((4, 3), True)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reads", "random_subsets"]

Reads = NDArray[np.int32]
Bits = NDArray[np.integer[Any]]


def random_subsets(live: Bits, tables: int, inputs: int, rng: np.random.Generator) -> Reads:
    """(tables, inputs) of distinct bits a table; all bits are read about equally often. Args: live, (bits,)."""
    rounds = -(-tables * inputs // max(len(live), 1))
    dealt = np.concatenate([np.zeros(0, np.int32), *(rng.permutation(live) for _ in range(rounds))])
    reads = dealt[: tables * inputs].reshape(tables, inputs).astype(np.int32)
    # Where a table is dealt the end of one round and the start of the next, it may have got a bit twice.
    for table in np.flatnonzero((np.diff(np.sort(reads)) == 0).any(1)):
        reads[table] = rng.choice(live, inputs, replace=False)
    return reads
