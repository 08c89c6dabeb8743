"""The diagram of an epidemic on a graph of who meets whom.

>>> town = {"ann": ["bob"], "bob": ["ann", "cid"], "cid": ["bob"]}
>>> spread = epidemic(town, 2, infection=0.3, recovery=0.1, initial={"ann": "I"}, tests=[("cid", 2)])
>>> spread.cod == POSITIVE @ SIR**3
True
>>> from catlearn.diagrams.theories.markov.variables import variables
>>> variables(spread)[3:]
('ann@1', 'bob@1', 'cid@1', 'ann@2', 'bob@2', 'cid@2', 'test:cid@2')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.guided import Guided, Spec
from catlearn.diagrams.theories.markov.kernel import place_kernel
from catlearn.diagrams.theories.markov.processes.interacting import SIR, Interacting, sir_step
from catlearn.diagrams.theories.markov.table import Table, state
from catlearn.diagrams.types import Finite, Ty
from catlearn.diagrams.wiring import Graph, graph
from catlearn.errors import InputMismatch, NotNormalized, ShapeMismatch, TypeMismatch, UnknownOutcome, nearest, short

__all__ = ["POSITIVE", "contacts", "epidemic"]

POSITIVE = Finite("negative", "positive")
"""The result of a test."""


def epidemic(
    network: Any,
    steps: int,
    infection: float | str,
    recovery: float | str,
    initial: Any = "S",
    *,
    outside: float = 0.0,
    guide: Spec | None = None,
    tests: Iterable[tuple[Any, int]] = (),
    sensitivity: float = 0.9,
    specificity: float = 0.99,
) -> Graph:
    """The diagram of people who infect their neighbours: see `sir_step`.

    Args:
        network: a networkx graph; or `{person: neighbours}`; or a matrix with ones where two people meet, whose rows
            are then called `person0`, `person1`, ...
        steps: how many steps there are, from 1 up.
        infection, recovery: probabilities; or the names of parameters that are.
        initial: how people are at first: an outcome, a list of three probabilities, or either for some people by name;
            the others are susceptible.
        outside: see `sir_step`.
        guide: see `Frozen`, which is the default, and `OnOwn`.
        tests: who was tested when, as `(person, step)`.
        sensitivity: the probability that the test of an infectious person is positive.
        specificity: the probability that the test of anybody else is negative.

    Returns:
        A diagram without inputs. Its outputs are the tests in order, and all people at the last step. Wires are called
        `person@step`, from step 0, and `test:person@step`.

    Raises:
        TypeMismatch, InputMismatch: for a network or tests that are none, or name people that there are not.
        NotNormalized, UnknownOutcome: for numbers that are no probabilities, or states that are none.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InputMismatch(f"epidemic: steps is a number from 1 up, not {short(steps)}")
    near = contacts(network)
    people = {name: k for k, name in enumerate(near)}
    move = Guided(_step(infection, recovery, max(map(len, near.values())), outside), guide)
    results = _tests(tests, people, steps)
    test = Table(_test(sensitivity, specificity))
    made: list[tuple[Box, list[int]]] = [(_start(name, initial, people), []) for name in near]
    found: dict[tuple[str, int], int] = {}
    now = list(range(len(near)))
    for t in range(steps + 1):
        if t:
            reads = [[now[k], *(now[people[other]] for other in near[name])] for name, k in people.items()]
            first = len(made)
            made += [(_box(f"{name}@{t}", len(near[name]), move, t), at) for name, at in zip(near, reads, strict=True)]
            now = list(range(first, len(made)))
        for name in results.get(t, ()):
            found[name, t] = len(made)
            made.append((place_kernel(f"test:{name}@{t}", SIR, POSITIVE, test), [now[people[name]]]))
    return graph(Ty(), made, [*found.values(), *now], "epidemic")


