"""Where a contraction plan comes from: several searches, of which the best is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catlearn.interpreters.markov.finite.plan import Plan, Scope, plan

__all__ = ["search"]


def search(scopes: Sequence[Scope], sizes: Sequence[int], keep: Scope = (), seconds: float = 0.0) -> Plan:
    """The best plan that is found for these factors; at least two."""
    import cotengrust

    names = {v: chr(200 + v) for v in range(len(sizes))}
    inputs = [[names[v] for v in scope] for scope in scopes]
    options: dict[str, Any] = {"ntrials": 128, "seed": 0, "use_ssa": True}
    dims = {names[v]: float(n) for v, n in enumerate(sizes)}
    out = [names[v] for v in keep]
    try:
        pairs, _ = cotengrust.optimize_random_greedy_track_flops(inputs, out, dims, simplify=True, **options)
    except BaseException:
        pairs, _ = cotengrust.optimize_random_greedy_track_flops(inputs, out, dims, simplify=False, **options)
    return plan(scopes, sizes, [tuple(pair) for pair in pairs], keep)
