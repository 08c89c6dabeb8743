"""The commands, and what each of them takes.

Every command reads its arguments here and does its work elsewhere; heavy libraries are loaded by the command that needs
them, so that `catlearn --help` is there at once.

>>> main(["draw", "--help"])
Usage: catlearn draw ...
0
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from catlearn.commandline.outcome import FAILED, WorkFailed, complain, ended, put
from catlearn.errors import InputMismatch, NotSupported
from catlearn.files import check_new, check_path

__all__ = ["application", "main"]

OVERVIEW = """Write a model once as a string diagram; catlearn turns it round.

\b
FILE.py:NAME is a diagram called NAME in a Python file: one of catlearn, a Para,
or one of DisCoPy. FILE.json is a diagram that catlearn.save wrote. FILE.bif is a
Bayesian network, FILE.bif.gz too. FILE.blif, .aag, .aig and .pla are circuits.
The Python file is run, so use only files that you trust.

\b
Examples:
  catlearn demo
  catlearn draw model.py:layer -o layer.svg --reverse
  catlearn cost model.py:layer --gradient
  catlearn run model.py:layer --inputs in.npz -o out.npz
  catlearn check model.py:layer
  catlearn infer net.bif --evidence seen.json
  catlearn smooth model.py:chain --data data.json
  catlearn circuit adder.py:full_adder --verilog
"""
CODES = """\b
Exit codes:
  0    all is well
  1    the check found a difference, or the work failed
  2    the command was used wrongly, or its input is bad
  130  it was interrupted
  141  nobody reads its output any more
"""

application = typer.Typer(
    help=OVERVIEW,
    epilog=CODES,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; gives its exit code. Without arguments, those that the program was called with."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    return ended(lambda: application(args=given, prog_name="catlearn", standalone_mode=False))


class Theme(StrEnum):
    """The themes of pictures."""

    light = "light"
    dark = "dark"


Diagram = Annotated[
    str, typer.Argument(metavar="FILE.py:NAME", help="The diagram; or FILE.json, or FILE.bif.", show_default=False)
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of what is random.")]


@application.callback(invoke_without_command=True)
def overall(version: Annotated[bool, typer.Option("--version", help="Tell the version and stop.")] = False) -> None:
    """What comes before a command."""
    if version:
        from importlib import metadata

        try:
            typer.echo(f"catlearn {metadata.version('catlearn-diagrams')}")
        except metadata.PackageNotFoundError:
            raise WorkFailed(
                "its version is not known, as it is not installed; run pip install in its folder"
            ) from None


@application.command(epilog="\b\nExample:\n  catlearn demo --out out --seed 0")
def demo(
    out: Annotated[Path, typer.Option(help="The folder for pictures, figures and the model.")] = Path("out"),
    seed: Seed = 0,
) -> int:
    """Learn real handwritten digits in a second or so, and leave pictures of how.

    A two-layer network is trained on scikit-learn's 1,797 digits, 360 of which are held out. It ends with code 1 if it
    recognizes less than 97 % of those.
    """
    from catlearn.commandline.report import show_demo
    from catlearn.demo import run as run_demo

    found = run_demo(out, seed)
    show_demo(found, out)
    enough = found.test_accuracy >= 0.97
    return 0 if enough else complain(f"only {found.test_accuracy:.1%} of the held-out digits are recognized", FAILED)


@application.command(epilog="\b\nExamples:\n  catlearn draw model.py:layer -o layer.svg\n"
                            "  catlearn draw model.py:layer -o back.pdf --reverse --theme dark")  # fmt: skip
def draw(
    diagram: Diagram,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A .svg, .png, .pdf or .dot file.", show_default=False)
    ],
    reverse: Annotated[bool, typer.Option("--reverse", help="Draw the reverse derivative.")] = False,
    theme: Annotated[Theme, typer.Option(help="Colors for light or for dark pages.")] = Theme.light,
    unfold: Annotated[int, typer.Option(min=0, help="How many levels of folded boxes to open.")] = 0,
) -> None:
    """Draw a diagram or its reverse derivative."""
    from catlearn.commandline.source import read_model
    from catlearn.diagrams.drawing import draw as draw_diagram
    from catlearn.diagrams.drawing.engines import FORMATS
    from catlearn.diagrams.theories.derivative import reverse as turn

    kind = check_path(output).suffix[1:].lower()
    if kind not in FORMATS:
        raise InputMismatch(f"cannot tell how to draw {output}: end its name in {', '.join(f'.{f}' for f in FORMATS)}")
    model = read_model(diagram)
    shown = turn(model.diagram, fold=True) if reverse else model.diagram
    drawing: Any = draw_diagram(shown, theme=theme.value, unfold=unfold, parameters=model.parameters)
    put(output, drawing.render(kind))


@application.command(epilog="\b\nExamples:\n  catlearn cost model.py:layer\n"
                            "  catlearn cost model.py:layer --size n=64 --size m=10 --gradient")  # fmt: skip
def cost(
    diagram: Diagram,
    size: Annotated[list[str], typer.Option(metavar="NAME=NUMBER", help="The size of a named dimension.")] = [],  # noqa: B006
    gradient: Annotated[bool, typer.Option("--gradient", help="Count the gradient too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Count operations, bytes moved and peak memory; nothing is run.

    The gradient is that of a diagram with one output Real(), together with its value; of others it is the reverse
    derivative.
    """
    from catlearn.commandline.report import costs
    from catlearn.commandline.source import read_model

    found = costs(read_model(diagram).diagram, _sizes(size), gradient)
    if as_json:
        typer.echo(json.dumps({name: asdict(each) for name, each in found.items()}))
        return
    for name, each in found.items():
        typer.echo(f"{name}: {each}")


