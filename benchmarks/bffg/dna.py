"""The likelihood of an alignment under HKY, after a parameter changed: beside cogent3, which compiles with numba.

Sequences are drawn along a Yule tree from the model itself.

>>> [case.size for case in cases()]
['1,000 leaves, 10,000 sites']
>>> newick(yule(3), np.array([0.0, 0.1, 0.2, 0.3, 0.4]))
'(n1:0.1,(n3:0.3,n4:0.4)n2:0.2);'
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bffg.traits import Ints, yule
from benchmarks.markov.case import Case, Question, Ready
from benchmarks.measure import once
from catlearn.diagrams.bridges.newick import read_newick
from catlearn.diagrams.theories.markov.guided import kernel
from catlearn.diagrams.theories.markov.processes.substitution import DNA, HKY85
from catlearn.interpreters.bffg.sites.sites import sites

__all__ = ["cases", "likelihood", "newick", "sequences"]

FREQUENCIES = [0.24, 0.18, 0.36, 0.22]
KAPPAS = (4.3, 4.6)
"""The ratios of transitions to transversions that are asked for in turn."""
PEER = "cogent3"


def cases() -> Iterator[Case]:
    """One case."""
    yield Case("HKY likelihood", "1,000 leaves, 10,000 sites", partial(likelihood, 1000, 10_000), {PEER: 5.0})


def likelihood(leaves: int, count: int) -> Ready:
    """The log-likelihood at each kappa."""
    random = np.random.default_rng(3)
    parents = yule(leaves, seed=3)
    lengths = random.exponential(0.05, len(parents)) + 0.005
    text, seen = newick(parents, lengths), sequences(parents, lengths, count, random)
    questions, notes = {}, []
    for name, make in {"ours": ours, PEER: cogent3}.items():
        if not find_spec(PEER) and name == PEER:
            notes.append(f"{PEER} is not installed")
            continue
        found: list[Question] = []
        took = once(lambda make=make, found=found: found.append(make(text, seen)))  # type: ignore[misc]
        questions[name] = found[0]
        notes.append(f"{name} made ready in {took:.1f} s")
    return Ready(questions, KAPPAS, note=", ".join(notes))


def newick(parents: Ints, lengths: NDArray[np.float64]) -> str:
    """The tree as text; nodes are called n1, n2, ..., and the root has no name."""
    inside: list[list[str]] = [[] for _ in parents]
    for k in range(len(parents) - 1, 0, -1):
        inside[parents[k]].insert(0, f"{_subtree(inside[k], k)}:{float(lengths[k])!r}")
    return f"({','.join(inside[0])});"


def _subtree(inside: Sequence[str], k: int) -> str:
    return f"({','.join(inside)})n{k}" if inside else f"n{k}"


def sequences(parents: Ints, lengths: NDArray[np.float64], count: int, random: Any) -> dict[str, str]:
    """The letters at the leaves."""
    tables = HKY85(4.0, FREQUENCIES).transition(lengths).cumsum(axis=1)
    states = np.empty((len(parents), count), np.int8)
    states[0] = random.choice(4, count, p=FREQUENCIES)
    for k in range(1, len(parents)):
        steps = tables[:, :3, k][states[parents[k]]]
        states[k] = (random.random(count)[:, None] > steps).sum(axis=1)
    leaves = np.setdiff1d(np.arange(len(parents)), parents[1:])
    letters = np.frombuffer(b"TCAG", np.uint8)
    return {f"n{k}": letters[states[k]].tobytes().decode() for k in leaves.tolist()}


def ours(text: str, seen: dict[str, str]) -> Question:
    """Ours."""
    drift = kernel("drift", DNA, DNA, forward=lambda kappa: HKY85(kappa, FREQUENCIES))
    tree = read_newick(text, drift, root=HKY85(1.0, FREQUENCIES).stationary("root"))
    found = sites(tree, seen)
    return Question(lambda kappa: found.log_evidence({"kappa": kappa}), lambda value: [value])


def cogent3(text: str, seen: dict[str, str]) -> Question:
    """Theirs."""
    import cogent3

    function = cogent3.get_model("HKY85").make_likelihood_function(cogent3.make_tree(text))
    function.set_alignment(cogent3.make_aligned_seqs(seen, moltype="dna"))
    function.set_motif_probs(dict(zip("TCAG", FREQUENCIES, strict=True)))

    def ask(kappa: float) -> float:
        function.set_param_rule("kappa", init=kappa)
        return float(function.lnL)

    return Question(ask, lambda value: [value])
