"""`catlearn circuit` writes and proves circuits, and says in one line what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catlearn.commandline import main

MODELS = """
from catlearn import Bits, Real, diagram

@diagram
def full_adder(a: Bits(1), b: Bits(1), c: Bits(1)):
    s = a ^ b
    return s ^ c, (a & b) ^ (s & c)

@diagram
def other(c: Bits(1), a: Bits(1), b: Bits(1)):
    return a ^ b ^ c, a & b | a & c | b & c

@diagram
def wrong(a: Bits(1), b: Bits(1), c: Bits(1)):
    return a ^ b ^ c, a & b | a & c

@diagram
def square(x: Bits(2)):
    return x & x

@diagram
def smooth(x: Real(2)):
    return x * x
"""


@pytest.fixture
def files(workdir: Path) -> Path:
    Path("m.py").write_text(MODELS)
    return workdir


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(["circuit", *arguments])
    return code, *capsys.readouterr()


def test_it_says_how_large_a_circuit_is(files, capsys) -> None:
    code, out, err = run(capsys, "m.py:full_adder")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "full_adder: a, b, c -> y0, y1",
        "5 gates, depth 3; safe: the formal derivative is the difference",
    ]
    assert "not safe" in run(capsys, "m.py:square")[1]
    facts = json.loads(run(capsys, "m.py:square", "--json")[1])
    assert facts == {"name": "square", "inputs": {"x": 2}, "outputs": {"y": 2}, "gates": 0, "depth": 0, "safe": False}


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("--verilog", "module full_adder(a, b, c, y0, y1);"),
        ("--blif", ".model full_adder"),
        ("--aiger", "aag 14 3 0 2 11"),
        ("--dimacs", "c full_adder"),
        ("--table", "a b c | y0 y1"),
        ("--anf", "y0 = a ^ b ^ c"),
    ],
)
def test_it_writes_what_other_tools_read(files, capsys, form: str, start: str) -> None:
    code, out, err = run(capsys, "m.py:full_adder", form)
    assert (code, err, out.splitlines()[0]) == (0, "", start)
    assert not out.endswith("\n\n")
    assert run(capsys, "m.py:full_adder", form, "-o", "out.file") == (0, "", "")
    assert Path("out.file").read_text().splitlines()[0] == start


@pytest.mark.parametrize(("form", "file"), [("--blif", "a.blif"), ("--aiger", "a.aig"), ("--aiger", "a.aag")])
def test_files_are_read_again_and_proved(files, capsys, form: str, file: str) -> None:
    assert run(capsys, "m.py:full_adder", form, "-o", file)[0] == 0
    assert run(capsys, file, "m.py:other", "--equal") == (0, "equal\n", "")
    code, out, _ = run(capsys, file, "m.py:wrong", "--equal")
    assert (code, out.splitlines()[0]) == (1, "not equal: at a = 0, b = 1, c = 1")
    found = json.loads(run(capsys, file, "m.py:wrong", "--equal", "--json")[1])
    assert found["inputs"] == {"a": 0, "b": 1, "c": 1}
    assert found["left"] == {"y0": 0, "y1": 1}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["m.py:full_adder", "--blif", "--verilog"], "--verilog and --blif: ask for one at a time"),
        (["m.py:full_adder", "--equal"], "name both and ask for it"),
        (["m.py:full_adder", "m.py:other"], "name both and ask for it"),
        (["m.py:full_adder", "-o", "x.v"], "say as what to write the circuit"),
        (["m.py:full_adder", "--blif", "-o", "m.py"], "m.py is there already"),
        (["m.py:smooth"], "circuit's wires are Bits"),
        (["m.py:square", "m.py:full_adder", "--equal"], "has an input x and full_adder has none"),
        (["none.blif"], "none.blif"),
        (["cut.aag"], "cut short"),
    ],
)
def test_bad_input_is_said_in_one_line(files, capsys, arguments: list[str], says: str) -> None:
    Path("cut.aag").write_text("aag 3 2 0 1 1\n2\n")
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
