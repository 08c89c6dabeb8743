"""What scikit-learn asks of every estimator, without inheriting from it: its settings by name, and how it is shown.

>>> class Scaler(Parameters):
...     def __init__(self, by=2):
...         self.by = by
>>> Scaler(3).get_params(), Scaler().set_params(by=5), Scaler()
({'by': 3}, Scaler(by=5), Scaler())
"""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any, Self

from catlearn.errors import InputMismatch, nearest

__all__ = ["Parameters"]


class Parameters:
    """The settings are the arguments of `__init__`, kept as they were given, under the same names."""

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        found = list(signature(cls.__init__).parameters.values())[1:]
        return {p.name: None if p.default is Parameter.empty else p.default for p in found}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings by name; with `deep`, also those of settings that have settings, as `encoding__levels`."""
        found = {name: getattr(self, name) for name in self._defaults()}
        nested = [(name, value) for name, value in found.items() if deep and isinstance(value, Parameters)]
        return found | {f"{name}__{key}": inner for name, value in nested for key, inner in value.get_params().items()}

    def set_params(self, **settings: Any) -> Self:
        """Change some settings; gives the estimator itself. Raises `InputMismatch` for a name that is none."""
        known = self.get_params()
        for name in settings:
            if name not in known:
                raise InputMismatch(f"{type(self).__name__} has no setting {name!r}{nearest(name, known)}")
        # Settings before those inside them, so that `encoding=..., encoding__levels=...` is what it says.
        for name, value in sorted(settings.items(), key=lambda item: "__" in item[0]):
            outer, _, inner = name.partition("__")
            if inner:
                getattr(self, outer).set_params(**{inner: value})
            else:
                setattr(self, outer, value)
        return self

    def __repr__(self) -> str:
        changed = [
            f"{name}={getattr(self, name)!r}"
            for name, default in self._defaults().items()
            if repr(getattr(self, name)) != repr(default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"
