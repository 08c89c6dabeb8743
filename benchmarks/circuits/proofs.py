"""How quickly are two adders of 32 bits proved equal, and one with a mistake found out? Beside ABC, cadical and dd."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from shutil import which
from tempfile import TemporaryDirectory

from benchmarks.circuits.adders import majority, mistaken, ripple
from benchmarks.circuits.clauses import blif, miter
from benchmarks.circuits.row import question
from benchmarks.markov.case import Case, Question, Ready
from benchmarks.markov.rows import InferenceRow, measure
from catlearn import Diagram
from catlearn.interpreters.circuits import Netlist, netlist, prove_equal

__all__ = ["PROVERS", "rows"]

LIMIT = {"run": 0.02}
ABC = "ABC's cec, a process"

Prover = Callable[[Netlist, Netlist], bool]


def rows(rounds: int = 9, width: int = 32) -> Iterator[InferenceRow]:
    """A row for the equal pair, and one for the pair that is not. Raises `ArithmeticError` where somebody is wrong."""
    one = ripple(width)
    for name, other, equal in (
        ("two adders proved equal", majority(width), True),
        ("a mistake found", mistaken(width), False),
    ):
        row = measure(Case(name, f"{width} bits", partial(ready, one, other, equal), limits=LIMIT), rounds)
        yield replace(row, peers={**row.peers, **with_abc(netlist(one), netlist(other), equal, rounds)})


def ready(one: Diagram, other: Diagram, equal: bool) -> Ready:
    """The question, for us and for each prover that is installed.

    Raises:
        ArithmeticError: where we do not give the answer that is right.
    """
    pair = netlist(one), netlist(other)
    if said(one, other) != equal:
        raise ArithmeticError(f"our prover says that {one.name} and {other.name} are {'not ' * equal}equal")
    asked: dict[str, Question] = {"ours": question(lambda: said(one, other), truth)}
    for name, (module, prove) in PROVERS.items():
        if find_spec(module):
            asked[name] = question(partial(prove, *pair), truth)
    return Ready(asked, [None], 0.0, note="the circuits are read once")


def said(one: Diagram, other: Diagram) -> bool:
    """What our prover says: whether they are equal."""
    return bool(prove_equal(one, other))


def truth(answer: bool) -> list[int]:
    """An answer as a number."""
    return [int(answer)]


def with_cadical(one: Netlist, other: Netlist) -> bool:
    """Whether clauses that say that they differ have no solution."""
    from pysat.solvers import Solver

    with Solver("cadical153", bootstrap_with=miter(one, other)) as solver:
        return not solver.solve()


def with_dd(one: Netlist, other: Netlist) -> bool:
    """Whether their decision diagrams are the same, the bits of both words in turn."""
    from dd.autoref import BDD

    manager = BDD()
    half = one.entering // 2
    order = [k for pair in zip(range(half), range(half, 2 * half), strict=True) for k in pair]
    manager.declare(*(f"x{k}" for k in order))

    def roots(circuit: Netlist) -> list[object]:
        found = [manager.false, *(manager.var(f"x{k}") for k in range(circuit.entering))]

        def literal(k: int) -> object:
            return ~found[k >> 1] if k & 1 else found[k >> 1]

        for _, exclusive, a, b in circuit.gates():
            found.append(manager.apply("xor" if exclusive else "and", literal(a), literal(b)))
        return [literal(k) for k in circuit.roots.tolist()]

    return roots(one) == roots(other)


PROVERS: dict[str, tuple[str, Prover]] = {
    "cadical, clauses by hand": ("pysat", with_cadical),
    "dd": ("dd", with_dd),
}


def with_abc(one: Netlist, other: Netlist, equal: bool, rounds: int) -> dict[str, float]:
    """The least seconds of processor time that a process of ABC takes, where that is installed, and says the same."""
    program = which("berkeley-abc") or which("abc")
    if program is None:
        return {}
    with TemporaryDirectory() as folder:
        files = [Path(folder, f"{name}.blif") for name in "ab"]
        for file, circuit in zip(files, (one, other), strict=True):
            file.write_text(blif(circuit))
        command = [program, "-c", f"cec {files[0]} {files[1]}"]
        return {ABC: min(_process(command, equal) for _ in range(rounds))}


def _process(command: list[str], equal: bool) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = getrusage(RUSAGE_CHILDREN)
    if ("Networks are equivalent" in said) != equal:
        raise ArithmeticError(f"ABC says: {said}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
