"""Names of a package that are imported when they are first used, so that importing the package is quick.

>>> find = later("math", {"fractions": "Fraction"}, {})
>>> find("Fraction")
<class 'fractions.Fraction'>
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["later"]


def later(package: str, modules: Mapping[str, str], names: dict[str, Any]) -> Callable[[str], Any]:
    """What a package has as its `__getattr__`.

    Args:
        package: its name.
        modules: for modules, the names in them, with spaces between; a name may be that of a module in it.
        names: the package's own names, `globals()`, where what was found is kept.
    """
    where = {name: module for module, several in modules.items() for name in several.split()}

    def find(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(where[name])
        names[name] = getattr(module, name) if hasattr(module, name) else import_module(f"{where[name]}.{name}")
        return names[name]

    return find
