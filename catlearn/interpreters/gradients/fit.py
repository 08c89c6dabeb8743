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
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.smooth.batch import batch as batched
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import names
from catlearn.errors import Diverged, InputMismatch
from catlearn.files import check_path
from catlearn.interpreters.gradients.curve import curve
from catlearn.interpreters.gradients.data import as_pairs, as_samples, batches, classes_of, count
from catlearn.interpreters.gradients.epoch import ROWS, mean_loss, one_epoch
from catlearn.interpreters.gradients.learner import BATCH, Closed
from catlearn.interpreters.gradients.progress import progress
from catlearn.interpreters.gradients.state import State, read_state, write_state
from catlearn.interpreters.program.compile import Compiled, compile

__all__ = ["Epoch", "Learner"]

Array = NDArray[np.float64]
Callback = Callable[["Epoch"], object]
PathOf = str | PathLike[str]


@dataclass(frozen=True)
class Epoch:
    """What a callback is told after each epoch.

    Attributes:
        number: of the epoch, from 1; it goes on counting when `fit` is called again.
        loss: the mean training loss over its samples, each taken before the step it led to.
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
        step: the training step, compiled; it overwrites the arrays of the state that it is given.
        batch: how many samples make a step.
        state: what training has reached. It is replaced whole after each epoch and never changed, so an interrupted
            `fit` leaves the state of the last whole epoch.
    """

    def __init__(self, closed: Closed, batch: int, seed: int, start: Mapping[str, Array]) -> None:
        self.closed, self.batch = closed, batch
        inputs, model, n = closed.step.names, closed.model, len(closed.state)
        types = {name: Ty.of((ob,)) for name, ob in zip(names(model), model.dom.obs, strict=True)}
        self._samples = {name: ty for name, ty in types.items() if name not in closed.learned}
        (target,) = closed.step.dom.obs[n + len(types) :]
        self._target = Ty.of((Ob(target.kind, target.sizes[1:]),))
        changed = inputs[: n + len(closed.learned)]
        self.step: Compiled = compile(closed.step, reuse={1 + i: name for i, name in enumerate(changed)})
        self._loss: Compiled = compile(closed.value)
        self._predict: Compiled = compile(batched(model, BATCH, over=self._samples))
        zeros = {name: np.zeros([int(s) for s in ob.sizes]) for name, ob in zip(inputs, closed.state.obs, strict=False)}
        whole = State({name: start[name] for name in closed.learned}, zeros, seed=seed)
        self.state = self._good = whole.at(whole.arrays, 0)

    def __repr__(self) -> str:
        learned = ", ".join(f"{name} {np.shape(value)}" for name, value in self.state.parameters.items())
        loss = f", loss {self.losses[-1]:.4g}" if self.losses else ""
        return f"<Learner of {learned}; {self.state.epoch} epochs{loss}>"

    @property
    def parameters(self) -> dict[str, Array]:
        """What has been learned, by name; copies."""
        return {name: value.copy() for name, value in self.state.parameters.items()}

    @property
    def losses(self) -> tuple[float, ...]:
        """The mean training loss of every epoch."""
        return self.state.losses

    @property
    def validation(self) -> tuple[float | None, ...]:
        """The validation loss of every epoch, None for those without a validation set."""
        return self.state.validation

    def fit(
        self,
        x: Any,
        y: Any,
        epochs: int = 10,
        validation: tuple[Any, Any] | None = None,
        patience: int | None = None,
        callbacks: Iterable[Callback] = (),
        checkpoint: PathOf | None = None,
        show: bool | None = None,
    ) -> Learner:
        """Train for some more epochs. The same seed and data give the same numbers, also when interrupted and resumed.

        Args:
            x: samples, an array of shape (samples, *shape of one); a dictionary by name where the model has several
                inputs that are not learned.
            y: targets, in the same order; whole numbers are classes.
            epochs: how many.
            validation: samples and targets that are not trained on; their loss is kept after every epoch.
            patience: stop when the validation loss has not been lower for this many epochs. However `fit` ends, it
                goes back to the parameters with which that loss was lowest.
            callbacks: functions of an `Epoch`, called in order; when one returns False, training stops.
            checkpoint: a file that is written after every epoch and at the end. A learner that has loaded the file of
                an interrupted `fit` goes on from it as if there had been no interruption, its patience as well.
            show: whether to show a progress bar; by default on a terminal only.

        Raises:
            InputMismatch: for arrays that do not fit the model, or settings that make no sense.
            Diverged: when a loss or a parameter is not finite; the learner then holds the last state that is known to
                be good, at most some 50 steps back.
            FileProblem: when the checkpoint cannot be written.
        """
        arrays, held_out = self._pairs(x, y), self._held_out(validation)
        path, heard = None if checkpoint is None else check_path(checkpoint), _functions(callbacks)
        count("epochs", epochs, 0)
        if patience is not None and held_out is None:
            raise InputMismatch("fit: patience needs a validation set to watch; give validation=(x, y)")
        if patience is not None:
            count("patience", patience, 1)
        else:
            self.state, self._good = replace(self.state, best=None), replace(self._good, best=None)
        begin = time.perf_counter()
        with progress(epochs, show) as bar:
            for _ in range(epochs):
                if patience is not None and self._waited() >= patience:
                    break
                self._advance(arrays, held_out, patience is not None)
                if path:
                    self.save(path)
                loss, checked = self.losses[-1], self.validation[-1]
                bar(loss, checked)
                told = Epoch(self.state.epoch, loss, checked, time.perf_counter() - begin, self)
                answers = [callback(told) for callback in heard]
                if any(isinstance(answer, bool | np.bool_) and not answer for answer in answers):
                    break
        if (best := self.state.best) is not None:
            self.state = self._good = replace(self.state.at(best.arrays, self.state.step), best=None)
            if path:
                self.save(path)
        return self

    def predict(self, x: Any) -> Array:
        """Predictions for samples, an array of shape (samples, *shape of one prediction). Raises `InputMismatch`."""
        arrays = as_samples(self._samples, x)
        known, order = self.state.parameters, self._predict.names
        made = []
        for part in batches(arrays, max(self.batch, ROWS)) if len(arrays[0]) else [arrays]:
            given = {**known, **dict(zip(self._samples, part, strict=True))}
            made.append(self._predict(*(given[name] for name in order)))
        return np.concatenate(made)

    def accuracy(self, x: Any, y: Any) -> float:
        """The share of samples whose largest prediction is their class; of all their parts, if there are several.

        Raises:
            InputMismatch: for arrays that do not fit the model, or when its predictions tell no classes apart.
        """
        *_, target = self._pairs(x, y)
        if not classes_of(self._target):
            raise InputMismatch(f"accuracy: a prediction {self._target!r} tells no classes apart; use loss")
        return float(np.mean(self.predict(x).argmax(-1) == target.argmax(-1)))

    def loss(self, x: Any, y: Any) -> float:
        """The mean loss on samples and targets. Raises `InputMismatch`."""
        return mean_loss(self._loss, [*self.state.parameters.values()], self._pairs(x, y), self.batch)

    def save(self, path: PathOf) -> Path:
        """Save what training has reached, as a safetensors file; `load` goes on from it. Raises `FileProblem`."""
        return write_state(self.state, self.closed.step, path)

    def load(self, path: PathOf) -> Learner:
        """Go on from a saved state of the same learner. Raises `FileProblem`, and then nothing has changed."""
        self.state = self._good = read_state(self.state, self.closed.step, path)
        return self

    def draw(self, path: Any = None, **options: Any) -> Any:
        """Draw the training step, a box for each pass; see `Closed.draw`."""
        return self.closed.draw(path, **options)

    def curve(self, path: PathOf) -> Path:
        """Draw the losses of all epochs. Raises `MissingExtra` without matplotlib, `DrawingError`, `FileProblem`."""
        return curve(path, self.losses, self.validation)

    def _pairs(self, x: Any, y: Any) -> list[Array]:
        return as_pairs(self._samples, self._target, x, y)

    def _held_out(self, validation: Any) -> list[Array] | None:
        if validation is None:
            return None
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise InputMismatch("fit: validation must be a pair, samples and targets; give validation=(x, y)")
        return self._pairs(*validation)

    def _advance(self, arrays: Sequence[Array], held_out: Sequence[Array] | None, watch: bool) -> None:
        """One epoch: the new state takes the place of the old one when it is whole, and if it is good."""
        checked = None
        number = self.state.epoch + 1
        with np.errstate(all="ignore"):
            done = one_epoch(self.step, self.state, self._good, arrays, self.batch)
            if done.end and held_out:
                checked = mean_loss(self._loss, [*done.end.parameters.values()], held_out, self.batch)
        if done.end is None or not math.isfinite(checked or 0.0):
            self.state = self._good = done.good
            what = "a loss or parameter" if done.end is None else "a validation loss"
            raise Diverged(
                f"fit: step {done.step} (epoch {number}) gave {what} that is not finite; the learner is "
                f"back at step {done.good.step}; try a smaller learning rate"
            )
        losses, validation = (*done.end.losses, done.loss), (*done.end.validation, checked)
        state = replace(done.end, epoch=number, losses=losses, validation=validation)
        if watch and checked is not None and checked < _lowest(state):
            state = replace(state, best=replace(state, best=None))
        self._good, self.state = done.good, state

    def _waited(self) -> int:
        """How many epochs ago the watched loss was lowest."""
        return self.state.epoch - self.state.best.epoch if self.state.best else 0


def _functions(given: Iterable[Callback]) -> list[Callback]:
    heard = list(given) if isinstance(given, Iterable) else [given]
    if strange := [each for each in heard if not callable(each)]:
        raise InputMismatch(f"fit: callbacks must be a list of functions of an Epoch; {strange[0]!r} is none")
    return heard


def _lowest(state: State) -> float:
    found = state.best.validation[-1] if state.best else None
    return math.inf if found is None else found