def _sizes(given: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        # No array is longer than a number of 18 digits says.
        if not name or not number.isdecimal() or len(number) > 18 or int(number) < 1:
            said = "write the name and the size of a dimension, as in --size n=64"
            raise InputMismatch(f"--size {text[:80]}: {said}")
        if found.setdefault(name, int(number)) != int(number):
            raise InputMismatch(f"--size {text}: {name} is {found[name]} already; give it one size")
    return found


@application.command(epilog="\b\nExamples:\n  catlearn run model.py:layer --inputs in.npz -o out.npz\n"
                            "  catlearn run model.py:layer --inputs in.npz --json | head")  # fmt: skip
def run(
    diagram: Diagram,
    inputs: Annotated[
        Path, typer.Option(help="An npz file with an array for each input, by name.", show_default=False)
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="An npz file: y0, y1, ...", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outputs as JSON.")] = False,
) -> None:
    """Compile a diagram and run it on arrays. Outputs are called y0, y1, ... in their order."""
    from catlearn.commandline.arrays import as_json as in_json
    from catlearn.commandline.arrays import packed, read_arrays
    from catlearn.commandline.report import outputs
    from catlearn.commandline.source import read_model

    if output is None and not as_json:
        raise InputMismatch("say where the outputs go: -o out.npz, or --json, or both")
    if output is not None:
        check_path(output)
    made = outputs(read_model(diagram).diagram, read_arrays(inputs))
    if output is not None:
        put(output, packed(made))
    if as_json:
        typer.echo(in_json(made))


@application.command(epilog="\b\nExamples:\n  catlearn check model.py:layer\n"
                            "  catlearn check model.py:layer --inputs in.npz --tolerance 1e-8")  # fmt: skip
def check(
    diagram: Diagram,
    inputs: Annotated[Path | None, typer.Option(help="Where to check: an npz file; random by default.")] = None,
    seed: Seed = 0,
    tolerance: Annotated[float, typer.Option(min=0.0, help="The relative error that is allowed.")] = 1e-6,
) -> None:
    """Check the derivatives of a diagram against differences and against the laws.

    It ends with code 1 if they differ, and names the box that is to blame.
    """
    from catlearn.commandline.arrays import read_arrays
    from catlearn.commandline.source import read_model
    from catlearn.interpreters.gradients.check import check as check_diagram

    point = None if inputs is None else read_arrays(inputs)
    typer.echo(str(check_diagram(read_model(diagram).diagram, point, seed, tolerance)))


@application.command(epilog="\b\nExamples:\n  catlearn infer net.bif --evidence seen.json\n"
                            "  catlearn infer model.py:grass --evidence seen.json --soft soft.json --json\n"
                            "  catlearn infer net.bif --forecast")  # fmt: skip
def infer(
    diagram: Annotated[
        str,
        typer.Argument(metavar="FILE", help="FILE.bif, FILE.bif.gz, FILE.json or FILE.py:NAME.", show_default=False),
    ],
    evidence: Annotated[
        Path | None, typer.Option(help="What was seen: JSON, {variable: state}.", show_default=False)
    ] = None,
    soft: Annotated[
        Path | None, typer.Option(help="Likelihoods: JSON, {variable: {state: number}}.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON to full precision, for scripts.")] = False,
    plan_seconds: Annotated[
        float, typer.Option(min=0.0, help="How long to look for a better plan, where the first is expensive.")
    ] = 15.0,
    forecast: Annotated[bool, typer.Option("--forecast", help="Print the plan's cost and run nothing.")] = False,
) -> None:
    """Work out the posterior of every variable, given what was seen.

    Prints the log-evidence and a table. The JSON is {"log_evidence": x, "posterior": {variable: {state: p}}}; of a
    linear-Gaussian network, which FILE.json may be too, it has a "mean" and a "variance" for each variable.
    """
    from catlearn.commandline.inferring import answer, costs_as_json, read_evidence, show_answer
    from catlearn.commandline.source import read_model
    from catlearn.interpreters.markov.inference import infer as plan

    seen = read_evidence(evidence, soft)
    planned = plan(read_model(diagram).diagram, plan_seconds=plan_seconds)
    if forecast:
        if not hasattr(planned, "forecast"):
            raise NotSupported("a forecast is for models of tables, and this is none; leave --forecast out")
        found = planned.forecast()
        typer.echo(costs_as_json(found) if as_json else str(found))
        return
    made = answer(planned.posterior(seen))
    if as_json:
        typer.echo(json.dumps(made, allow_nan=False))
    else:
        show_answer(made)


@application.command(epilog="\b\nExamples:\n  catlearn smooth model.py:chain --data data.json --seed 1\n"
                            "  catlearn smooth model.py:walk --data data.json --input start=0.5 --param sigma=0.3\n"
                            "  catlearn smooth model.py:chain --data data.json -o out.npz --draw back.svg")  # fmt: skip
def smooth(
    diagram: Annotated[
        str, typer.Argument(metavar="FILE.py:NAME", help="The model; a function may give it.", show_default=False)
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="What was observed: JSON, {variable: value}; null, or null in a list, is missing.", show_default=False
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=2, help="How many guided samples.")] = 1000,
    seed: Seed = 0,
    given: Annotated[
        list[str], typer.Option("--input", metavar="NAME=VALUE", help="The value of an input of the diagram.")
    ] = [],  # noqa: B006
    param: Annotated[list[str], typer.Option(metavar="NAME=NUMBER", help="The value of a parameter.")] = [],  # noqa: B006
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="An npz file: all samples, and log_weights.", show_default=False),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--draw", help="A picture of the messages on the wires.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON to full precision, for scripts.")] = False,
) -> None:
    """Smooth: pull what was observed back as messages, and draw guided, weighted samples of all variables.

    Prints the log-evidence with its standard error, the effective sample size, and the mean ± standard deviation (or
    the probabilities) of every variable. NAME is a diagram, what cl.bffg makes of one, or a function without arguments
    that gives either. A likelihood, {variable: {outcome: number}}, can be observed too.
    """
    from catlearn.commandline import smoothed, smoothing
    from catlearn.diagrams.drawing.engines import FORMATS

    for path in (output, picture):
        if path is not None:
            check_path(path)
    kind = "" if picture is None else picture.suffix[1:].lower()
    if picture is not None and kind not in FORMATS:
        raise InputMismatch(f"cannot tell how to draw {picture}: end its name in {', '.join(f'.{f}' for f in FORMATS)}")
    opt = smoothing.read_smoother(diagram)
    inputs, params = smoothing.read_inputs(given, opt), smoothing.read_parameters(param)
    back = opt.backward(smoothing.read_data(data, opt), params)
    if picture is not None:
        put(picture, back.draw().render(kind))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "forward: the weights", RuntimeWarning)  # said below, in one line
        paths = opt.forward(back, samples, seed, inputs=inputs)
    if output is not None:
        put(output, smoothed.packed_paths(paths))
    made = smoothed.answer(paths)
    if said := smoothed.advice(paths.ess, len(paths)):
        complain(said, 0)
    if as_json:
        typer.echo(json.dumps(made, allow_nan=False))
    else:
        smoothed.show_paths(made, paths.outcomes)


