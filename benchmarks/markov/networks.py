"""Public Bayesian networks, and questions about them for us and for the libraries that know Bayesian networks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import catlearn as cl
from benchmarks.markov.case import Absent, Question
from tests.networks import folder

__all__ = ["inference", "leaves", "ours", "samples", "with_pgmpy", "with_pyagrum", "with_pyagrum_rows"]

Evidence = Mapping[str, str]


@cache
def inference(name: str) -> Any:
    """Our inference in a public network, planned afresh: plans that are on disk are not looked at. Raises `Absent`."""
    from catlearn.diagrams.bridges.bif import read_bif

    path = folder() / f"{name}.bif.gz"
    if not path.is_file():
        raise Absent(f"the network {name} is not there; run: make networks")
    before = os.environ.get("CATLEARN_CACHE")
    with TemporaryDirectory() as scratch:
        os.environ["CATLEARN_CACHE"] = scratch
        try:
            return cl.infer(read_bif(path))
        finally:
            os.environ.pop("CATLEARN_CACHE")
            if before is not None:
                os.environ["CATLEARN_CACHE"] = before


def samples(name: str, count: int, seed: int = 0) -> list[dict[str, str]]:
    """Outcomes of all variables, drawn together."""
    columns = inference(name).sample(count, seed=seed)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def leaves(name: str, count: int = 5) -> list[str]:
    """The last variables that no other depends on."""
    net = inference(name).network
    parents = {v for factor in net.factors for v in factor.scope if v not in factor.made}
    return [variable for v, variable in enumerate(net.variables) if v not in parents][-count:]


def ours(name: str) -> Question:
    """Log-evidence and all marginals."""
    return Question(inference(name).posterior, lambda found: [found[v].probabilities for v in found])


def with_pyagrum(name: str, same_variables: bool, method: str = "LazyPropagation") -> Question:
    """All marginals by a junction tree, which is kept where the same variables are observed again. Raises `Absent`."""
    bn = _pyagrum(name)
    import pyagrum

    engine, numbers = getattr(pyagrum, method)(bn), [bn.idFromName(v) for v in inference(name).variables]

    def ask(evidence: Evidence) -> list[Any]:
        if same_variables and engine.nbrEvidence() == len(evidence):
            for variable, outcome in evidence.items():
                engine.chgEvidence(variable, outcome)
        else:
            engine.setEvidence(evidence)
        engine.makeInference()
        return [engine.posterior(number) for number in numbers]

    return Question(ask, lambda found: [tensor.toarray() for tensor in found])


def with_pyagrum_rows(name: str) -> Question:
    """All marginals for each of several rows, one after another."""
    one = with_pyagrum(name, True)

    def ask(columns: Mapping[str, Sequence[str]]) -> list[Any]:
        return [one.ask(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]

    def read(found: list[Any]) -> list[Any]:
        return [np.stack(each) for each in zip(*map(one.read, found), strict=True)]

    return Question(ask, read)


def with_pgmpy(name: str) -> Question:
    """All marginals by variable elimination, one after another, as its users do. Raises `Absent`."""
    if not find_spec("pgmpy"):
        raise Absent("pgmpy is not installed")
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.inference import VariableElimination
    from pgmpy.models import DiscreteBayesianNetwork

    net = inference(name).network
    model = DiscreteBayesianNetwork()
    model.add_nodes_from(net.variables)
    for factor in net.factors:
        *parents, v = [net.variables[u] for u in factor.scope]
        model.add_edges_from((parent, v) for parent in parents)
        size, names = net.sizes[factor.made[0]], {net.variables[u]: list(net.outcomes[u]) for u in factor.scope}
        sizes = [net.sizes[u] for u in factor.scope[:-1]]
        values = factor.table.reshape(-1, size).T
        model.add_cpds(TabularCPD(v, size, values, parents or None, sizes or None, state_names=names))
    engine = VariableElimination(model)

    def ask(evidence: Evidence) -> list[Any]:
        known = {v: np.eye(net.sizes[net.find(v)])[net.outcomes[net.find(v)].index(o)] for v, o in evidence.items()}
        asked = (v for v in net.variables if v not in known)
        return [*known.items(), *((v, engine.query([v], evidence, show_progress=False)) for v in asked)]

    def read(found: list[Any]) -> list[Any]:
        answers = {v: each if isinstance(each, np.ndarray) else each.values for v, each in found}
        return [answers[v] for v in net.variables]

    return Question(ask, read)


@cache
def _pyagrum(name: str) -> Any:
    """The network as pyagrum has it, with the very numbers that we have."""
    if not find_spec("pyagrum"):
        raise Absent("pyagrum is not installed")
    import pyagrum

    pyagrum.setNumberOfThreads(1)
    net, bn = inference(name).network, pyagrum.BayesNet()
    for variable, outcomes in zip(net.variables, net.outcomes, strict=True):
        bn.add(pyagrum.LabelizedVariable(variable, variable, list(outcomes)))
    for factor in net.factors:
        for parent in factor.scope[:-1]:
            bn.addArc(net.variables[parent], net.variables[factor.scope[-1]])
    for factor in net.factors:
        *parents, last = range(len(factor.scope))  # its axes run backwards, but for the variable itself
        bn.cpt(net.variables[factor.scope[-1]])[:] = np.ascontiguousarray(factor.table.transpose(*parents[::-1], last))
    return bn
