"""The command line does what it says, ends with codes that scripts can use, and never shows our insides."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import time
import zipfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

import catlearn as cl
from catlearn import commandline
from catlearn.commandline import main
from catlearn.commandline.outcome import BAD_INPUT, BROKEN_PIPE, FAILED, INTERRUPTED, ended

MODEL = """
import catlearn as cl
from catlearn import Box, Para, Real, Ty
from discopy.markov import Box as TheirBox, Ty as TheirTy

print("reading")

@cl.diagram
def layer(w: Real(2, 3), b: Real(2), x: Real(3)) -> Real(2):
    return cl.tanh(w @ x + b)

@cl.diagram
def energy(w: Real("m", 3), x: Real(3)):
    return cl.sum(w @ x)

@cl.diagram
def twice(w: Real(2, 3), b: Real(2), x: Real(3)):
    return layer(w, b, x) + layer(w, b, x)

@cl.diagram
def pair(x: Real(3), y: Real(3)):
    return x + y, cl.log(x)

@cl.diagram
def held(x: Real(3)):
    return x * cl.stop_gradient(x)

para = Para(Real(2, 3) @ Real(2), layer)
mystery = Box("mystery", Ty("X"), Ty("X"))
theirs = TheirBox("tanh", TheirTy("Real(3)"), TheirTy("Real(3)"))
number = 3

def plain(x):
    return x