@application.command(epilog="\b\nExamples:\n  catlearn circuit adder.py:full_adder\n"
                            "  catlearn circuit adder.py:full_adder --verilog -o adder.v\n"
                            "  catlearn circuit adder.py:full_adder adder.blif --equal")  # fmt: skip
def circuit(
    diagram: Annotated[
        str,
        typer.Argument(metavar="FILE", help="FILE.py:NAME, .blif, .aag, .aig, .pla or .json.", show_default=False),
    ],
    other: Annotated[
        str | None, typer.Argument(metavar="[OTHER]", help="For --equal: another circuit.", show_default=False)
    ] = None,
    verilog: Annotated[bool, typer.Option("--verilog", help="Structural Verilog.")] = False,
    blif: Annotated[bool, typer.Option("--blif", help="BLIF.")] = False,
    aiger: Annotated[bool, typer.Option("--aiger", help="AIGER: ascii, or binary for -o FILE.aig.")] = False,
    dimacs: Annotated[bool, typer.Option("--dimacs", help="Clauses, for SAT solvers.")] = False,
    table: Annotated[bool, typer.Option("--table", help="The truth table.")] = False,
    anf: Annotated[bool, typer.Option("--anf", help="Algebraic normal form: XOR of ANDs.")] = False,
    equal: Annotated[bool, typer.Option("--equal", help="Prove that both circuits give the same.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; it must be new.", show_default=False)
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over a file that exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print facts, or the verdict, as JSON.")] = False,
) -> int:
    """Write a circuit for other tools, say how large it is, or prove it equal to another.

    Without an option it prints the ports, the gates, the depth, and whether the formal derivative is that of the
    function ("safe"). With --equal it ends with code 0 when both give the same for every input; otherwise with code 1,
    and prints an input for which they differ.
    """
    from catlearn.commandline import circuit as work

    form = work.chosen({
        "verilog": verilog, "blif": blif, "aiger": aiger, "dimacs": dimacs, "table": table, "anf": anf,
        "equal": equal,
    })  # fmt: skip
    if (form == "equal") != (other is not None):
        raise InputMismatch("to prove circuits equal, name both and ask for it: catlearn circuit A B --equal")
    if output is not None:
        if form is None or form == "equal":
            raise InputMismatch(f"-o {output}: say as what to write the circuit, as in --verilog or --blif")
        check_new(output, overwrite)
    read = work.read_circuit(diagram)
    if other is not None:
        return work.show_verdict(work.verdict(read, work.read_circuit(other)), as_json)
    if form is None:
        work.show_facts(work.facts(read), as_json)
    elif output is None:
        text = str(work.export(read, form))
        typer.echo(text, nl=not text.endswith("\n"))
    else:
        put(output, work.export(read, form, output))
    return 0
