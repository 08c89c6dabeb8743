"""What the README shows is run, block after block, as a reader would."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_blocks_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) >= 6
    # One file, so that annotations and functions are found as in a script of the reader's.
    script = tmp_path / "readme.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    space: dict[str, object] = {"__name__": "readme"}
    exec(compile(script.read_text(encoding="utf-8"), str(script), "exec"), space)
    assert (tmp_path / "layer.svg").is_file()
    assert (tmp_path / "digits.safetensors").is_file()


def test_the_numbers_it_shows_are_those_that_come_out() -> None:
    import numpy as np

    import catlearn as cl
    from catlearn import Real

    energy = cl.trace(lambda x: cl.sum(cl.exp(x) * x), Real(3))
    found = cl.compile(cl.jacobian(cl.gradient(energy)))([0.0, 1.0, 2.0])
    shown = re.search(r"array\((\[\[.*?\]\])\), rounded", README)
    assert shown is not None
    np.testing.assert_allclose(found.round(2), np.array(eval(shown.group(1))))


def test_what_it_points_at_is_there() -> None:
    for target in re.findall(r"(?:src|srcset)=\"([^\"]+)\"", README):
        assert (ROOT / target).is_file()
    for name in ("docs/architecture.md", "CONTRIBUTING.md", "examples", "benchmarks"):
        assert name in README
        assert (ROOT / name).exists()


def test_the_commands_are_those_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
