"""What our objects and boxes are called in DisCoPy, and back: a sized object goes by its repr, as in `Real(10, 784)`.

>>> from catlearn import Finite, Real
>>> [object_name(ob) for ob in (Real(10, "n") @ Finite("no", "yes")).obs], object_name(Ob("X"))
(['Real(10, "n")', 'Finite("no", "yes")'], 'X')
>>> object_named("Real(10, 'n')") == Real(10, "n").obs[0]
True
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.types import MAKERS as TYPES
from catlearn.diagrams.types import Ob, Ty
from catlearn.errors import CatlearnError, NotSupported

__all__ = ["DAGGER", "box_data", "object_name", "object_named", "original"]

DAGGER = "[::-1]"
"""What DisCoPy, and so we, write behind the name of a box that is turned round."""

MAKERS: dict[str, Any] = {**TYPES, "Ob": lambda *parts: Ty.of((Ob(*parts),))}
CALL = re.compile(rf"({'|'.join(TYPES)}|Ob)\((.*)\)", re.DOTALL)


@lru_cache(maxsize=4096)
def object_named(name: str) -> Ob:
    """The object that a name stands for: a sized one if it reads as such, else an uninterpreted one."""
    call = CALL.fullmatch(name)
    if call is None:
        return Ob(name)
    try:
        arguments = ast.literal_eval(f"({call[2]},)") if call[2].strip() else ()
        made: Ty = MAKERS[call[1]](*arguments)
        hash(made)
    except (CatlearnError, SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return Ob(name)
    return made.obs[0]


@lru_cache(maxsize=4096)
def object_name(ob: Ob) -> str:
    """The name of an object, such that `object_named` gives the object back."""
    for name in (repr(Ty.of((ob,))) if ob.kind in MAKERS else ob.kind, repr(ob)):
        if object_named(name) == ob:
            return name
    raise NotSupported(
        f"object {ob!r}: DisCoPy knows it by a name, and this one has none; use integers and names as sizes"
    )


def box_data(box: Box) -> Any:
    """What DisCoPy's box carries: our data, or our whole box where that would not be enough to make it again."""
    if box.inside is not None or box.data is None or isinstance(box.data, Box):
        return box
    return None if type(box.data) is tuple and not box.data else box.data


def original(name: str, dom: Ty, cod: Ty, data: Any) -> Box:
    """The box that `box_data` gave these data for; one that was renamed or turned round since has only its data."""
    if isinstance(data, Box):
        if (data.name, data.dom, data.cod) == (name, dom, cod):
            return data
        data = data.data
    return Box(name, dom, cod, () if data is None else data)
