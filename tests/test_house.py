"""The house keeps its shape: links, packaging, light import, docstrings, types that users' checkers accept."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINKS = {"diagrams": "catlearn/diagrams", "interpreters": "catlearn/interpreters"}
HEAVY = {"discopy", "graphviz", "matplotlib", "networkx", "pygraphviz", "rich", "scipy", "sklearn", "sympy", "typer"}
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted((ROOT / "catlearn").rglob("*.py"))}
PUBLIC = [name for name in MODULES if not any(part.startswith("_") for part in name.split("."))]


@pytest.mark.parametrize("link", LINKS)
def test_the_root_shows_the_storeys_by_relative_links(link: str) -> None:
    assert (ROOT / link).is_symlink()
    assert str((ROOT / link).readlink()) == LINKS[link]
    assert (ROOT / link / "__init__.py").is_file()


def test_no_tool_is_pointed_at_a_root_link() -> None:
    tools = CONFIG["tool"]
    paths = [
        *tools["pytest"]["ini_options"]["testpaths"],
        *tools["coverage"]["run"]["source"],
        *tools["mypy"]["packages"],
        *tools["hatch"]["build"]["targets"]["wheel"]["packages"],
        *tools["hatch"]["build"]["targets"]["sdist"]["only-include"],
        tools["importlinter"]["root_package"],
    ]
    sources = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("SOURCES"))
    assert "catlearn" in paths
    assert not set(LINKS) & {Path(path).parts[0] for path in paths}
    assert not set(LINKS) & set(sources.strip(")").split())


def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("catlearn_diagrams-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"catlearn"}
    assert "catlearn/py.typed" in names
    assert sum(name.endswith("types.py") for name in names) == 1


def test_the_readme_is_the_page_of_the_distribution() -> None:
    assert CONFIG["project"].get("readme", "README.md") == "README.md"
    assert (ROOT / "README.md").exists() == ("readme" in CONFIG["project"])


def test_import_is_light() -> None:
    code = "import catlearn, sys, json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert not HEAVY & set(json.loads(run.stdout))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_module_says_what_it_answers_and_what_it_offers(name: str) -> None:
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{name} has no docstring"
    only_words = all(isinstance(node, ast.Expr) for node in tree.body)
    assert only_words or hasattr(importlib.import_module(name), "__all__"), f"{name} has no __all__"


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    module = importlib.import_module(name)
    offered = [getattr(module, public) for public in getattr(module, "__all__", [])]
    mine = [x for x in offered if callable(x) and getattr(x, "__module__", None) == name]
    assert [x.__name__ for x in mine if not documented(x)] == []
    methods = [m for x in mine if inspect.isclass(x) for m in public_methods(x)]
    assert [m.__qualname__ for m in methods if not m.__doc__] == []


def documented(thing: object) -> bool:
    """Whether somebody wrote a docstring; a dataclass without one gets its signature instead."""
    return bool(thing.__doc__) and not thing.__doc__.startswith(f"{getattr(thing, '__name__', '')}(")


def public_methods(cls: type) -> list[object]:
    found = [getattr(m, "fget", None) or getattr(m, "func", None) or m for k, m in vars(cls).items() if k[0] != "_"]
    return [m for m in found if inspect.isfunction(m)]


MODEL = """
import catlearn as cl
from catlearn import Real, Wire


@cl.diagram(w=Real(10, 64), b=Real(10), x=Real(64))
def layer(w: Wire, b: Wire, x: Wire) -> Wire:
    return w @ x + b


both: cl.Diagram = layer >> layer
"""


def test_a_users_type_checker_accepts_the_keyword_spelling(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    wrong = tmp_path / "wrong.py"
    wrong.write_text(MODEL.replace("w=Real(10, 64)", "w=10"))
    cache = ROOT / ".mypy_cache" / "users"
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", "."]
    run = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    faults = [line for line in run.stdout.splitlines() if ": error:" in line]
    assert {line.split(":")[0] for line in faults} == {"wrong.py"}, run.stdout
    assert '"int"' in faults[0]


def test_all_names_at_once_hide_none_of_pythons_own() -> None:
    """`from catlearn import *` is for reading a repr back; `sum`, `max` and `compile` stay what they were."""
    catlearn = importlib.import_module("catlearn")
    assert not set(catlearn.__all__) & set(dir(builtins))
    assert callable(catlearn.sum)
    assert callable(catlearn.max)
    assert callable(catlearn.compile)
    names: dict[str, object] = {}
    exec("from catlearn import *", names)
    d = catlearn.reverse(
        catlearn.trace(lambda x, n: catlearn.sum(x * float("inf")), catlearn.Real(3) @ names["Bits"](2))
    )
    assert eval(repr(d), names) == d
