"""What the bits of a circuit are called in a file, and how ports are found again in such names.

>>> ports(["a[1]", "c", "a[0]"])
((Port(name='a', width=2), Port(name='c', width=1)), [2, 0, 1])
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TypeVar

from catlearn.errors import NotSupported
from catlearn.files import check_new, write_beside
from catlearn.interpreters.circuits.netlist import Netlist, Port

__all__ = ["Signals", "deliver", "ports"]

_BIT = re.compile(r"(.+)\[(0|[1-9][0-9]{0,8})\]")
_NAME = re.compile(r"[!-~]+")
Text = TypeVar("Text", str, bytes)


class Signals:
    """The names of all nodes of a circuit: those of its input bits, then n1, n2, ... for the gates.

    Raises:
        NotSupported: when a port has a name that no file can hold, or two bits have the same.
    """

    def __init__(self, circuit: Netlist) -> None:
        bits = (*circuit.input_bits, *circuit.output_bits)
        for bit, times in Counter(bits).items():
            if not _NAME.fullmatch(bit) or set("#\\=") & set(bit):
                raise NotSupported(f"{circuit.name}: a file cannot hold the name {bit!r}; call the port otherwise")
            if times > 1:
                raise NotSupported(f"{circuit.name}: {times} bits are called {bit}; give the ports different names")
        stem = next("n" + "_" * k for k in count() if not any(bit.startswith("n" + "_" * k) for bit in bits))
        self.nodes = ["", *circuit.input_bits, *(f"{stem}{node}" for node, *_ in circuit.gates())]


def deliver(content: Text, path: str | Path | None, overwrite: bool) -> Text:
    """The content, which is also written to the path, if there is one.

    Raises:
        FileProblem: when the file is there already and may not be written over, or cannot be written.
    """
    if path is not None:
        write_beside(check_new(path, overwrite), content)
    return content


def ports(names: Sequence[str]) -> tuple[tuple[Port, ...], list[int]]:
    """The ports that bits of these names make up, and for each bit of them its place among the names.

    Names a[0] to a[n - 1], when all of them are there, make up a port of n bits; it stands where the first of them is.
    """
    groups: dict[str, dict[int, int]] = {}
    for place, name in enumerate(names):
        found = _BIT.fullmatch(name)
        if found:
            groups.setdefault(found[1], {})[int(found[2])] = place
    whole = {
        stem
        for stem, places in groups.items()
        if len(places) > 1 and max(places) == len(places) - 1 and stem not in names
    }
    return _collected(names, groups, whole)


def _collected(
    names: Sequence[str], groups: dict[str, dict[int, int]], whole: set[str]
) -> tuple[tuple[Port, ...], list[int]]:
    made: dict[str, Port] = {}
    order: list[int] = []
    for place, name in enumerate(names):
        found = _BIT.fullmatch(name)
        stem = found[1] if found and found[1] in whole else name
        if stem not in made:
            places = groups[stem] if stem in whole else {0: place}
            made[stem] = Port(stem, len(places))
            order += (places[k] for k in range(len(places)))
    return tuple(made.values()), order