def contacts(network: Any) -> dict[str, tuple[str, ...]]:
    """For each person, by name, the different others that they meet.

    >>> contacts([[0, 1], [1, 0]])
    {'person0': ('person1',), 'person1': ('person0',)}

    Raises:
        TypeMismatch: for what is no network.
        InputMismatch: for an empty one, or neighbours that there are not.
    """
    if hasattr(network, "nodes") and hasattr(network, "adj"):
        lists = {_called(a): [_called(b) for b in network.adj[a]] for a in network.nodes}
    elif isinstance(network, Mapping):
        lists = {_called(a): [_called(b) for b in others] for a, others in network.items()}
    else:
        lists = _rows(network)
    if not lists:
        raise InputMismatch("epidemic: there is nobody in the network")
    for name, others in lists.items():
        for other in others:
            if other not in lists:
                raise InputMismatch(
                    f"epidemic: {name} meets {other!r}, who is not in the network{nearest(other, lists)}"
                )
    return {name: tuple(dict.fromkeys(other for other in others if other != name)) for name, others in lists.items()}


def _called(person: Any) -> str:
    return f"person{person}" if isinstance(person, int | np.integer) else str(person)


def _rows(network: Any) -> dict[str, list[str]]:
    try:
        matrix = np.asarray(network, np.float64)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        said = "a networkx graph, {person: neighbours} or a square matrix"
        raise TypeMismatch(f"epidemic: the network is {said}, not {short(network)}")
    return {_called(k): [_called(j) for j in np.flatnonzero(row)] for k, row in enumerate(matrix)}


def _step(infection: float | str, recovery: float | str, most: int, outside: float) -> Spec:
    """The kernel; or a function of those that are names."""
    given = (infection, recovery)
    if not any(isinstance(value, str) for value in given):
        return sir_step(infection, recovery, most, outside)  # type: ignore[arg-type]

    def step(**named: float) -> Interacting:
        p, q = (named[value] if isinstance(value, str) else value for value in given)
        return sir_step(p, q, most, outside)

    names = dict.fromkeys(value for value in given if isinstance(value, str))
    step.__signature__ = Signature([Parameter(name, Parameter.KEYWORD_ONLY) for name in names])  # type: ignore[attr-defined]
    return step


def _box(name: str, neighbours: int, move: Guided, t: int) -> Box:
    dom = SIR ** (1 + neighbours)
    return place_kernel(name, dom, SIR, move) if t == 1 else Box(name, dom, SIR, (move,))


def _start(name: str, initial: Any, people: Mapping[str, int]) -> Box:
    if isinstance(initial, Mapping):
        for other in initial:
            if _called(other) not in people:
                raise InputMismatch(f"epidemic: initial: there is no {other!r}{nearest(other, people)}")
        initial = {_called(other): value for other, value in initial.items()}.get(name, "S")
    names: Any = SIR.obs[0].sizes
    if isinstance(initial, str):
        if initial not in names:
            raise UnknownOutcome(f"epidemic: {name} cannot be {initial!r} at first{nearest(initial, names)}")
        initial = [float(initial == outcome) for outcome in names]
    try:
        return state(f"{name}@0", SIR, initial)
    except (ShapeMismatch, TypeMismatch):
        said = "an outcome such as 'S' or three probabilities"
        raise InputMismatch(f"epidemic: at first {name} is {said}, not {short(initial)}") from None


def _tests(tests: Any, people: Mapping[str, int], steps: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for each in tests:
        if not isinstance(each, tuple | list) or len(each) != 2:
            raise InputMismatch(f"epidemic: a test is a pair (person, step), not {short(each)}")
        name, t = _called(each[0]), each[1]
        if name not in people:
            raise InputMismatch(f"epidemic: tests: there is no {name!r}{nearest(name, people)}")
        if isinstance(t, bool) or not isinstance(t, int | np.integer) or not 0 <= t <= steps:
            raise InputMismatch(f"epidemic: {name} was tested at a step from 0 to {steps}, not {short(t)}")
        found.setdefault(int(t), []).append(name)
    return found


def _test(sensitivity: float, specificity: float) -> list[list[float]]:
    for name, p in (("sensitivity", sensitivity), ("specificity", specificity)):
        if isinstance(p, bool) or not isinstance(p, int | float) or not 0.0 <= p <= 1.0:
            raise NotNormalized(f"epidemic: {name} is a probability, from 0 to 1, not {short(p)}")
    return [[specificity, 1 - specificity], [1 - sensitivity, sensitivity], [specificity, 1 - specificity]]
