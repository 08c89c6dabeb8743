"""Generated code while it is written: its lines, its names, and which arrays of the workspace are free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from math import prod
from typing import Any

from catlearn.interpreters.program.node import Shape

__all__ = ["Emitter"]


class Emitter:
    """Lines of code, and which arrays of the workspace are free."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = frozenset(taken)
        self.work: list[str] = []
        self.body: list[str] = []
        self.arrays: dict[str, tuple[tuple[float, ...], Shape]] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.size = 0
        self._free: dict[int, list[str]] = defaultdict(list)
        self._shaped: dict[tuple[str, Shape], str] = {}
        self._count = 0

    def name(self, letter: str) -> str:
        """A new name."""
        name = f"{letter}{self._count}"
        self._count += 1
        return self.name(letter) if name in self.taken else name

    def output(self, k: int) -> str:
        """The name of an output that is a new array."""
        name = f"y{k}"
        while name in self.taken:
            name += "_"
        return name

    def array(self, values: tuple[float, ...], shape: Shape) -> str:
        """The name of a constant array."""
        name = self.name("c")
        self.arrays[name] = values, shape
        return name

    def function(self, function: Callable[..., Any]) -> str:
        """The name of a user's function."""
        name = self.name("f")
        self.functions[name] = function
        return name

    def ones(self, shape: Shape) -> str:
        """The name of an array of ones in the workspace, which nobody writes."""
        if ("ones", shape) not in self._shaped:
            name = self._shaped["ones", shape] = self.name("c")
            self.work += [f"{name} = empty({shape})", f"{name}.fill(1.0)"]
            self.size += prod(shape)
        return self._shaped["ones", shape]

    def buffer(self, shape: Shape) -> tuple[str, str]:
        """A free array of the workspace with this shape: the name it was made under, and its name in this shape."""
        size = prod(shape)
        if self._free[size]:
            home = self._free[size].pop()
        else:
            home = self.name("t")
            self.work.append(f"{home} = empty({shape})")
            self._shaped[home, shape] = home
            self.size += size
        if (home, shape) not in self._shaped:
            view = self._shaped[home, shape] = self.name("t")
            self.work.append(f"{view} = {home}.reshape({shape})")
        return home, self._shaped[home, shape]

    def release(self, home: str, size: int) -> None:
        """Give an array back to the workspace."""
        self._free[size].append(home)

    def give_back(self, name: str) -> None:
        """Give an array of the workspace back by any of its names."""
        home, shape = next(key for key, shaped in self._shaped.items() if shaped == name)
        self.release(home, prod(shape))
