"""What ascent found: the parameters, how it came by them, and the circuit that they make of the model.

>>> from catlearn.interpreters.circuits.ascending.models import lookup_table
>>> from catlearn.interpreters.circuits.ascending.run import ascent
>>> found = ascent(lookup_table(2, 1), [[0, 0], [1, 0], [0, 1], [1, 1]], [0, 1, 1, 0])
>>> found
Ascent(lookup_table: 4 samples, 2 changes)
>>> found.predict([[1, 0], [1, 1]]).tolist(), found.circuit
([[True], [False]], <circuit lookup_table: 2 input bits, 1 gates, 1 output bits, depth 1>)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.boolean.difference import difference
from catlearn.diagrams.wiring import Graph, names
from catlearn.interpreters.circuits.ascending.learner import closed_by
from catlearn.interpreters.circuits.ascending.models import settled
from catlearn.interpreters.circuits.ascending.samples import read_inputs, read_samples
from catlearn.interpreters.circuits.evaluator import Evaluator
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.packed import Packed, Words, unpack
from catlearn.interpreters.gradients.learner import Closed

__all__ = ["Ascent", "Change"]


@dataclass(frozen=True)
class Change:
    """A step that changed something.

    Attributes:
        step: its number, which is that of its sample, counted from 1; 0 is the start.
        flipped: how many bits of the parameters it flipped.
        score: the share of the validation samples that are right after it, or None without such samples.
    """

    step: int
    flipped: int
    score: float | None


@dataclass(frozen=True, eq=False, repr=False)
class Ascent:
    """What was learned. Made by `ascent`.

    Attributes:
        model: the circuit as it was given.
        parameters: the learned bits by the name of their input, those that were kept. Each (bits,) of bool.
        last: the same after the last step. They differ where validation samples chose earlier ones.
        history: the start, and each step that changed something.
        kept: the step whose parameters these are.
        steps: how many samples were gone through.
        reverse: the reverse derivative that was asked for.
    """

    model: Diagram
    parameters: Mapping[str, NDArray[np.bool_]]
    last: Mapping[str, NDArray[np.bool_]]
    history: tuple[Change, ...]
    kept: int
    steps: int
    reverse: str | Diagram

    def __repr__(self) -> str:
        name = getattr(self.model, "name", "") or "model"
        return f"Ascent({name}: {self.steps} samples, {len(self.history) - 1} changes)"

    @cached_property
    def closed(self) -> Closed:
        """The learner as lenses: model, displacement, and XOR in the optimizer's place. Its step is what was run.

        For `reverse="finite"` it is composed when it is first asked for, with a run of the model for each bit.
        """
        reverse = difference(self.model) if self.reverse == "finite" else self.reverse
        return closed_by(self.model, tuple(self.parameters), reverse)

    @cached_property
    def diagram(self) -> Graph:
        """The model with the parameters put in as constants."""
        return settled(self.model, self.parameters)

    @property
    def circuit(self) -> Netlist:
        """The gates of `diagram`: what a proof or an export reads."""
        return netlist(self.diagram)

    @cached_property
    def _run(self) -> Callable[[Words], Words]:
        run: Callable[[Words], Words] = Evaluator(self.circuit)
        return run

    @property
    def _given(self) -> tuple[str, ...]:
        return tuple(name for name in names(self.model) if name not in self.parameters)

    def predict(self, x: Any) -> NDArray[np.bool_]:
        """The output's bits for samples as `ascent` reads them. (samples, bits) of bool; raises `InputMismatch`."""
        inputs, count = read_inputs(self.model, self._given, x)
        return unpack(Packed(self._run(inputs), count))

    def accuracy(self, x: Any, y: Any) -> float:
        """The share of the samples all of whose bits are right. Raises `InputMismatch`."""
        samples = read_samples(self.model, self._given, x, y)
        return share_right(self._run(samples.inputs), samples.targets, samples.count)

    def draw(self, path: Any = None, **options: Any) -> Any:
        """Draw the learner's step: `Closed.draw`."""
        return self.closed.draw(path, **options)


def share_right(answers: Words, targets: Words, count: int) -> float:
    """The share of samples without a bit that differs."""
    wrong = np.bitwise_or.reduce(answers ^ targets, axis=0, keepdims=True)
    return (count - int(unpack(Packed(wrong, count)).sum())) / count
