"""What training has reached, saved in one file: parameters, the optimizer's state, and how far it is.

The file is a safetensors file. A digest of the training step is in its header, so that it cannot be mistaken for the
state of another learner.

>>> import numpy as np
>>> state = State({"w": np.ones(2)}, {})
>>> state.at([np.zeros(2)], step=1).parameters
{'w': array([0., 0.])}
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.bridges.json import dumps
from catlearn.diagrams.diagram import Diagram
from catlearn.errors import FileProblem
from catlearn.files import write_beside

__all__ = ["State", "digest", "read_state", "write_state"]

Array = NDArray[np.float64]
HEADER, FORMAT = "catlearn", "state 1"
COUNTS = ("epoch", "step", "seed")


@dataclass(frozen=True)
class State:
    """What training has reached.

    Attributes:
        parameters, optimizer: arrays by name.
        epoch: how many epochs are done.
        step: how many steps are done.
        seed: of the order of the samples.
        losses: the mean training loss of every epoch.
        validation: the validation loss of every epoch, None for those without one.
        best: while a validation loss is watched, the state in which it was lowest.
    """

    parameters: Mapping[str, Array]
    optimizer: Mapping[str, Array]
    epoch: int = 0
    step: int = 0
    seed: int = 0
    losses: tuple[float, ...] = ()
    validation: tuple[float | None, ...] = ()
    best: State | None = None

    @property
    def arrays(self) -> list[Array]:
        """All arrays, those of the optimizer first."""
        return [*self.optimizer.values(), *self.parameters.values()]

    @property
    def finite(self) -> bool:
        """Whether all numbers are finite."""
        return all(np.isfinite(array).all() for array in self.arrays)

    def at(self, arrays: Sequence[Any], step: int) -> State:
        """This state with copies of these arrays, in the order of `arrays`, after so many steps."""
        copies = [np.array(array, np.float64) for array in arrays]
        for copy in copies:
            copy.flags.writeable = False
        n = len(self.optimizer)
        optimizer = dict(zip(self.optimizer, copies[:n], strict=True))
        parameters = dict(zip(self.parameters, copies[n:], strict=True))
        return replace(self, optimizer=optimizer, parameters=parameters, step=step)


def digest(d: Diagram) -> str:
    """A name for a diagram that is the same on every machine: SHA-256 of its JSON.

    >>> from catlearn import Box, Ty
    >>> digest(Box("f", Ty("X"), Ty("X")))[:8] == digest(Box("g", Ty("X"), Ty("X")))[:8]
    False
    """
    return hashlib.sha256(dumps(d).encode()).hexdigest()


def write_state(state: State, step: Diagram, path: str | os.PathLike[str]) -> Path:
    """Save a state; what was in the file stays until the new one is whole. Raises `FileProblem`."""
    from safetensors.numpy import save

    header: dict[str, Any] = {"format": FORMAT, "learner": digest(step), "now": _numbers(state)}
    arrays = _named("now", state)
    if state.best is not None:
        header["best"] = _numbers(state.best)
        arrays |= _named("best", state.best)
    try:
        # All under one key: safetensors writes several in any order, and the same state should give the same file.
        content = save(arrays, metadata={HEADER: json.dumps(header)})
    except UnicodeEncodeError as error:
        raise FileProblem(f"cannot write {path}: {error.object!r} is no text that a file can hold; rename it") from None
    return write_beside(path, content)


def _numbers(state: State) -> dict[str, Any]:
    return {name: getattr(state, name) for name in (*COUNTS, "losses", "validation")}


def _named(prefix: str, state: State) -> dict[str, Array]:
    """All arrays by the names they have in a file, in the order of `State.arrays`."""
    parts = (("optimizer", state.optimizer), ("parameters", state.parameters))
    return {f"{prefix}/{part}/{name}": array for part, arrays in parts for name, array in arrays.items()}


def read_state(like: State, step: Diagram, path: str | os.PathLike[str]) -> State:
    """Load a state of this learner.

    Args:
        like: a state with arrays of the same names and shapes.
        step: the learner's training step.
        path: of the file.

    Raises:
        FileProblem: when the file is missing, cut short, no such file, or that of another model or optimizer.
    """
    with _opened(path) as file:
        try:
            header = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            if header.get("format") != FORMAT:
                raise FileProblem(f"{path}: is not a saved learner; give a file that `save` wrote")
            if header.get("learner") != digest(step):
                raise FileProblem(f"{path}: is of another model, loss or optimizer; build the same learner to load it")
            found = _state(like, file, "now", header["now"])
            return replace(found, best=_state(like, file, "best", header["best"]) if "best" in header else None)
        except (AttributeError, KeyError, ValueError, TypeError) as error:
            raise FileProblem(f"{path}: is damaged: {error}; load an older one") from None


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    try:
        if not Path(path).is_file():
            raise FileProblem(f"{path}: there is no such file")
        with safe_open(path, framework="numpy") as file:
            yield file
    except FileProblem:
        raise
    except TypeError:
        raise FileProblem(f"{path!r} is not the name of a file; give another") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise FileProblem(f"{path}: is not a whole safetensors file ({error}); load another one") from None


def _state(like: State, file: Any, prefix: str, numbers: Mapping[str, Any]) -> State:
    """One of the states in a file. Raises `ValueError`, `KeyError` or `TypeError` where it is damaged."""
    arrays = [_array(file, name, shaped.shape) for name, shaped in _named(prefix, like).items()]
    epoch, step, seed = (int(numbers[name]) for name in COUNTS)
    losses = tuple(map(float, numbers["losses"]))
    validation = tuple(None if loss is None else float(loss) for loss in numbers["validation"])
    if min(epoch, step, seed) < 0 or not len(losses) == len(validation) == epoch:
        raise ValueError(f"it says {epoch} epochs and {step} steps, with {len(losses)} losses")
    found = replace(like, epoch=epoch, seed=seed, losses=losses, validation=validation, best=None).at(arrays, step)
    if not found.finite:
        raise ValueError("it holds numbers that are not finite")
    return found


def _array(file: Any, name: str, shape: tuple[int, ...]) -> Array:
    if name not in file.keys():  # noqa: SIM118
        raise ValueError(f"there is no array {name}")
    found = file.get_slice(name)
    if found.get_dtype() != "F64" or tuple(found.get_shape()) != shape:
        raise ValueError(f"{name} is no array of float64 of shape {shape}")
    array: Array = file.get_tensor(name)
    return array
