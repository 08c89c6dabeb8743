"""What chains have reached, in one file, so that they go on exactly where they stopped.

A safetensors file: arrays, and a header of JSON with the settings, so that it cannot be mistaken for that of other
chains. It is written beside the old one, then renamed: a kill at any moment leaves a whole file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import FileProblem, short
from catlearn.files import write_beside
from catlearn.interpreters.bffg.mcmc.chain import Record, State, generator_at
from catlearn.interpreters.bffg.mcmc.plan import Plan
from catlearn.interpreters.bffg.mcmc.tuning import Tuning

__all__ = ["Reached", "read_checkpoint", "settings_of", "write_checkpoint"]

Array = NDArray[Any]
HEADER, FORMAT = "catlearn", "chains 1"


@dataclass(frozen=True, eq=False)
class Reached:
    """How far all chains are, and what was kept of them.

    Attributes:
        states: of each chain.
        parts: of each chain, what was kept of its steps, piece by piece.
    """

    states: tuple[State, ...]
    parts: tuple[tuple[Record, ...], ...]

    @property
    def step(self) -> int:
        """How many steps each chain has done."""
        return self.states[0].step

    @property
    def log_weights(self) -> Array:
        """All that were kept, (chains, rows)."""
        return np.stack([np.concatenate([np.empty(0), *(part.log_weights for part in each)]) for each in self.parts])

    def draws(self, name: str) -> Array:
        """All that was kept of a parameter or a wire, (chains, rows, ...)."""
        return np.stack([np.concatenate([part.draws[name] for part in each if part.draws]) for each in self.parts])

    def followed(self, more: Sequence[tuple[State, Record]]) -> Reached:
        """After further steps."""
        parts = tuple((*old, new) for old, (_, new) in zip(self.parts, more, strict=True))
        return Reached(tuple(state for state, _ in more), parts)


def settings_of(plan: Plan, chains: int, seed: int) -> dict[str, Any]:
    """What must be the same for a chain to go on, as plain data."""
    found = {
        "parameters": {name: _said(prior) for name, prior in zip(plan.params.names, plan.params.priors, strict=True)},
        "innovations of the shapes": plan.layout.shapes,
        "blocks": plan.blocks,
        "groups": plan.groups,
        "keep": plan.keep,
        "warmup": plan.warmup,
        "thin": plan.thin,
        "start": {name: np.asarray(value, np.float64).tolist() for name, value in plan.start.items()},
        "chains": chains,
        "seed": seed,
    }
    # Through JSON, in which there are no tuples, so that it equals what is read.
    plain: dict[str, Any] = json.loads(json.dumps(found))
    return plain


def _said(prior: Any) -> str:
    """A prior in words that are the same in every process, which the repr of a function is not."""
    parts = (f"{x.__module__}.{x.__qualname__}" if hasattr(x, "__qualname__") else repr(x) for x in prior.data())
    return f"{type(prior).__name__}({', '.join(parts)})"


def write_checkpoint(path: str | os.PathLike[str], settings: Mapping[str, Any], reached: Reached) -> Path:
    """Save how far chains are. Raises `FileProblem`."""
    from safetensors.numpy import save

    random = [dict(state.random) for state in reached.states]
    header = {"format": FORMAT, "settings": settings, "step": reached.step, "random": random}
    arrays = {f"{i}/{name}": array for i, state in enumerate(reached.states) for name, array in _arrays(state).items()}
    arrays["log_weights"] = reached.log_weights
    if arrays["log_weights"].size:
        arrays |= {f"draws/{name}": reached.draws(name) for name in (*settings["parameters"], *settings["keep"])}
    # safetensors writes the memory as it lies.
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    try:
        content = save(arrays, metadata={HEADER: json.dumps({**header, "digest": _digest(header, arrays)})})
    except UnicodeEncodeError as error:
        raise FileProblem(f"cannot write {path}: {error.object!r} is no text that a file can hold; rename it") from None
    return write_beside(path, content)


def _digest(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    """A sum of everything, so that no damage goes unseen."""
    found = blake2b(json.dumps(header, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def _arrays(state: State) -> dict[str, Array]:
    found: dict[str, Array] = {name: getattr(state, name) for name in ("innovations", "vector", "accepted")}
    found["log_weight"] = np.array([state.log_weight])
    for j, tuning in enumerate(state.tunings):
        numbers = [tuning.log_step, tuning.goal, tuning.ceiling, tuning.updates]
        found |= {f"{j}/numbers": np.array(numbers), f"{j}/mean": tuning.mean, f"{j}/spread": tuning.spread}
    return found


def read_checkpoint(path: str | os.PathLike[str], settings: Mapping[str, Any], plan: Plan) -> Reached:
    """Load how far chains of these settings are.

    Raises:
        FileProblem: when the file is cut short or damaged, is no such file, or is that of other chains.
    """
    with _opened(path) as file:
        try:
            header = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            if header.get("format") != FORMAT:
                raise FileProblem(f"{path}: is no checkpoint of chains; give another name, or remove it")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if header.pop("digest") != _digest(header, arrays):
                raise ValueError("its sum is another")
            _compare(path, header["settings"], settings)
            numbered = list(zip(range(settings["chains"]), header["random"], strict=True))
            states = tuple(_state(arrays, i, int(header["step"]), random, plan) for i, random in numbered)
            records = _records(arrays, states, plan)
        except (AttributeError, KeyError, ValueError, TypeError, RecursionError) as error:
            raise FileProblem(f"{path}: is damaged: {error}; remove it, or take an older one") from None
    return Reached(states, tuple((record,) for record in records))


def warmup_of(path: str | os.PathLike[str]) -> int | None:
    """How many steps of warm-up the chains of a checkpoint have; None where there is no such file, or it is damaged."""
    if not os.path.exists(path):  # noqa: PTH110
        return None
    with _opened(path) as file:
        try:
            return int(json.loads((file.metadata() or {}).get(HEADER, "{}"))["settings"]["warmup"])
        except (AttributeError, KeyError, ValueError, TypeError, RecursionError):
            return None  # reading it in full will say what is wrong


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            yield file
    except FileProblem:
        raise
    except (SafetensorError, OSError, ValueError) as error:
        raise FileProblem(f"{path}: is no whole checkpoint ({error}); remove it, or take an older one") from None


def _compare(path: str | os.PathLike[str], theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    for name, value in ours.items():
        if theirs.get(name) != value:
            said = f"was made with {name} {short(theirs.get(name))}, not {short(value)}"
            raise FileProblem(f"{path}: {said}; sample as then to go on, or give another name to begin anew")


def _state(arrays: Mapping[str, Array], i: int, step: int, random: Any, plan: Plan) -> State:
    """One chain. Raises `ValueError`, `KeyError` or `TypeError` where it is damaged."""
    tunings = tuple(_tuning(arrays, f"{i}/{j}") for j in range(len(plan.names)))
    parts = tuple(arrays[f"{i}/{name}"] for name in ("innovations", "vector", "accepted", "log_weight"))
    shapes = (plan.layout.size,), plan.params.draw(np.random.default_rng(0)).shape, (len(tunings),), (1,)
    if tuple(part.shape for part in parts) != shapes or not all(np.isfinite(part).all() for part in parts):
        raise ValueError(f"chain {i} has arrays of other shapes, or numbers that are not finite")
    generator_at(random)  # which refuses what is no state
    flat, vector, accepted, log_weight = parts
    return State(step, flat, vector, float(log_weight[0]), tunings, accepted, dict(random))


def _tuning(arrays: Mapping[str, Array], prefix: str) -> Tuning:
    log_step, goal, ceiling, updates = arrays[f"{prefix}/numbers"].tolist()
    return Tuning(log_step, goal, ceiling, arrays[f"{prefix}/mean"], arrays[f"{prefix}/spread"], int(updates))


def _records(arrays: Mapping[str, Array], states: Sequence[State], plan: Plan) -> list[Record]:
    """What was kept of each chain. Raises `ValueError` or `KeyError` where it is damaged."""
    step = states[0].step
    shape = len(states), max(step - plan.warmup, 0) // plan.thin
    names = (*plan.params.names, *plan.keep) if shape[1] else ()
    log_weights, draws = arrays["log_weights"], {name: arrays[f"draws/{name}"] for name in names}
    if any(array.shape[:2] != shape for array in (log_weights, *draws.values())):
        raise ValueError(f"it says {step} steps, and has not {shape[1]} rows of each variable")
    return [Record(log_weights[i], {name: rows[i] for name, rows in draws.items()}) for i in range(len(states))]
