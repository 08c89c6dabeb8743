"""Whether messages about several wires are kept exact, or replaced by products.

Exact ones are kept up to a size, unless a user decides otherwise.
"""

from __future__ import annotations

from catlearn.diagrams.wiring import Wiring
from catlearn.errors import NotSupported
from catlearn.interpreters.bffg.joint.joined import Joined, alone, joined
from catlearn.interpreters.bffg.joint.scopes import scopes
from catlearn.interpreters.bffg.resolve import Resolved
from catlearn.interpreters.bffg.rules.finite import FiniteRule
from catlearn.interpreters.bffg.rules.gaussian import GaussianRule

__all__ = ["arranged"]

MOST = {"Finite": 2**16, "Real": 64}
"""Up to so many entries of a table, or so many numbers, messages are kept together."""
LIMIT = {"Finite": 2**24, "Real": 2048}
"""The same where a user asks for all of them."""
KINDS = {FiniteRule: "Finite", GaussianRule: "Real"}


def arranged(wiring: Wiring, resolved: Resolved, joint: bool | None) -> Joined:
    """The diagram as it will be read.

    Args:
        joint: whether messages about several wires are kept together: True for all, False for none, None for those
            that are small.

    Raises:
        NotSupported: with True, where a box's message cannot be kept so; it names the box.
    """
    if all(len(box.dom) < 2 for box in wiring.boxes):
        return alone(wiring)
    kinds = [KINDS.get(resolved.rules[pair], "") for pair in resolved.skeleton.pair.tolist()]
    found = joined(wiring, scopes(wiring, kinds, {} if joint is False else LIMIT if joint else MOST))
    if joint and found.projected:
        name = resolved.skeleton.names[found.projected[0]]
        said = "is about several wires and too large, or of mixed kinds, to be kept exact; leave out joint=True"
        raise NotSupported(f"{name}: the message at its inputs {said}")
    return found