"""


@pytest.fixture
def model(workdir: Path) -> str:
    Path("model.py").write_text(MODEL)
    np.savez("in.npz", w=np.ones((2, 3)), b=np.zeros(2), x=np.array([0.1, 0.2, 0.3]))
    return "model.py"


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    out, err = capsys.readouterr()
    # What the model's own file printed is not ours.
    return code, out, err.replace("reading\n", "")


def one_line(err: str) -> bool:
    return err.startswith("catlearn: ") and err.count("\n") == 1 and err.endswith("\n")


# Help


def test_help_is_there_without_arguments_and_names_every_command(capsys) -> None:
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    for name in ("demo", "draw", "cost", "run", "check", "infer"):
        assert f"\n  {name} " in out
    for number in ("0", "1", "2", "130", "141"):
        assert f"\n    {number:<4} " in out


@pytest.mark.parametrize("command", ["demo", "draw", "cost", "run", "check", "infer"])
def test_every_command_has_examples_that_it_can_read(capsys, command: str) -> None:
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    examples = [line.strip() for line in out.splitlines() if line.startswith("    catlearn ")]
    assert examples
    assert all(line.startswith(f"catlearn {command}") for line in examples)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["draw"],
        ["draw", "model.py:layer"],
        ["cost", "--nonsense", "model.py:layer"],
        ["demo", "--seed", "x"],
    ],
)
def test_bad_usage_is_one_line_and_code_2(capsys, arguments: list[str]) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (BAD_INPUT, "")
    assert one_line(err)


# Which diagram


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            "model.py:nothing",
            "model.py has no 'nothing'; its diagrams are layer, energy, twice, pair, held, para, mystery",
        ),
        ("model.py", "its diagrams are layer"),
        ("model.py:plain", "write @catlearn.diagram above it"),
        ("model.py:number", "'number' is no diagram but a int"),
        ("none.py:layer", "cannot read none.py: No such file"),
        ("layer", "write FILE.py:NAME"),
        ("model.txt:layer", "write FILE.py:NAME"),
        ("none.json", "none.json: cannot be read"),
    ],
)
def test_a_diagram_that_is_not_there(capsys, model: str, spec: str, said: str) -> None:
    code, out, err = run(capsys, "cost", spec)
    assert (code, out) == (BAD_INPUT, "")
    assert one_line(err)
    assert said in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ny = 1 / 0\n", "bad.py, line 2: ZeroDivisionError: division by zero"),
        ("x = (\n", "bad.py, line 1: SyntaxError"),
        ("import nothing_at_all\n", "line 1: ModuleNotFoundError"),
        ("def f():\n    raise ValueError('two\\nlines')\nf()\n", "line 2: ValueError: two lines"),
        ("raise SystemExit('no')\n", "line 1: SystemExit: no"),
        (
            "from catlearn import *\nBox('f', Real(2), Real()) >> Box('g', Real(3), Real())\n" * 2,
            "line 2: TypeMismatch",
        ),
        ("\0", "bad.py"),
        ("class Stop(BaseException): pass\nraise Stop('here')\n", "line 2: Stop: here"),
        ("class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute\n", "line 3: Mute"),
    ],
)
def test_a_file_that_raises_is_named_with_its_line(capsys, workdir: Path, text: str, said: str) -> None:
    Path("bad.py").write_text(text)
    code, out, err = run(capsys, "draw", "bad.py:f", "-o", "f.svg")
    assert (code, out) == (BAD_INPUT, "")
    assert one_line(err)
    assert said in err
    assert not Path("f.svg").exists()


def test_a_file_may_import_its_neighbors_and_leaves_no_trace(capsys, workdir: Path) -> None:
    folder = Path("inner")
    folder.mkdir()
    (folder / "sizes_of_mine.py").write_text("N = 5\n")
    text = "import catlearn as cl\nimport sizes_of_mine as s\nf = cl.trace(lambda x: x + x, cl.Real(s.N))\n"
    (folder / "f.py").write_text(text)
    before = list(sys.path)
    assert run(capsys, "cost", "inner/f.py:f")[0] == 0
    assert sys.path == before


def test_a_file_may_go_elsewhere_and_change_the_path(capsys, workdir: Path) -> None:
    text = "import os, sys, catlearn as cl\nos.chdir('/')\nsys.path.pop(0)\nf = cl.trace(lambda x: x + x, cl.Real(3))\n"
    Path("f.py").write_text(text)
    assert run(capsys, "draw", "f.py:f", "-o", "f.dot") == (0, "", "")
    assert Path("f.dot").exists()
    assert Path.cwd() == workdir


def test_a_diagram_of_discopy_and_a_saved_one(capsys, model: str) -> None:
    assert run(capsys, "check", "model.py:theirs")[0] == 0
    cl.save(cl.trace(lambda x: x * x, cl.Real(3), "square"), "square.json")
    code, out, _ = run(capsys, "cost", "square.json")
    assert (code, out) == (0, "square: 3 operations, 72 bytes moved, 48 bytes at the peak\n")
    Path("square.json").write_text(Path("square.json").read_text()[:-20])
    code, _, err = run(capsys, "cost", "square.json")
    assert code == BAD_INPUT
    assert one_line(err)


# draw


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "dot"])
def test_draw_writes_a_picture(capsys, model: str, suffix: str) -> None:
    code, out, err = run(capsys, "draw", "model.py:layer", "-o", f"layer.{suffix}")
    assert (code, out, err) == (0, "", "")
    start = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}[suffix]
    assert Path(f"layer.{suffix}").read_bytes().startswith(start)


def test_draw_turns_round_unfolds_and_knows_parameters(capsys, model: str) -> None:
    run(capsys, "draw", "model.py:layer", "-o", "back.svg", "--reverse", "--theme", "dark")
    assert ">dy<" in Path("back.svg").read_text()
    run(capsys, "draw", "model.py:twice", "-o", "folded.dot")
    run(capsys, "draw", "model.py:twice", "-o", "open.dot", "--unfold", "1")
    assert "cluster" in Path("open.dot").read_text()
    assert "cluster" not in Path("folded.dot").read_text()
    run(capsys, "draw", "model.py:para", "-o", "para.dot")
    green = '<FONT COLOR="#0b7a5c">'
    assert Path("para.dot").read_text().count(green) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["model.py:layer", "-o", "layer.jpg"], "end its name in .svg"),
        (["model.py:layer", "-o", "nowhere/layer.svg"], "there is no folder nowhere"),
        (["model.py:layer", "-o", "layer.svg", "--theme", "sepia"], "'light', 'dark'"),
        (["model.py:layer", "-o", "layer.svg", "--unfold", "-1"], "--unfold"),
        (["model.py:mystery", "-o", "layer.svg", "--reverse"], "no generator 'mystery'"),
    ],
)
def test_draw_refuses(capsys, model: str, arguments: list[str], said: str) -> None:
    code, out, err = run(capsys, "draw", *arguments)
    assert (code, out) == (BAD_INPUT, "")
    assert one_line(err)
    assert said in err
    assert sorted(p.name for p in Path().iterdir()) == ["in.npz", "model.py"]


def test_a_disk_that_is_full_loses_nothing(capsys, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("layer.svg").write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = run(capsys, "draw", "model.py:layer", "-o", "layer.svg")
    assert code == FAILED
    assert one_line(err)
    assert "No space left" in err
    assert Path("layer.svg").read_text() == "old"
    assert sorted(p.name for p in Path().iterdir()) == ["in.npz", "layer.svg", "model.py"]


# cost


def test_cost_counts_the_diagram_and_its_gradient(capsys, model: str) -> None:
    code, out, err = run(capsys, "cost", "model.py:energy", "--size", "m=10", "--gradient")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("energy: ")
    assert out.splitlines()[1].startswith("gradient[energy]: ")
    code, out, _ = run(capsys, "cost", "model.py:layer", "--gradient", "--json")
    found = json.loads(out)
    layer = cl.trace(lambda w, b, x: cl.tanh(w @ x + b), cl.Real(2, 3) @ cl.Real(2) @ cl.Real(3))
    assert found["layer"]["operations"] == cl.compile(layer).cost().operations
    assert found["R[layer]"]["operations"] == cl.compile(cl.reverse(layer)).cost().operations


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ([], "'m'"),
        (["m"], "--size n=64"),
        (["m=x"], "--size n=64"),
        (["m=0"], "--size n=64"),
        (["m=1", "k=1"], "'k'"),
        (["m=1", "m=2"], "m is 1 already"),
        (["m=" + "9" * 5000], "--size n=64"),
    ],
)
def test_cost_needs_the_sizes_that_there_are(capsys, model: str, sizes: list[str], said: str) -> None:
    code, out, err = run(capsys, "cost", "model.py:energy", *(x for size in sizes for x in ("--size", size)))
    assert (code, out) == (BAD_INPUT, "")
    assert one_line(err)
    assert said in err


# run


def test_run_gives_what_the_library_gives(capsys, model: str) -> None:
    code, out, err = run(capsys, "run", "model.py:layer", "--inputs", "in.npz", "-o", "out.npz", "--json")
    assert (code, err) == (0, "")
    expected = np.tanh(np.full(2, 0.6))
    with np.load("out.npz") as file:
        assert file.files == ["y0"]
        np.testing.assert_allclose(file["y0"], expected)
    np.testing.assert_allclose(json.loads(out)["y0"], expected)


def test_run_tells_of_outputs_that_are_no_numbers(capsys, model: str) -> None:
    np.savez("in.npz", x=np.array([1.0, 0.0, -1.0]), y=np.array([1.0, np.inf, 0.0]))
    code, out, err = run(capsys, "run", "model.py:pair", "--inputs", "in.npz", "--json")
    assert (code, err) == (0, "catlearn: note: output y1 holds NaN\n")
    assert json.loads(out) == {"y0": [2.0, "inf", -1.0], "y1": [0.0, "-inf", "nan"]}


def test_run_writes_the_same_bytes_every_time(capsys, model: str) -> None:
    for name in ("one.npz", "two.npz"):
        assert run(capsys, "run", "model.py:layer", "--inputs", "in.npz", "-o", name)[0] == 0
    assert Path("one.npz").read_bytes() == Path("two.npz").read_bytes()


GOOD = {"w": np.ones((2, 3)), "b": np.zeros(2), "x": np.zeros(3)}


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({k: v for k, v in GOOD.items() if k != "b"}, "input 'b' is missing"),
        ({**GOOD, "z": np.zeros(1)}, "no input 'z'"),
        ({**GOOD, "x": np.zeros(4)}, "input x must have shape (3,), not (4,)"),
        ({**GOOD, "x": np.array(["a", "b", "c"])}, "must hold real numbers"),
        ({**GOOD, "x": np.array([0.0, np.nan, 0.0])}, "x holds NaN at (1,)"),
        ({**GOOD, "x": np.array([None, 1, 2])}, "cannot read in.npz"),
    ],
)
def test_run_refuses_arrays_that_do_not_fit(capsys, model: str, arrays: dict, said: str) -> None:
    np.savez("in.npz", **arrays)
    code, out, err = run(capsys, "run", "model.py:layer", "--inputs", "in.npz", "-o", "out.npz")
    assert (code, out) == (BAD_INPUT, "")
    assert one_line(err)
    assert said in err
    assert not Path("out.npz").exists()


@pytest.mark.parametrize("damage", ["missing", "short", "text", "empty", "npy", "folder", "flipped", "bytes", "huge"])
def test_run_refuses_files_that_are_damaged(capsys, model: str, damage: str) -> None:
    path, whole = Path("in.npz"), Path("in.npz").read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage in ("bytes", "huge"):
        start = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }".ljust(117) + b"\n"
        text = b"hello" if damage == "bytes" else b"\x93NUMPY\x01\x00v\x00" + start
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("x.npy", text)
    elif damage == "npy":
        np.save("in.npy", np.zeros(3))
        Path("in.npy").rename(path)
    elif damage != "missing":
        flipped = whole[:150] + bytes([whole[150] ^ 255]) + whole[151:]
        path.write_bytes(
            {"short": whole[: len(whole) // 2], "text": b"hello", "empty": b"", "flipped": flipped}[damage]
        )
    code, out, err = run(capsys, "run", "model.py:layer", "--inputs", "in.npz", "-o", "out.npz")
    assert (code, out) == (BAD_INPUT, "")
    assert one_line(err)
    assert "in.npz" in err
    assert not Path("out.npz").exists()


def test_run_needs_a_place_for_its_outputs(capsys, model: str) -> None:
    code, _, err = run(capsys, "run", "model.py:layer", "--inputs", "in.npz")
    assert code == BAD_INPUT
    assert "-o out.npz" in err


# check


def test_check_reports_every_law(capsys, model: str) -> None:
    code, out, err = run(capsys, "check", "model.py:layer", "--inputs", "in.npz")
    assert (code, err) == (0, "")
    for law in ("reverse = slope", "forward = slope", "adjoint", "linear"):
        assert law in out


def test_check_ends_with_1_at_a_wrong_derivative(capsys, model: str) -> None:
    code, out, err = run(capsys, "check", "model.py:held")
    assert (code, out) == (FAILED, "")
    assert one_line(err)
    assert "suspect the box 'stop'" in err


def test_check_refuses_a_point_that_does_not_fit(capsys, model: str) -> None:
    np.savez("in.npz", w=np.ones((2, 3)))
    code, out, err = run(capsys, "check", "model.py:layer", "--inputs", "in.npz")
    assert (code, out) == (BAD_INPUT, "")
    assert one_line(err)


# How a command ends


def test_nothing_gets_past_the_end(capsys) -> None:
    def defect() -> None:
        raise RuntimeError("two\nlines")

    def interrupted() -> None:
        raise KeyboardInterrupt

    def too_large() -> None:
        raise MemoryError

    def stopped() -> None:
        raise SystemExit("anything")

    class Abort(Exception):
        """What older parsers raise at Ctrl-C."""

    def aborted() -> None:
        raise Abort

    assert ended(defect) == FAILED
    err = capsys.readouterr().err
    assert one_line(err)
    assert "RuntimeError in test_commandline.py" in err
    assert ended(interrupted) == INTERRUPTED
    assert capsys.readouterr().err == ""
    assert ended(too_large) == FAILED
    assert "memory" in capsys.readouterr().err
    assert ended(stopped) == FAILED
    assert ended(aborted) == INTERRUPTED


COMMAND = [sys.executable, "-m", "catlearn"]
ROOT = str(Path(commandline.__file__).parents[2])
ENVIRONMENT = {**os.environ, "PYTHONPATH": ROOT}


def test_a_closed_pipe_is_quiet(model: str) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [*COMMAND, "run", "model.py:layer", "--inputs", "in.npz", "--json"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (BROKEN_PIPE, b"reading\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_cannot_be_written_is_one_line(model: str) -> None:
    for arguments in (["--help"], ["run", "model.py:layer", "--inputs", "in.npz", "--json"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, text=True, check=False
            )
        said = done.stderr.replace("reading\n", "")
        assert (done.returncode, said) == (FAILED, "catlearn: cannot write the output: No space left on device\n")


@pytest.mark.parametrize(("closed", "name", "code"), [(1, "layer", 0), (2, "layer", 0), (2, "nothing", BAD_INPUT)])
def test_a_stream_that_is_closed_changes_no_code(model: str, closed: int, name: str, code: int) -> None:
    command = [*COMMAND, "cost", f"model.py:{name}"]
    line = [sys.executable, "-c", f"import os, sys; os.close({closed}); os.execv(sys.argv[1], sys.argv[1:])", *command]
    done = subprocess.run(line, capture_output=True, env=ENVIRONMENT, text=True, check=False)
    assert done.returncode == code
    assert "Error" not in done.stdout + done.stderr
    assert "catlearn:" not in done.stdout


def test_ctrl_c_is_quiet(workdir: Path) -> None:
    text = "import pathlib, time\npathlib.Path('begun').touch()\ntime.sleep(60)\n"
    Path("slow.py").write_text(text)
    done = subprocess.Popen(
        [*COMMAND, "cost", "slow.py:f"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    begin = time.monotonic()
    while not Path("begun").exists() and time.monotonic() < begin + 30:
        time.sleep(0.02)
    done.send_signal(signal.SIGINT)
    out, err = done.communicate(timeout=30)
    assert (done.returncode, out, err) == (INTERRUPTED, b"", b"")


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from catlearn.commandline import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=True, capture_output=True, text=True)
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    assert not loaded & {"matplotlib", "sklearn", "sympy", "discopy", "networkx", "scipy", "pygraphviz"}


def test_the_version_is_that_of_the_installed_distribution(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: f"1.2.3 of {name}")
    assert run(capsys, "--version") == (0, "catlearn 1.2.3 of catlearn-diagrams\n", "")

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    code, out, err = run(capsys, "--version")
    assert (code, out) == (FAILED, "")
    assert one_line(err)


def test_python_m_catlearn_is_the_command(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["catlearn", "nonsense"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("catlearn", run_name="__main__")
    assert stop.value.code == BAD_INPUT
    assert one_line(capsys.readouterr().err)
