"""How much memory learning will take, said before anything is allocated.

>>> print(bytes_text(forecast(samples=60_000, features=784, tables=2000, inputs=7, classes=10)))
157.0 MB
>>> check_memory(forecast(10**9, 10, 2000, 20, 2), limit=2**32, samples=10**9)
Traceback (most recent call last):
...
catlearn.errors.TooLarge: Classifier: learning takes 4.0 TB of memory and memory_limit is 4.3 GB: raise it, or take
fewer tables, inputs, classes, or rows than 1,000,000,000
"""

from __future__ import annotations

from catlearn.errors import TooLarge
from catlearn.interpreters.circuits.classifier.ballot import LANES
from catlearn.interpreters.circuits.classifier.model import BLOCK

__all__ = ["bytes_text", "check_memory", "forecast"]


def forecast(
    samples: int, features: int, tables: int, inputs: int, classes: int, levels: int = 1, places: int = 1
) -> int:
    """Bytes that learning takes beyond the data: addresses, counters, the words of the ballot, and blocks of bits."""
    entries = tables * (1 << inputs)
    addresses = samples * tables * places * (1 if inputs <= 8 else 2)
    # Counters, bits, and the best bits so far, of one byte each; two for counters of large inertia are the exception.
    learned = entries * (3 * classes + 8 * -(-classes // LANES))
    encoding = min(samples, BLOCK) * features * (8 + 9 * levels)
    return addresses + learned + encoding


def check_memory(needed: int, limit: float, samples: int) -> None:
    """Raises `TooLarge` where more is needed than may be taken."""
    if needed > limit:
        raise TooLarge(
            f"Classifier: learning takes {bytes_text(needed)} of memory and memory_limit is {bytes_text(limit)}: "
            f"raise it, or take fewer tables, inputs, classes, or rows than {samples:,}"
        )


def bytes_text(number: float) -> str:
    """Bytes as text: at most four digits, and a unit."""
    if number < 1000:
        return f"{number:.0f} bytes"
    for unit in ("kB", "MB", "GB", "TB"):
        number /= 1000
        if number < 1000:
            return f"{number:.1f} {unit}"
    return f"{number:.2g} TB"
