"""What training has reached, saved in one file: parameters, the optimizer's state, and how far it is.

The file is a safetensors file; the model it belongs to is in its header as JSON, so it cannot be mistaken for another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.bridges.json import dumps
from catlearn.diagrams.diagram import Diagram
from catlearn.errors import FileProblem
from catlearn.files import write_beside

__all__ = ["State", "digest", "read_state", "write_state"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class State:
    """What training has reached.

    Attributes:
        parameters, optimizer: arrays by name.
        epoch: how many epochs are done.
        step: how many steps are done.
        seed: of the order of the samples.
        losses: the mean training loss of every epoch.
        validation: the validation loss of every epoch that had one.
    """

    parameters: Mapping[str, Array]
    optimizer: Mapping[str, Array]
    epoch: int = 0
    step: int = 0
    seed: int = 0
    losses: tuple[float, ...] = ()
    validation: tuple[float, ...] = field(default=())


def digest(d: Diagram) -> str:
    """A name for a diagram that is the same on every machine: SHA-256 of its JSON."""
    return hashlib.sha256(dumps(d).encode()).hexdigest()


def write_state(state: State, step: Diagram, path: str | Path) -> Path:
    """Save a state; what was in the file stays until the new one is whole. Raises `FileProblem`."""
    from safetensors.numpy import save

    arrays = {f"{kind}/{name}": np.ascontiguousarray(a) for kind, part in _parts(state) for name, a in part.items()}
    numbers = {
        "epoch": state.epoch, "step": state.step, "seed": state.seed,
        "losses": state.losses, "validation": state.validation,
    }  # fmt: skip
    header = {"format": "catlearn state 1", "learner": digest(step), "progress": json.dumps(numbers)}
    return write_beside(Path(path), save(arrays, metadata=header))


def _parts(state: State) -> list[tuple[str, Mapping[str, Array]]]:
    return [("parameters", state.parameters), ("optimizer", state.optimizer)]


def read_state(step: Diagram, path: str | Path) -> State:
    """Load a state of this learner.

    Raises:
        FileProblem: when the file is missing, cut short, no such file, or that of another model or optimizer.
    """
    header, arrays = _open(Path(path))
    if not str(header.get("format", "")).startswith("catlearn state"):
        raise FileProblem(f"{path}: is not a saved learner")
    if header.get("learner") != digest(step):
        raise FileProblem(f"{path}: was saved from another model, loss or optimizer; build the same learner to load it")
    found: dict[str, dict[str, Array]] = {"parameters": {}, "optimizer": {}}
    for key, array in arrays.items():
        kind, _, name = key.partition("/")
        found.setdefault(kind, {})[name] = array
    try:
        numbers = json.loads(header["progress"])
        return State(
            found["parameters"], found["optimizer"], int(numbers["epoch"]), int(numbers["step"]), int(numbers["seed"]),
            tuple(map(float, numbers["losses"])), tuple(map(float, numbers["validation"])),
        )  # fmt: skip
    except (KeyError, ValueError, TypeError) as error:
        raise FileProblem(f"{path}: its header is damaged ({error})") from None


def _open(path: Path) -> tuple[dict[str, str], dict[str, Array]]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileProblem(f"{path}: there is no such file")
    try:
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {}), {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise FileProblem(f"{path}: is not a whole safetensors file ({error})") from None
