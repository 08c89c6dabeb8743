"""The public networks that tests and benchmarks read: 24 as BIF, four linear-Gaussian ones as JSON.

They belong to others and are not kept here. `make networks` runs this file: it gets the pgmpy wheel with pip, without
what pgmpy depends on, and unpacks them into a cache. Tests ask for `network(name)` and are skipped where it is absent.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

WHEEL = "pgmpy==1.1.2"
INSIDE = "pgmpy/utils/example_models/"
# fmt: off
DISCRETE = (
    "alarm", "andes", "asia", "barley", "cancer", "child", "diabetes", "earthquake", "hailfinder", "hepar2",
    "insurance", "link", "mildew", "munin", "munin1", "munin2", "munin3", "munin4", "pathfinder", "pigs", "sachs",
    "survey", "water", "win95pts",
)
# fmt: on
GAUSSIAN = ("arth150", "ecoli70", "magic-irri", "magic-niab")
FILES = tuple(f"{name}.bif.gz" for name in DISCRETE) + tuple(f"{name}.json" for name in GAUSSIAN)


def folder() -> Path:
    """Where the networks are kept: $CATLEARN_NETWORKS, or a folder of the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("CATLEARN_NETWORKS") or Path(cache) / "catlearn" / "networks")


def network(name: str) -> Path:
    """The file of a network such as "alarm"; skips the test where it is not there."""
    import pytest

    if name not in (*DISCRETE, *GAUSSIAN):
        raise ValueError(f"there is no network {name!r}; there are {', '.join((*DISCRETE, *GAUSSIAN))}")
    path = folder() / (f"{name}.bif.gz" if name in DISCRETE else f"{name}.json")
    if not path.is_file():
        pytest.skip(f"the network {name} is not there; run: make networks")
    return path


def main() -> int:
    """Get the networks, unless all are there; says in one line what was done."""
    target = folder()
    if missing := [name for name in FILES if not (target / name).is_file()]:
        try:
            fetch(target, missing)
        except (OSError, KeyError, zipfile.BadZipFile, subprocess.SubprocessError) as error:
            print(f"networks: {len(missing)} of {len(FILES)} are not there ({reason(error)}); tests skip them")  # noqa: T201
            return 1
    print(f"networks: {len(FILES)} are in {target}")  # noqa: T201
    return 0


def fetch(target: Path, names: list[str]) -> None:
    """Download the wheel and unpack these files, each written beside and then renamed."""
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        # For any Python: pgmpy is not run, and may not know the one that runs this.
        options = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--dest", scratch]
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download", *options, WHEEL]
        subprocess.run(pip, check=True, capture_output=True, text=True, timeout=300)
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            for name in names:
                beside = target / f".{name}.{os.getpid()}.part"
                beside.write_bytes(opened.read(INSIDE + name))
                os.replace(beside, target / name)


def reason(error: Exception) -> str:
    """What went wrong, in one line."""
    said = getattr(error, "stderr", None) or str(error)
    return (said.strip().splitlines() or [type(error).__name__])[-1][:200]


if __name__ == "__main__":
    sys.exit(main())
