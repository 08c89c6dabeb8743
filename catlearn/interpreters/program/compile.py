"""From a diagram to something that runs: check the arrays, fix the sizes, run the generated code.

>>> import numpy as np
>>> from catlearn import Real, diagram
>>> @diagram
... def f(w: Real("m", 3), x: Real(3)):
...     return w @ x
>>> run = compile(f)
>>> run(np.eye(3)[:2], [1.0, 2.0, 3.0])
array([1., 2.])
>>> run(w=np.ones((4, 3)), x=np.ones(3))
array([3., 3., 3., 3.])
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import names, unfolded
from catlearn.errors import InputMismatch
from catlearn.interpreters.program.cost import Cost, cost_of
from catlearn.interpreters.program.lower import lower
from catlearn.interpreters.program.node import Program, Shape
from catlearn.interpreters.program.overwriting import apart, overwritten
from catlearn.interpreters.program.ready import Ready, Run, ready
from catlearn.interpreters.program.rewrite import accumulate, optimize

__all__ = ["Compiled", "compile"]

Array = NDArray[Any]
KEPT = 32  # how many sizes a compiled diagram remembers


class Compiled:
    """A diagram as a function on arrays. Made by `compile`; it may be called from several threads.

    Give the inputs in order or by name: arrays, or what numpy makes arrays of. One output is returned as it is,
    several as a tuple; they are new arrays every time.

    Raises:
        InputMismatch: when an input is missing or not known, or has the wrong shape or dtype.
        TooLarge: when the arrays do not fit in memory; `cost` tells beforehand how much is needed.
    """

    # What is called is kept by each object: for a diagram on numbers it is the generated function itself, since
    # anything put around that would take as long as the function.
    __slots__ = ("__call__", "__dict__", "__weakref__")
    __call__: Run

    def __init__(self, diagram: Diagram, dtype: Any = np.float64, reuse: Mapping[int, str] | None = None) -> None:
        self.diagram = diagram
        self.names = names(diagram)
        self.dtype = _real(dtype)
        self._obs = diagram.dom.obs
        self._reuse = overwritten(diagram, self.names, {} if reuse is None else reuse)
        self._over = tuple(self._reuse.values())
        self._where = _dimensions(diagram)
        self._ready: OrderedDict[tuple[int, ...], Ready] = OrderedDict()
        self._exact: dict[tuple[Shape | None, ...], Ready] = {}
        self._only = None if self._where else self._make(())
        if self._only:
            self._exact[self._only.shapes] = self._only
        if self._only and self._only.scalar:
            # Its own TypeError tells of an input that there is not, and by this name.
            self._only.scalar.__qualname__ = self._name
        self.__call__ = (self._only and self._only.scalar) or self._run

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and what is sent to other processes are compiled anew, with workspaces of their own."""
        return Compiled, (self.diagram, self.dtype, {k: self.names[i] for k, i in self._reuse.items()})

    def _run(self, /, *args: Any, **named: Any) -> Any:
        """Run on arrays: at once where all are of the right kind and of sizes seen before."""
        if not named:
            kind, array = self.dtype, np.ndarray
            ready = self._exact.get(
                tuple([a.shape if a.__class__ is array and a.dtype is kind else None for a in args])
            )
            if ready is not None:
                return ready.run(self._apart(args) if self._over else args)
        if named or len(args) != len(self._obs):
            args = self._in_order(args, named)
        ready = self._only or self._for(args)
        arrays = [self._given(i, a, ready.shapes[i]) for i, a in enumerate(args)]
        return ready.run(self._apart(arrays) if self._over else arrays)

    def _apart(self, arrays: Sequence[Any]) -> Sequence[Any]:
        return apart(self._name, self.names, arrays, self._over)

    def _numbers(self, /, *args: Any) -> Any:
        """Run on numbers what the generated function could not: it gives None for an input that is missing."""
        count = len(self.names)
        named = {name: a for name, a in zip(self.names, args, strict=False) if a is not None}
        given = self._in_order(args, {}) if len(args) > count else self._in_order((), named)
        numbers = [self._given(i, a, ()) for i, a in enumerate(given)]
        if all(type(a) is float for a in given):
            # numpy has an answer where math has none: inf or nan.
            return cast(Ready, self._only).run(numbers)
        return self.__call__(*map(float, numbers))

    @property
    def source(self) -> str:
        """The generated code, for the sizes that were run last; `at` gives it for others.

        Before the first call of a diagram with named dimensions it is that for sizes of 2.
        """
        ready = self._only or next(reversed(self._ready.values()), None) or self._at((2,) * len(self._where))
        return ready.source

    def at(self, /, **sizes: int) -> Program:
        """The program for these sizes of the named dimensions."""
        return self._at(self._sizes(sizes)).program

    def cost(self, /, **sizes: int) -> Cost:
        """Operations, bytes moved and memory, counted on the program; nothing is run.

        >>> from catlearn import Real, compile, diagram
        >>> @diagram
        ... def f(w: Real("m", 3), x: Real(3)):
        ...     return w @ x
        >>> compile(f).cost(m=1000).operations
        6000
        """
        return cost_of(self._at(self._sizes(sizes)).program, self.dtype.itemsize)

    def _sizes(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        if missing := [name for name in self._where if name not in sizes]:
            raise InputMismatch(f"{self._name}: give the size of dimension {missing[0]!r}, as in {missing[0]}=64")
        if unknown := [name for name in sizes if name not in self._where]:
            raise InputMismatch(f"{self._name}: there is no dimension {unknown[0]!r}")
        for name, size in sizes.items():
            if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 0:
                raise InputMismatch(f"{self._name}: dimension {name} must be a whole number from 0 up, not {size!r}")
        return tuple(int(sizes[name]) for name in self._where)

    @property
    def _name(self) -> str:
        return str(getattr(self.diagram, "name", "") or "diagram")

    def _in_order(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
        given = dict(zip(self.names, args, strict=False))
        unknown = [name for name in named if name not in self.names]
        twice = [name for name in named if name in given]
        missing = [name for name in self.names if name not in given and name not in named]
        if unknown or twice or missing or len(args) > len(self.names):
            said = (
                f"there is no input {unknown[0]!r}" if unknown
                else f"input {twice[0]!r} is given twice" if twice
                else f"input {missing[0]!r} is missing" if missing
                else f"{len(args)} inputs are given"
            )  # fmt: skip
            raise InputMismatch(f"{self._name}: {said}; it takes {', '.join(self.names) or 'none'}")
        return tuple({**given, **named}[name] for name in self.names)

    def _for(self, args: Sequence[Any]) -> Ready:
        """The program for the sizes that the arrays have."""
        sizes = []
        for name, (i, axis) in self._where.items():
            shape = self._array(i, args[i]).shape
            if axis >= len(shape):
                wanted = Ty.of((self._obs[i],))
                raise InputMismatch(
                    f"{self._name}: {self.names[i]} must be {wanted!r}, not an array {shape}; axis {name} is missing"
                )
            sizes.append(shape[axis])
        return self._at(tuple(sizes))

    def _at(self, sizes: tuple[int, ...]) -> Ready:
        if self._only:
            return self._only
        found = self._ready.get(sizes)
        if found is None:
            found = self._ready[sizes] = self._make(sizes)
            self._exact[found.shapes] = found
            if len(self._ready) > KEPT:
                self._exact.pop(self._ready.popitem(last=False)[1].shapes, None)
        return found

    def _make(self, sizes: tuple[int, ...]) -> Ready:
        fixed = dict(zip(self._where, sizes, strict=True))
        program = accumulate(optimize(lower(self.diagram, fixed)), self._reuse)
        shapes = tuple(program.nodes[i].shape for i in program.inputs)
        return ready(program, shapes, self.dtype, self._numbers, self._reuse)

    def _array(self, i: int, value: Any) -> Array:
        said = f"{self._name}: input {self.names[i]}"
        if np.ma.is_masked(value):
            raise InputMismatch(f"{said} has masked elements, which have no value; fill them first")
        try:
            return np.asarray(value)
        except (ValueError, TypeError):
            raise InputMismatch(f"{said} is no array; are its rows of one length?") from None
        except Exception as error:
            # What has an `__array__` of its own may raise anything.
            raise InputMismatch(f"{said} is no array: {' '.join(str(error).split())}") from error

    def _given(self, i: int, value: Any, shape: Shape) -> Any:
        """An input as an array of the right kind, or an error that names it."""
        if value.__class__ is np.ndarray and value.dtype is self.dtype and value.shape == shape and shape:
            return value
        array = self._array(i, value)
        if array.dtype.kind not in "fiub" or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
            raise InputMismatch(
                f"{self._name}: input {self.names[i]} must hold real numbers, not {array.dtype}; convert it first"
            )
        if array.shape != shape:
            raise InputMismatch(f"{self._name}: input {self.names[i]} must have shape {shape}, not {array.shape}")
        if i in self._over and array.dtype == self.dtype and type(value) is np.ndarray:
            # Equal to our type but another object, as for arrays that were pickled; views have the same memory.
            return value.view(self.dtype)
        if i in self._over:
            raise InputMismatch(
                f"{self._name}: input {self.names[i]} is overwritten, so it must be an array of {self.dtype}"
            )
        return array.astype(self.dtype) if shape else self.dtype.type(array)


def _real(dtype: Any) -> np.dtype[Any]:
    kinds = np.dtype(np.float64), np.dtype(np.float32)
    for kind in kinds if dtype is None or isinstance(dtype, str | type | np.dtype) else ():
        if dtype in (kind, kind.type, kind.name):
            return kind
    raise InputMismatch(f"compile: dtype must be float64 or float32, not {dtype}")


def _dimensions(d: Diagram) -> dict[str, tuple[int, int]]:
    """For each named dimension, an input and its axis of that size. Raises `InputMismatch` if no input has it."""
    where: dict[str, tuple[int, int]] = {}
    for i, ob in enumerate(d.dom.obs):
        for axis, size in enumerate(ob.sizes if ob.kind == "Real" else ()):
            if isinstance(size, str):
                where.setdefault(size, (i, axis))
    for ob in dict.fromkeys(unfolded(d).obs):
        for size in ob.sizes if ob.kind == "Real" else ():
            if isinstance(size, str) and size not in where:
                raise InputMismatch(f"compile: no input has the dimension {size!r}, so its size cannot be known")
    return where


def compile(d: Diagram, dtype: Any = np.float64, reuse: Mapping[int, str] | None = None) -> Compiled:
    """Compile a diagram of smooth generators to a numpy callable; see `Compiled` for how to call it.

    Args:
        d: the diagram. Named dimensions are fixed by the arrays of each call; each set of sizes is compiled once.
        dtype: float64 or float32.
        reuse: for outputs that should overwrite an input's array instead of being new ones, the input's name. What is
            given for that input must then be an array of the right dtype, and holds the output after the call. It
            may share memory with other inputs, but for those that are overwritten too.

    Raises:
        UnknownBox: for a box without a numpy program.
        InputMismatch: when an output cannot reuse the input asked for.
    """
    return Compiled(as_diagram(d), dtype, reuse)
