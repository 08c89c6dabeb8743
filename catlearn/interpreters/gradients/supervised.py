"""Supervised learning: how a learner is made from a model of one sample, a loss and an optimizer.

>>> from catlearn import Real, diagram
>>> from catlearn.interpreters.gradients import adam, quadratic
>>> @diagram
... def line(w: Real(2), b: Real(), x: Real(2)):
...     return w @ x + b
>>> supervised(line, quadratic, adam(0.1)).fit([[0.0, 1.0], [1.0, 0.0]], [1.0, 0.0], epochs=3).state.step
3
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.optic import Optic
from catlearn.diagrams.wiring import names
from catlearn.errors import InputMismatch, TypeMismatch
from catlearn.interpreters.gradients.data import count
from catlearn.interpreters.gradients.fit import Learner
from catlearn.interpreters.gradients.initial import initial
from catlearn.interpreters.gradients.learner import close
from catlearn.interpreters.gradients.losses import Loss
from catlearn.interpreters.gradients.optimizers import Optimizer

__all__ = ["supervised"]


def supervised(
    model: Diagram, loss: Loss | Diagram, optimizer: Optimizer, batch: int = 32, inputs: Sequence[str] | None = None,
    seed: int = 0, start: Mapping[str, object] | None = None, rate: Optic | None = None, lens: Optic | None = None,
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
        lens: the model's two passes for a batch, in place of its reverse derivative; see `close`.

    Raises:
        InputMismatch, TypeMismatch: when names or types do not fit.
    """
    model = as_diagram(model)
    if len(model.cod) != 1 or not len(model.dom):
        found = f"{model.dom!r} -> {model.cod!r}"
        raise TypeMismatch(f"supervised: a model has inputs and one output, the prediction; this one is {found}")
    size, first, every = count("batch", batch, 1), count("seed", seed, 0), names(model)
    if not isinstance(inputs, str | Iterable | None):
        raise InputMismatch(f"supervised: inputs must be names, as in inputs=['x'], not {inputs!r}")
    given = [inputs] if isinstance(inputs, str) else [every[-1]] if inputs is None else list(inputs)
    learned = [name for name in every if name not in given]
    if not given or not learned:
        missing = "to be learned" if given else "for the samples"
        said = f"of the inputs {', '.join(every)} none is left {missing}"
        raise InputMismatch(f"supervised: {said}; name those that samples give, as in inputs=['x']")
    closed = close(model, loss, optimizer, learned, given, rate, lens)
    if len(closed.step.dom) != len(closed.state) + len(every) + 1:
        raise TypeMismatch("supervised: a loss reads the prediction and one target; use close for others")
    return Learner(closed, size, first, initial(model, learned, first, start))
