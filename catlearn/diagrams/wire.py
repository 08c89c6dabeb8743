"""Wires as values in a Python function: they have operators, and refuse what only a number could do.

>>> from catlearn import Real, trace
>>> trace(lambda x, y: repr(x + 2.0 * y) and x @ y, Real(3) @ Real(3)).cod
Real()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Builder
from catlearn.errors import ControlFlow, NoAttribute, WireError

__all__ = ["OPERATORS", "Tracer", "Wire"]

OPERATORS: dict[str, Mapping[str, Callable[..., Any]]] = {}
"""For each kind of object, what the operators on its wires mean; a theory fills in its row."""


class Tracer(Builder):
    """The diagram being written; wires know which one they belong to."""

    def __init__(self, dom: Ty, name: str) -> None:
        super().__init__(dom)
        self.name = name


class Wire:
    """A wire of the diagram being written. It stands for a value that is not there yet."""

    __slots__ = ("index", "ob", "tracer")

    def __init__(self, tracer: Tracer, index: int) -> None:
        self.tracer, self.index, self.ob = tracer, index, tracer.obs[index]

    @property
    def ty(self) -> Ty:
        """The type of this wire."""
        return Ty.of((self.ob,))

    @property
    def shape(self) -> tuple[int | str, ...]:
        """The sizes of this wire's object: for `Real("n", 3)`, `("n", 3)`."""
        return self.ob.sizes

    def __repr__(self) -> str:
        return f"<wire {self.index} of {self.tracer.name}: {self.ob}>"

    def __add__(self, other: Any) -> Wire:
        return _operate("add", self, other)

    def __radd__(self, other: Any) -> Wire:
        return _operate("add", other, self)

    def __sub__(self, other: Any) -> Wire:
        return _operate("sub", self, other)

    def __rsub__(self, other: Any) -> Wire:
        return _operate("sub", other, self)

    def __mul__(self, other: Any) -> Wire:
        return _operate("mul", self, other)

    def __rmul__(self, other: Any) -> Wire:
        return _operate("mul", other, self)

    def __truediv__(self, other: Any) -> Wire:
        return _operate("div", self, other)

    def __rtruediv__(self, other: Any) -> Wire:
        return _operate("div", other, self)

    def __pow__(self, other: Any) -> Wire:
        return _operate("pow", self, other)

    def __rpow__(self, other: Any) -> Wire:
        return _operate("pow", other, self)

    def __matmul__(self, other: Any) -> Wire:
        return _operate("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Wire:
        return _operate("matmul", other, self)

    def __xor__(self, other: Any) -> Wire:
        return _operate("xor", self, other)

    def __rxor__(self, other: Any) -> Wire:
        return _operate("xor", other, self)

    def __and__(self, other: Any) -> Wire:
        return _operate("and", self, other)

    def __rand__(self, other: Any) -> Wire:
        return _operate("and", other, self)

    def __or__(self, other: Any) -> Wire:
        return _operate("or", self, other)

    def __ror__(self, other: Any) -> Wire:
        return _operate("or", other, self)

    def __floordiv__(self, other: Any) -> Wire:
        return _operate("floordiv", self, other)

    def __rfloordiv__(self, other: Any) -> Wire:
        return _operate("floordiv", other, self)

    def __mod__(self, other: Any) -> Wire:
        return _operate("mod", self, other)

    def __rmod__(self, other: Any) -> Wire:
        return _operate("mod", other, self)

    def __lshift__(self, other: Any) -> Wire:
        return _operate("lshift", self, other)

    def __rshift__(self, other: Any) -> Wire:
        return _operate("rshift", self, other)

    def __pos__(self) -> Wire:
        return self

    def __invert__(self) -> Wire:
        return _operate("invert", self)

    def __neg__(self) -> Wire:
        return _operate("neg", self)

    def __abs__(self) -> Wire:
        return _operate("abs", self)

    def __getitem__(self, key: Any) -> Wire:
        return _operate("getitem", self, key)

    @property
    def T(self) -> Wire:
        """The transpose: dimensions in reverse order."""
        return _operate("transpose", self)

    def __bool__(self) -> NoReturn:
        self._refuse("if, while, and, or, not", "use select(condition, a, b) so that both branches are drawn")

    def __iter__(self) -> NoReturn:
        self._refuse("for or unpacking", "index it, as in x[0], or use scan")

    def __contains__(self, _: object) -> NoReturn:
        self._refuse("`in`", "compare with cl.equals")

    def __len__(self) -> NoReturn:
        self._refuse("len()", "use x.shape")

    def __float__(self) -> NoReturn:
        self._refuse("float() or math functions", "use catlearn's functions, as in cl.sin(x)")

    def _refuse_number(self) -> NoReturn:
        self._refuse("int(), range() or an index", "write the number itself; sizes are in x.shape")

    __int__ = __index__ = __complex__ = _refuse_number

    def __round__(self, _: Any = None) -> NoReturn:
        self._refuse("round()", "use catlearn's functions, as in cl.sin(x)")

    def __format__(self, form: str) -> str:
        return self._refuse("a formatted number", "print it as it is") if form else repr(self)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        self._refuse("a numpy function", "use catlearn's functions, as in cl.sin(x)")

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        # numpy asks here when an array is on the left of an operator, and for functions such as np.sin.
        name = _UFUNCS.get(function.__name__)
        if name is None or method != "__call__" or options:
            self.__array__()
        return _operate(name, *inputs)

    def __setitem__(self, _: Any, __: Any) -> NoReturn:
        self._refuse("an assignment to its parts", "make a new wire by select, concatenate or stack")

    __delitem__ = __array__

    if not TYPE_CHECKING:  # so that type checkers still tell of what a wire does not have

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("__") or name in self.__slots__:  # Python itself asks, perhaps for a wire half made
                raise AttributeError(name)
            raise NoAttribute(
                f"{self!r} has no {name!r}; functions go around wires, as in cl.sum(x), and sizes are x.shape"
            )

    def __eq__(self, other: object) -> bool:
        return self is other or self._refuse("a comparison", "use cl.step(a - b), which is 1 where a > b")

    __hash__ = object.__hash__

    def __lt__(self, other: Any) -> NoReturn:
        self._refuse("a comparison", "use cl.step(a - b), which is 1 where a > b")

    __gt__ = __le__ = __ge__ = __lt__

    def _refuse(self, what: str, instead: str) -> NoReturn:
        raise ControlFlow(f"{self!r} has no value while the diagram is written: it cannot go in {what}; {instead}")


_UFUNCS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "power": "pow",
    "matmul": "matmul",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "bitwise_xor": "xor",
    "bitwise_and": "and",
    "bitwise_or": "or",
}
"""What numpy calls the operators that an array on their left hands over to it."""


def _operate(name: str, *operands: Any) -> Wire:
    wire = next(w for w in operands if isinstance(w, Wire))
    meaning = OPERATORS.get(wire.ob.kind, {}).get(name)
    if meaning is None:
        raise WireError(f"{wire!r}: no theory gives wires of this kind the operator {name!r}; place a box instead")
    result: Wire = meaning(*operands)
    return result
