"""Training: run the learner's step over batches of samples, watch the loss, and know when to stop.

>>> import numpy as np
>>> from catlearn import Real, diagram
>>> from catlearn.interpreters.gradients import gradient_descent, quadratic, supervised
>>> @diagram
... def line(w: Real(2), b: Real(), x: Real(2)):
...     return w @ x + b
>>> x = np.random.default_rng(0).normal(size=(256, 2))
>>> model = supervised(line, loss=quadratic, optimizer=gradient_descent(0.3), batch=32)
>>> _ = model.fit(x, x @ [2.0, -1.0] + 0.5, epochs=20)
>>> model.parameters["w"].round(3), float(model.parameters["b"].round(3))
(array([ 2., -1.]), 0.5)
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.optic import Optic
from catlearn.diagrams.theories.smooth.batch import batch as batched
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import names
from catlearn.errors import Diverged, FileProblem, InputMismatch, TypeMismatch
from catlearn.interpreters.gradients.data import as_samples, as_targets, batches
from catlearn.interpreters.gradients.initial import initial
from catlearn.interpreters.gradients.learner import BATCH, Closed, close
from catlearn.interpreters.gradients.losses import Loss
from catlearn.interpreters.gradients.optimizers import Optimizer
from catlearn.interpreters.gradients.progress import progress
from catlearn.interpreters.gradients.state import State, read_state, write_state
from catlearn.interpreters.program.compile import Compiled, compile

__all__ = ["Epoch", "Learner", "supervised"]

Array = NDArray[np.float64]
Callback = Callable[["Epoch"], object]
SNAPSHOT = 50  # steps between copies of a state that is known to be good


@dataclass(frozen=True)
class Epoch:
    """What a callback is told after each epoch.

    Attributes:
        number: of the epoch, from 1.
        loss: the mean training loss over its steps.
        validation: the loss on the validation set, or None without one.
        seconds: since `fit` was called.
        learner: the learner, at the end of this epoch.
    """

    number: int
    loss: float
    validation: float | None
    seconds: float
    learner: Learner


class Learner:
    """A model with a loss and an optimizer, and what it has learned so far. Made by `supervised`.

    Attributes:
        closed: the closed learner; `closed.step` is its training step as a diagram.
        step: the training step, compiled.
        state: what training has reached.
    """

    def __init__(self, closed: Closed, batch: int, seed: int, start: Mapping[str, Array]) -> None:
        self.closed, self.batch = closed, batch
        inputs = closed.step.names
        self._held = inputs[: len(closed.state)]
        self._data = [name for name in names(closed.model) if name not in closed.learned]
        changed = [*self._held, *closed.learned]
        self.step: Compiled = compile(closed.step, reuse={1 + i: name for i, name in enumerate(changed)})
        self._loss = compile(closed.value)
        self._predict: Compiled | None = None
        zeros = {n: np.zeros(tuple(ob.sizes)) for n, ob in zip(self._held, closed.state.obs, strict=True)}
        self.state = State(dict(start), zeros, seed=seed)

    @property
    def parameters(self) -> dict[str, Array]:
        """What has been learned, by name; copies."""
        return {name: np.array(value) for name, value in self.state.parameters.items()}

    @property
    def losses(self) -> tuple[float, ...]:
        """The mean training loss of every epoch."""
        return self.state.losses

    def fit(
        self,
        x: Any,
        y: Any,
        epochs: int = 10,
        validation: tuple[Any, Any] | None = None,
        patience: int | None = None,
        callbacks: Iterable[Callback] = (),
        checkpoint: str | Path | None = None,
        show: bool | None = None,
    ) -> Learner:
        """Train for some more epochs. The same seed and data give the same numbers, also when interrupted and resumed.

        Args:
            x: samples, an array of shape (samples, *shape of one); a dictionary by name where the model has several
                inputs that are not learned.
            y: targets, in the same order; whole numbers are classes.
            epochs: how many.
            validation: samples and targets that are not trained on; their loss is kept after every epoch.
            patience: stop when the validation loss has not been lower for this many epochs, and go back to the best.
            callbacks: functions of an `Epoch`; one that returns False stops training.
            checkpoint: a file that is written after every epoch, and that `load` goes on from.
            show: whether to show a progress bar; by default on a terminal only.

        Raises:
            InputMismatch: for arrays that do not fit the model.
            Diverged: when the loss is not finite; the learner then holds the last state that is known to be good.
        """
        arrays = self._arrays(x, y)
        held_out = self._arrays(*validation) if validation is not None else None
        if patience is not None and held_out is None:
            raise InputMismatch("fit: patience needs a validation set to watch")
        begin, best, waited = time.perf_counter(), (math.inf, self.state), 0
        heard = list(callbacks)
        with progress(epochs, show) as bar:
            for _ in range(epochs):
                loss = self._epoch(arrays)
                checked = self._mean_loss(held_out) if held_out else None
                kept = self.state.validation if checked is None else (*self.state.validation, checked)
                self.state = replace(
                    self.state, epoch=self.state.epoch + 1, losses=(*self.state.losses, loss), validation=kept
                )
                if checkpoint is not None:
                    self.save(checkpoint)
                bar(loss, checked)
                told = Epoch(self.state.epoch, loss, checked, time.perf_counter() - begin, self)
                stop = [answer for answer in [f(told) for f in heard] if answer is False]
                if checked is not None and patience is not None:
                    waited = 0 if checked < best[0] else waited + 1
                    best = (checked, self._copy()) if checked < best[0] else best
                if stop or (patience is not None and waited > patience):
                    break
        if patience is not None and math.isfinite(best[0]):
            self.state = replace(best[1], losses=self.state.losses, validation=self.state.validation, epoch=self.state.epoch, step=self.state.step)
        return self

    def predict(self, x: Any) -> Array:
        """Predictions for samples, an array of shape (samples, *shape of one prediction)."""
        if self._predict is None:
            self._predict = compile(batched(self.closed.model, BATCH, over=self._data))
        arrays = dict(zip(self._data, self._samples(x), strict=True))
        found: Array = self._predict(**{**arrays, **self.state.parameters})
        return found

    def accuracy(self, x: Any, y: Any) -> float:
        """The share of samples whose largest prediction is their class."""
        if not len(self._arrays(x, y)[-1]):
            raise InputMismatch("accuracy: there are no samples")
        target = as_targets(y, self._target)
        return float(np.mean(self.predict(x).argmax(-1) == target.argmax(-1)))

    def loss(self, x: Any, y: Any) -> float:
        """The mean loss on samples and targets."""
        return self._mean_loss(self._arrays(x, y))

    def save(self, path: str | Path) -> Path:
        """Save what training has reached, as a safetensors file; `load` goes on from it. Raises `FileProblem`."""
        return write_state(self.state, self.closed.step, path)

    def load(self, path: str | Path) -> Learner:
        """Go on from a saved state of the same learner. Raises `FileProblem`."""
        read = read_state(self.closed.step, path)
        try:
            optimizer = {name: read.optimizer[name] for name in self._held}
            self.state = replace(read, optimizer=optimizer, parameters={n: read.parameters[n] for n in self.closed.learned})
        except KeyError as error:
            raise FileProblem(f"{path}: holds no array {error.args[0]!r}") from None
        return self

    def draw(self, path: Any = None, **options: Any) -> Any:
        """Draw the training step, with its backward pass and the learned inputs in colors of their own."""
        return self.closed.step.draw(path, parameters=self.closed.learned, **options)

    @property
    def _target(self) -> Ty:
        model, step = self.closed.model, self.closed.step
        return Ty.of((type(ob)(ob.kind, ob.sizes[1:]) for ob in step.dom.obs[len(self._held) + len(names(model)) :]))

    def _samples(self, x: Any) -> list[Array]:
        given = x if isinstance(x, Mapping) else {self._data[0]: x} if len(self._data) == 1 else {}
        if set(given) != set(self._data):
            raise InputMismatch(f"the model needs samples for {', '.join(self._data)}, by name; got {', '.join(map(str, given)) or 'one array'}")
        model = self.closed.model
        types = {name: Ty.of((ob,)) for name, ob in zip(names(model), model.dom.obs, strict=True)}
        arrays = [as_samples(name, given[name], types[name]) for name in self._data]
        if len({len(a) for a in arrays}) != 1:
            raise InputMismatch(f"there must be as many samples of each of {', '.join(self._data)}")
        return arrays

    def _arrays(self, x: Any, y: Any) -> list[Array]:
        samples, target = self._samples(x), as_targets(y, self._target)
        if len(target) != len(samples[0]) or not len(target):
            raise InputMismatch(f"there are {len(samples[0])} samples and {len(target)} targets; give as many, and some")
        return [*samples, target]

    def _epoch(self, arrays: Sequence[Array]) -> float:
        """One pass over the samples, in an order that depends on the seed and the number of the epoch alone."""
        state = self._copy()
        values = [*state.optimizer.values(), *state.parameters.values()]
        order = np.random.default_rng([state.seed, state.epoch]).permutation(len(arrays[0]))
        total, step, good = 0.0, state.step, self.state
        for chosen in batches(arrays, self.batch, order):
            before = self._named(state, values, step, copy=True) if (step - good.step) >= SNAPSHOT else None
            loss, *values = self.step(*values, *chosen)
            step += 1
            if not math.isfinite(loss):
                self.state = good
                raise Diverged(
                    f"fit: the loss is {loss} in step {step} (epoch {state.epoch + 1}); the state after step {good.step} "
                    "is kept; try a smaller learning rate"
                )
            good = before or good
            total += float(loss) * len(chosen[0])
        self.state = self._named(state, values, step)
        return total / len(order)

    def _named(self, state: State, values: Sequence[Any], step: int, copy: bool = False) -> State:
        arrays = [np.array(v, np.float64, copy=copy or None) for v in values]
        n = len(self._held)
        optimizer, learned = dict(zip(self._held, arrays[:n], strict=True)), zip(self.closed.learned, arrays[n:], strict=True)
        return replace(state, optimizer=optimizer, parameters=dict(learned), step=step)

    def _copy(self) -> State:
        return self._named(self.state, [*self.state.optimizer.values(), *self.state.parameters.values()], self.state.step, True)

    def _mean_loss(self, arrays: Sequence[Array]) -> float:
        order, total = np.arange(len(arrays[0])), 0.0
        for chosen in batches(arrays, max(self.batch, 1024), order):
            total += float(self._loss(*self.state.parameters.values(), *chosen)) * len(chosen[0])
        return total / len(order)


def supervised(
    model: Diagram, loss: Loss | Diagram, optimizer: Optimizer, batch: int = 32, inputs: Sequence[str] | None = None,
    seed: int = 0, start: Mapping[str, object] | None = None, rate: Optic | None = None,
) -> Learner:  # fmt: skip
    """A learner for a model of one sample: all its inputs are learned but for those that the samples give.

    Args:
        model: a diagram with one output, the prediction.
        loss: such as `softmax_cross_entropy`, or a diagram `prediction @ target -> Real()`.
        optimizer: such as `adam()`.
        batch: how many samples make a step.
        inputs: names of the inputs that samples give; the last one by default.
        seed: of the first parameters and of the order of samples.
        start: first values for some parameters; the others are drawn by `initial`.
        rate: a learning rate lens in place of the optimizer's own.

    Raises:
        InputMismatch, TypeMismatch: when names or types do not fit.
    """
    model = as_diagram(model)
    if len(model.cod) != 1 or not len(model.dom):
        raise TypeMismatch(f"supervised: a model has inputs and one output, the prediction; this one is {model.dom!r} -> {model.cod!r}")
    if not isinstance(batch, int) or batch < 1:
        raise InputMismatch(f"supervised: batch must be a number of samples from 1 up, not {batch!r}")
    every = names(model)
    given = list(inputs) if inputs is not None else [every[-1]]
    learned = [name for name in every if name not in given]
    closed = close(model, loss, optimizer, learned, given, rate)
    return Learner(closed, batch, seed, initial(model, learned, seed, start))
