"""The guide of a kernel that was given none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.errors import NotSupported
from catlearn.interpreters.bffg.rules.rule import RULES

__all__ = ["DEFAULT_GUIDES", "default_guide"]

DEFAULT_GUIDES: dict[type[Kernel], Callable[[Any], Kernel]] = {}
"""For each kind of kernel, its guide where none was given; those with a rule of their own guide themselves."""


def default_guide(box: Box, truth: Kernel) -> Kernel:
    """The guide of a box that was given none.

    Raises:
        NotSupported: when a kernel of this kind needs one; it names the box.
    """
    for kind in type(truth).__mro__:
        if kind in DEFAULT_GUIDES:
            return DEFAULT_GUIDES[kind](truth)
        if (kind, kind) in RULES:
            return truth
    said = "has no guide and no default; give cl.kernel a guide= through which messages can be pulled back"
    raise NotSupported(f"{box.name}: {type(truth).__name__} {said}")
