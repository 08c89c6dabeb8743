"""Another first contraction tree: cotengrust's greedy search, which multiplies what makes the smallest product.

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import complete, hypergraph
>>> ring = hypergraph([(0, 1), (1, 2), (2, 3), (3, 0)], (2, 3, 5, 7))
>>> complete(random_greedy(ring, seed=0), 4)
True
"""

from __future__ import annotations

from catlearn.interpreters.markov.finite.planner.hypergraph import Hypergraph, Pairs, bits, complete
from catlearn.interpreters.markov.finite.planner.terms import Terms

__all__ = ["random_greedy"]

TRIALS = 16
FIRST = 0x4E00
"""Names are single characters; from here on Unicode has twenty thousand letters on end."""


def random_greedy(graph: Hypergraph, seed: int) -> Pairs | None:
    """The pairs of the best of a few greedy plans; None where cotengrust finds no plan.

    It breaks on factors that stand within others, so these are absorbed first.
    """
    terms = Terms(graph)
    terms.absorb()
    left = sorted(k for k, scope in terms.scopes.items() if scope)
    if len(left) > 1:
        found = _asked([terms.scopes[k] for k in left], graph, seed)
        if found is None:
            return None
        for one, other in found:
            left.append(terms.multiply(left[one], left[other]))
    return terms.finish()


def _asked(scopes: list[int], graph: Hypergraph, seed: int) -> Pairs | None:
    used = sorted({v for scope in scopes for v in bits(scope)})
    name = {v: chr(FIRST + i) for i, v in enumerate(used)}
    names = [[name[v] for v in bits(scope)] for scope in scopes]
    sizes = {name[v]: float(graph.sizes[v]) for v in used}
    out = [name[v] for v in used if graph.keep >> v & 1]
    try:
        from cotengrust import optimize_random_greedy_track_flops as search

        found, _ = search(names, out, sizes, ntrials=TRIALS, seed=seed, simplify=False, use_ssa=True)
        pairs = [(int(one), int(other)) for one, other in found]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of a Rust extension is no Exception; another search takes over
        return None
    return pairs if complete(pairs, len(scopes)) else None
