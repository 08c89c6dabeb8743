"""Files of other tools: what is written is read back as the same function; damaged files are named by their line."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Bits, circuits
from catlearn.errors import FileProblem, InputMismatch, NotSupported, TooLarge
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import Netlist, Port
from tests.circuits import strategies
from tests.circuits.strategies import every_row, one_by_one, quick

WRITERS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "blif": (circuits.to_blif, circuits.read_blif),
    "aag": (circuits.to_aiger, circuits.read_aiger),
    "aig": (circuits.to_aiger, circuits.read_aiger),
    "pla": (circuits.to_pla, circuits.read_pla),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("formats")


@pytest.mark.parametrize("kind", WRITERS)
@quick
@given(circuit=strategies.circuits(inputs=6))
def test_what_is_written_is_read_back(kind: str, circuit: Netlist, folder: Path) -> None:
    write, read = WRITERS[kind]
    file = folder / f"drawn.{kind}"
    write(circuit, file, overwrite=True)
    back = circuits.netlist(read(file))
    rows = every_row(circuit.entering)
    assert (back.inputs, back.outputs) == (circuit.inputs, circuit.outputs)
    assert (one_by_one(back, rows) == one_by_one(circuit, rows)).all()


@quick
@given(strategies.circuits(inputs=5), st.data())
def test_a_solver_reads_the_clauses_as_the_circuit(circuit: Netlist, data: st.DataObject) -> None:
    from pysat.formula import CNF
    from pysat.solvers import Solver

    text = circuits.to_dimacs(circuit)
    inputs = {name: int(k) for name, k in re.findall(r"^c input (\S+) is (-?\d+)$", text, re.MULTILINE)}
    outputs = {name: int(k) for name, k in re.findall(r"^c output (\S+) is (-?\d+)$", text, re.MULTILINE)}
    row = data.draw(st.sampled_from(every_row(circuit.entering).tolist()))
    chosen = [v if bit else -v for v, bit in zip(inputs.values(), row, strict=True)]
    with Solver("cadical153", bootstrap_with=CNF(from_string=text)) as solver:
        assert solver.solve(assumptions=chosen)
        model = set(solver.get_model())
    assert [v in model for v in outputs.values()] == one_by_one(circuit, np.array([row]))[0].tolist()
    asserted = CNF(from_string=circuits.to_dimacs(circuit, assert_output=circuit.output_bits[0]))
    with Solver("cadical153", bootstrap_with=asserted) as solver:
        assert solver.solve() == one_by_one(circuit, every_row(circuit.entering))[:, 0].any()


@quick
@given(strategies.circuits(inputs=6))
def test_verilog_says_the_same(circuit: Netlist) -> None:
    rows = every_row(circuit.entering)
    value: dict[str, Any] = {"1'b0": rows[:, 0] & False, "1'b1": rows[:, 0] | True}
    value |= {bit: rows[:, k] for k, bit in enumerate(circuit.input_bits)}
    for name, formula in re.findall(r"^  assign (\S+) = (.*);$", circuits.to_verilog(circuit), re.MULTILINE):
        terms = [~value[t[1:]] if t[0] == "~" else value[t] for t in re.split(" [&^] ", formula)]
        value[name] = terms[0] if len(terms) == 1 else terms[0] & terms[1] if "&" in formula else terms[0] ^ terms[1]
    expected = one_by_one(circuit, rows)
    assert all((value[bit] == expected[:, k]).all() for k, bit in enumerate(circuit.output_bits))


@quick
@given(strategies.circuits(inputs=4))
def test_a_truth_table_is_a_table(circuit: Netlist) -> None:
    head, *lines = circuits.to_truth_table(circuit).splitlines()
    assert head.split() == [*circuit.input_bits, "|", *circuit.output_bits]
    rows = every_row(circuit.entering)
    expected = np.concatenate([rows, one_by_one(circuit, rows)], axis=1).astype(int).tolist()
    assert [[int(x) for x in line.replace("|", " ").split()] for line in lines] == expected
    assert len({len(line) for line in [head, *lines]}) == 1


def adder(width: int = 4) -> cl.Diagram:
    def add(a: cl.Wire, b: cl.Wire) -> cl.Wire:
        return circuits.plus(a, b)

    return cl.trace(add, Bits(width) @ Bits(width), "adder", ["a", "b"])


def abc() -> str:
    found = shutil.which("berkeley-abc") or shutil.which("abc")
    if found is None:
        pytest.skip("ABC is not installed (Debian: berkeley-abc)")
    return found


@pytest.mark.parametrize("kind", ["aig", "v", "pla"])
def test_abc_finds_all_files_equal(kind: str, tmp_path: Path) -> None:
    program, one, other = abc(), tmp_path / "one.blif", tmp_path / f"other.{kind}"
    circuits.to_blif(adder(), one)
    {"aig": circuits.to_aiger, "v": circuits.to_verilog, "pla": circuits.to_pla}[kind](adder(), other)
    said = subprocess.run([program, "-c", f"cec {one} {other}"], capture_output=True, text=True, check=True).stdout
    assert "Networks are equivalent" in said


def test_what_abc_writes_is_read_and_proved_equal(tmp_path: Path) -> None:
    program, one = abc(), tmp_path / "one.aig"
    circuits.to_aiger(adder(), one)
    files = f"write_aiger -s {tmp_path}/b.aig; write_blif {tmp_path}/b.blif"
    command = f"read {one}; balance; rewrite; refactor; balance; {files}"
    subprocess.run([program, "-c", command], capture_output=True, check=True)
    for back in (circuits.read_aiger(tmp_path / "b.aig"), circuits.read_blif(tmp_path / "b.blif")):
        assert circuits.prove_equal(adder(), back, method="sat") is True


def test_yosys_proves_the_verilog(tmp_path: Path) -> None:
    program = shutil.which("yosys")
    if program is None:
        pytest.skip("yosys is not installed")
    circuits.to_verilog(adder(), tmp_path / "a.v")
    circuits.to_blif(adder(), tmp_path / "b.blif")
    script = (
        "read_verilog a.v; rename adder gold; read_blif b.blif; rename adder gate; "
        "miter -equiv -flatten -make_outputs gold gate miter; sat -verify -prove trigger 0 miter"
    )
    subprocess.run([program, "-q", "-p", script], cwd=tmp_path, check=True)


def test_names_that_verilog_lacks_are_escaped() -> None:
    gates = Gates([Port("reg"), Port("x.y", 2), Port("n")])
    bits = [b for k in range(3) for b in gates.port(k)]
    text = circuits.to_verilog(gates.finish([Port("out", 1)], [gates.both(bits[0], bits[2])], "1st"))
    assert "module \\1st (" in text
    assert "input \\reg ;" in text
    assert "input [1:0] \\x.y ;" in text
    assert "assign n_" in text


@pytest.mark.parametrize("write", [circuits.to_blif, circuits.to_verilog, circuits.to_dimacs, circuits.to_aiger])
def test_names_that_no_file_holds_are_refused(write: Callable[..., Any]) -> None:
    gates = Gates([Port("a b")])
    with pytest.raises(NotSupported, match="name 'a b'"):
        write(gates.finish([Port("y")], gates.port(0)))
    twice = Gates([Port("a")])
    with pytest.raises(NotSupported, match="different"):
        write(twice.finish([Port("a")], twice.port(0)))


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "a.blif"
    text = circuits.to_blif(adder(), file)
    assert file.read_text() == text
    with pytest.raises(FileProblem, match=r"a.blif is there already; give another name, or allow to write over it"):
        circuits.to_verilog(adder(), file)
    assert file.read_text() == text
    assert circuits.to_verilog(adder(), file, overwrite=True) == file.read_text()
    with pytest.raises(FileProblem, match="there is no folder"):
        circuits.to_blif(adder(), tmp_path / "none" / "a.blif")


def test_tables_have_an_end() -> None:
    with pytest.raises(TooLarge, match="22 input bits"):
        circuits.to_pla(adder(11))
    with pytest.raises(InputMismatch, match="adder has no output bit z; it has y"):
        circuits.to_dimacs(adder(), assert_output="z")


def test_long_chains_are_no_trouble(tmp_path: Path) -> None:
    gates = Gates([Port("a", 8)])
    bits, x = gates.port(0), gates.port(0)[0]
    for k in range(20_000):
        x = gates.both(x ^ 1, bits[k % 8]) if k % 2 else gates.xor(x, bits[k % 7])
    deep = gates.finish([Port("y")], [x])
    circuits.to_blif(deep, tmp_path / "a.blif")
    circuits.to_aiger(deep, tmp_path / "a.aag")
    rows = every_row(8)[::37]
    for back in (circuits.read_blif(tmp_path / "a.blif"), circuits.read_aiger(tmp_path / "a.aag")):
        assert (cl.compile(back)(rows) == one_by_one(deep, rows)).all()


def test_blif_as_others_write_it(tmp_path: Path) -> None:
    (tmp_path / "a.blif").write_text(
        "# a comment\n.model top\n.inputs b[1] \\\n  c b[0] # more\n.outputs z w k\n"
        ".names n c z\n1- 1\n-1 1\n.names b[0] b[1] n\n00 0\n.names k\n1\n"
        ".names b[0] b[1] c b[0] b[1] c x7 w\n1------ 1\n.names c x7\n0 1\n.end\n"
    )
    read = circuits.netlist(circuits.read_blif(tmp_path / "a.blif"))
    assert read.inputs == (Port("b", 2), Port("c"))
    assert read.outputs == (Port("z"), Port("w"), Port("k"))
    b0, b1, c = every_row(3).T
    assert (one_by_one(read, every_row(3)) == np.stack([b0 | b1 | c, b0, c | True], axis=1)).all()


def test_aiger_without_symbols_has_one_port(tmp_path: Path) -> None:
    (tmp_path / "a.aag").write_text("aag 5 3 0 2 2\n2\n4\n6\n10\n9\n10 8 7\n8 2 5\n")
    read = circuits.netlist(circuits.read_aiger(tmp_path / "a.aag"))
    assert (read.inputs, read.outputs) == ((Port("i", 3),), (Port("o", 2),))
    a, b, c = every_row(3).T
    assert (one_by_one(read, every_row(3)) == np.stack([a & ~b & ~c, ~(a & ~b)], axis=1)).all()


GOOD_BLIF = ".model m\n.inputs a b\n.outputs y\n.names a b y\n11 1\n.end\n"
GOOD_AAG = "aag 3 2 0 1 1\n2\n4\n6\n6 4 2\ni0 a\n"
GOOD_PLA = ".i 2\n.o 1\n.p 1\n11 1\n.e\n"


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("blif", GOOD_BLIF[:-5], r"no \.end, so it may be cut short"),
        ("blif", GOOD_BLIF.replace(".names a b y\n11 1\n", ""), "line 3: y is read but defined nowhere"),
        ("blif", GOOD_BLIF.replace("a b y", "a y y"), "line 4: y depends on itself; a circuit has no cycles"),
        ("blif", GOOD_BLIF.replace("11 1", "1 1"), "line 5: '1 1' is no row of 2"),
        ("blif", GOOD_BLIF.replace("11 1", "11 1\n00 0"), "line 6: the table lists both"),
        ("blif", GOOD_BLIF.replace(".end", ".names a y\n1 1\n.end"), "line 6: y is defined a second time"),
        ("blif", GOOD_BLIF.replace("a b\n.o", "a b a\n.o"), "the input a is listed a second time"),
        ("blif", GOOD_BLIF.replace("puts y", "puts y y"), "the output y is listed a second time"),
        ("blif", GOOD_BLIF.replace(".end", ".latch a q\n.end"), r"line 6: \.latch is not read"),
        ("blif", GOOD_BLIF + GOOD_BLIF, "line 7: there is more than one model"),
        ("blif", GOOD_BLIF.replace(".names a b y", ".name a b y"), r"line 4: '\.name' is no command"),
        ("blif", GOOD_BLIF.replace(".names a b y\n", ""), "line 4: '11' stands before any .names"),
        ("blif", "\x00\x01", "no command|stands before"),
        ("blif", b"\xff\xfe\x00", "is not text in UTF-8"),
        ("blif", "", r"no \.end"),
        ("aag", GOOD_AAG[:14], "line 2: the file is cut short|line 3: the file is cut short"),
        ("aag", GOOD_AAG[:20], "cut short"),
        ("aag", GOOD_AAG.replace("6 4 2", "6 6 2"), "line 5: 3 depends on itself"),
        ("aag", GOOD_AAG.replace("6 4 2", "2 4 4"), "line 5: 1 is defined a second time"),
        ("aag", GOOD_AAG.replace("6 4 2", "7 4 2"), "line 5: 7 cannot be an AND"),
        ("aag", GOOD_AAG.replace("6 4 2", "6 4 99"), "line 5: the literal 99 is past the last variable, 3"),
        ("aag", GOOD_AAG.replace("6 4 2", "6 4 x"), "line 5: '6 4 x' is not an AND"),
        ("aag", GOOD_AAG.replace("aag 3 2 0 1 1", "aag 3 2 1 1 0"), "latches and properties are not read"),
        ("aag", GOOD_AAG.replace("aag 3", "aag 2"), "2 inputs and 1 ANDs do not make 2 variables"),
        ("aag", "aag 999999999 999999999 0 1 0\n", "announced; the file is cut short"),
        ("aag", GOOD_AAG.replace("2\n4", "2\n2"), "not different even literals"),
        ("aag", GOOD_AAG.replace("i0", "i7"), "line 6: 'i7 a' is no symbol"),
        ("aag", GOOD_AAG + "i1 a\n", "line 7: 'i1 a' names a bit, or uses a name, a second time"),
        ("aag", "P1 2 2\n", "line 1: 'P1 2 2' is no header of AIGER"),
        ("aag", "", "line 1: the file is cut short"),
        ("aig", "aig 3 2 0 1 1\n6\n", r"byte 16: the file is cut short within its ANDs"),
        ("aig", b"aig 3 2 0 1 1\n6\n\x00\x00", "the AND 6 reads what comes after it"),
        ("aig", b"aig 3 2 0 1 1\n6\n\xff\xff\xff\xff\xff\xff\xff", "cut short within its ANDs"),
        ("pla", GOOD_PLA[:-3], r"no \.e, so it may be cut short"),
        ("pla", GOOD_PLA.replace(".p 1", ".p 2"), r"\.p announces 2 rows and there are 1"),
        ("pla", GOOD_PLA.replace("11 1", "111 1"), "line 4: '1111' is no row of 2"),
        ("pla", GOOD_PLA.replace(".i 2", ".i x"), r"line 1: \.i takes a whole number, not 'x'"),
        ("pla", GOOD_PLA.replace(".o 1\n", ""), r"line 3: a row stands before \.i and \.o"),
        ("pla", GOOD_PLA.replace(".p 1", ".ilb a a"), "gives 1 different names, and .i says 2"),
        ("pla", GOOD_PLA.replace(".p 1", ".type r"), "lists no rows where an output is 1"),
        ("pla", GOOD_PLA.replace(".p 1", ".kiss"), r"'\.kiss' is no command"),
        ("pla", ".e\n", r"there is no \.i"),
    ],
)
def test_damaged_files_are_named_by_their_line(kind: str, text: str | bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / f"bad.{kind}"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises((FileProblem, NotSupported), match=says) as caught:
        WRITERS[kind][1](file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_that_is_not_there_is_named(kind: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=r"none.*cannot be read \(No such file"):
        WRITERS[kind][1](tmp_path / "none")


@pytest.mark.parametrize("kind", ["blif", "aag", "aig"])
def test_a_file_cut_anywhere_is_refused_or_whole(kind: str, tmp_path: Path) -> None:
    file, cut = tmp_path / f"a.{kind}", tmp_path / f"cut.{kind}"
    WRITERS[kind][0](adder(2), file)
    content = file.read_bytes()
    for end in range(len(content)):
        cut.write_bytes(content[:end])
        try:
            back = WRITERS[kind][1](cut)
        except FileProblem:
            continue
        # What is left out at the end of AIGER are names and comments.
        assert kind != "blif" or end == len(content) - 1
        assert circuits.netlist(back).leaving == 2


@pytest.mark.parametrize("kind", ["blif", "aag", "aig"])
def test_wide_circuits_are_proved_equal_to_their_files(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{kind}"
    WRITERS[kind][0](adder(16), file)
    assert circuits.prove_equal(adder(16), WRITERS[kind][1](file), method="sat") is True
