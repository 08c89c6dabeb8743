"""The front door: write a diagram as a Python function on wires.

Using a variable twice copies its wire, not using it discards it.

>>> from catlearn import Box, Ty, copy, diagram
>>> X, Y = Ty("X"), Ty("Y")
>>> f, g = Box("f", X, Y), Box("g", Y @ Y, X)
>>> @diagram
... def d(x: X) -> X:
...     y = f(x)
...     return g(y, y)
>>> d == f >> copy(Y) >> g
True
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, overload

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.types import Ty, as_ty
from catlearn.diagrams.wire import Tracer, Wire
from catlearn.diagrams.wiring import Graph, flatten, names
from catlearn.errors import CatlearnError, TypeMismatch, WireError, short

__all__ = ["diagram", "place", "trace"]

_CURRENT: ContextVar[Tracer | None] = ContextVar("tracer", default=None)


def place(
    d: Diagram, wires: Sequence[Any], unfold: bool = False, named: Mapping[str, Any] = MappingProxyType({})
) -> Any:
    """Put a diagram on wires of the diagram being written; gives one wire, or a tuple where there are more or none.

    A box is placed as it is, a named diagram as one folded box, any other diagram box by box. The last inputs may be
    given by their names.

    Raises:
        WireError: outside a `@diagram` function, or with wires of another one.
        TypeMismatch: where a wire's type is not what the port reads, or a name is none of the inputs'.
    """
    name = getattr(d, "name", "") or "diagram"
    tracer = _CURRENT.get()
    if tracer is None:
        raise WireError(f"{name}: boxes go on wires in a @diagram function; to run it on arrays, catlearn.compile it")
    if named:
        wires = (*wires, *_by_name(name, names(d)[len(wires) :], named))
    for wire in wires:
        if not isinstance(wire, Wire):
            raise WireError(f"{name}: boxes go on wires, not on {short(wire)}; a fixed value is cl.constant(value)")
    if len(wires) != len(d.dom):
        raise TypeMismatch(f"{name} reads {len(d.dom)} wires ({d.dom}), got {len(wires)}")
    for port, (wire, ob) in enumerate(zip(wires, d.dom.obs, strict=True)):
        if wire.tracer is not tracer:
            raise WireError(f"{name}: {wire!r} on port {port} belongs to another diagram; pass it in as an input")
        if wire.ob is not ob and wire.ob != ob:
            raise TypeMismatch(f"{name}: port {port} reads {ob} but the wire carries {wire.ob}")
    reads = [w.index for w in wires]
    out = _put(tracer, d, reads, unfold)
    made = tuple(Wire(tracer, i) for i in out)
    return made[0] if len(made) == 1 else made


def _by_name(name: str, inputs: Sequence[str], named: Mapping[str, Any]) -> list[Any]:
    if wrong := [key for key in (*named, *inputs) if key not in named or key not in inputs]:
        what = f"{wrong[0]!r} is not given" if wrong[0] in inputs else f"there is no input {wrong[0]!r} to give"
        raise TypeMismatch(f"{name}: {what}; the inputs left are {', '.join(inputs) or 'none'}")
    return [named[key] for key in inputs]


def _put(tracer: Tracer, d: Diagram, reads: list[int], unfold: bool) -> Sequence[int]:
    if isinstance(d, Box) and not (unfold and d.inside):
        return tracer.add(d, reads)
    inside = d.inside if isinstance(d, Box) and d.inside else d
    if isinstance(inside, Graph) and inside.name and not unfold:
        return tracer.add(Box(inside.name, d.dom, d.cod, (), inside), reads)
    return tracer.inline(flatten(inside), reads)


def trace(function: Callable[..., Any], dom: Ty, name: str = "", names: Sequence[str] = ()) -> Graph:
    """Run a function on wires of these types and keep what it draws.

    >>> from catlearn import Real
    >>> trace(lambda x, y: (y, x), Real(2) @ Real(3)).cod
    Real(3) @ Real(2)
    """
    tracer = Tracer(dom, name or getattr(function, "__name__", "diagram"))
    token = _CURRENT.set(tracer)
    try:
        result = function(*(Wire(tracer, i) for i in range(len(dom))))
    finally:
        _CURRENT.reset(token)
    return Graph(tracer.finish(_indices(tracer, result)), name, names)


def _indices(tracer: Tracer, result: Any) -> list[int]:
    wires = () if result is None else result if isinstance(result, tuple | list) else (result,)
    for wire in wires:
        if not isinstance(wire, Wire):
            raise WireError(
                f"{tracer.name}: returns {short(wire)}, not a wire; return the wires that leave the diagram, "
                "a number as cl.constant(number)"
            )
        if wire.tracer is not tracer:
            raise WireError(f"{tracer.name}: returns {wire!r}, which belongs to another diagram")
    return [wire.index for wire in wires]


@overload
def diagram(function: Callable[..., Any], /) -> Graph: ...


@overload
def diagram(**types: Ty) -> Callable[[Callable[..., Any]], Graph]: ...


def diagram(function: Callable[..., Any] | None = None, /, **types: Ty) -> Any:
    """Turn a function on wires into a diagram, with types as annotations or as keywords.

    The keyword spelling is for users of type checkers, which do not accept calls in annotations.

    >>> from catlearn import Real, Wire
    >>> @diagram
    ... def double(x: Real(3)) -> Real(3):
    ...     return x + x
    >>> @diagram(x=Real(3))
    ... def twice(x: Wire) -> Wire:
    ...     return x + x
    >>> double == twice
    True

    Raises:
        TypeMismatch: when an input has no type, or the result differs from the return annotation.
        WireError: when what is given is not a function of single wires, or does not return wires.
    """
    if function is None:
        return lambda f: _draw(f, types)
    return _draw(function, None)


def _draw(function: Callable[..., Any], types: Mapping[str, Ty] | None) -> Graph:
    name = getattr(function, "__name__", type(function).__name__)
    inputs = _inputs(function, name)
    hints = _annotations(function, name) if types is None else types
    unknown = [key for key in hints if key not in inputs and key != "return"]
    missing = [key for key in inputs if key not in hints]
    if missing or unknown:
        what = f"input {missing[0]!r} has no type" if missing else f"there is no input {unknown[0]!r} to give a type to"
        raise TypeMismatch(f"{name}: {what}; annotate it, as in x: Real(3), or write @diagram(x=Real(3))")
    types = {key: _read(hint, f"{name}: {key!r}") for key, hint in hints.items()}
    for key in inputs:
        if len(types[key]) != 1:
            raise TypeMismatch(f"{name}: input {key!r} must be one wire, not {types[key]!r}; give each wire a name")
    graph = trace(function, as_ty(tuple(types[key] for key in inputs)), name, inputs)
    if types.get("return", graph.cod) != graph.cod:
        raise TypeMismatch(f"{name}: declared to give {types['return']!r} but gives {graph.cod!r}")
    return graph


def _inputs(function: Callable[..., Any], name: str) -> list[str]:
    """The names of a function's inputs, each of which is one wire."""
    if not callable(function) or isinstance(function, Diagram | type):
        raise WireError(
            f"diagram: expected a function on wires, not {short(function)}; types go by name, as in x=Real()"
        )
    for test, kind in _KINDS:
        if test(function):
            raise WireError(f"{name}: {kind} cannot be drawn; write a plain function that returns its wires")
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        raise WireError(f"{name}: it does not say what its inputs are; write a function with named inputs") from None
    for p in parameters:
        if p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            raise WireError(f"{name}: {str(p).split(':')[0]!r} is not a single wire; give each input its own name")
        if p.default is not p.empty:
            raise WireError(f"{name}: input {p.name!r} has a default, but wires have no values; use the variable")
    return [p.name for p in parameters]


_KINDS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (inspect.isgeneratorfunction, "a generator"),
    (inspect.iscoroutinefunction, "an async function"),
    (inspect.isasyncgenfunction, "an async generator"),
)


def _annotations(function: Callable[..., Any], name: str) -> Mapping[str, Any]:
    """The annotations, read where they are text."""
    here = inspect.getclosurevars(function).nonlocals if inspect.isfunction(function) else {}
    try:
        return inspect.get_annotations(function, locals=dict(here), eval_str=True)
    except CatlearnError:
        raise
    except Exception as error:
        raise TypeMismatch(f"{name}: cannot read its annotations ({error}); write @diagram(x=Real(3))") from error


def _read(hint: object, where: str) -> Ty:
    try:
        return as_ty(hint)
    except TypeMismatch as error:
        raise TypeMismatch(f"{where}: {error}") from None
