"""The closed learner: model, loss, learning rate and optimizer composed as lenses, so that nothing is left open.

Its put is one training step, a diagram like any other: it is drawn, counted and compiled as one program.
This is figure 6 of CFGBL, arXiv:2103.01931; with the optimizer on the model's input it is figure 7, deep dreaming.

    (S @ P, S @ P) --optimizer--> (P, P') --model--> (B, B') --loss--> (L, L') --rate--> (watched loss, nothing)

>>> from catlearn import Real, diagram
>>> from catlearn.interpreters.gradients.losses import quadratic
>>> from catlearn.interpreters.gradients.optimizers import momentum
>>> @diagram
... def line(w: Real(3), b: Real(), x: Real(3)):
...     return w @ x + b
>>> closed = close(line, quadratic, momentum(0.1), learned=["w", "b"], batched=["x"])
>>> closed.step.names
('state_w', 'state_b', 'w', 'b', 'x', 'target')
>>> closed.step.cod
Real() @ Real(3) @ Real() @ Real(3) @ Real()
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catlearn.diagrams.diagram import Diagram, identity, permutation
from catlearn.diagrams.optic import Optic, optic
from catlearn.diagrams.theories.smooth.arrays import mean
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.reverse import SMOOTH
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Real, Ty
from catlearn.diagrams.wiring import Graph, flatten, names, prune
from catlearn.errors import InputMismatch, TypeMismatch
from catlearn.interpreters.gradients.losses import Loss
from catlearn.interpreters.gradients.optimizers import Optimizer

__all__ = ["BATCH", "Closed", "close", "identity_lens"]

BATCH = "batch"
"""The name of the dimension that samples run along."""


@dataclass(frozen=True)
class Closed:
    """A closed learner.

    Attributes:
        learned: names of the inputs that the optimizer changes.
        state: the type of the optimizer's state.
        optic: the whole as an optic, `(S @ P @ rest, ...) -> (Real(), Ty())`.
        step: its two passes as a diagram, `S @ P @ rest @ target -> loss @ S @ P`.
        value: the loss alone, `P @ rest @ target -> Real()`.
        model: the model as it was written, for one sample.
    """

    learned: tuple[str, ...]
    state: Ty
    optic: Optic
    step: Graph
    value: Graph
    model: Diagram


def identity_lens(ty: Ty) -> Optic:
    """The lens that does nothing, with nothing kept."""
    return Optic((ty, ty), (ty, ty), Ty(), identity(ty), identity(ty))


def close(
    model: Diagram, loss: Loss | Diagram, optimizer: Optimizer, learned: Sequence[str], batched: Sequence[str],
    rate: Optic | None = None,
) -> Closed:  # fmt: skip
    """Close a model to a learner.

    Args:
        model: for one sample; it gives one prediction.
        loss: a loss, or a diagram `prediction @ target -> Real()`.
        optimizer: how the learned inputs take changes.
        learned: names of the inputs that are learned.
        batched: names of the inputs that differ from sample to sample; with none, there is one sample.
        rate: a learning rate in place of the optimizer's own.

    Raises:
        InputMismatch: when the model has no input of a given name.
        TypeMismatch: when the loss does not read what the model gives.
    """
    inputs = names(model)
    if unknown := [name for name in (*learned, *batched) if name not in inputs]:
        raise InputMismatch(f"learner: the model has no input {unknown[0]!r}; it has {', '.join(inputs)}")
    rest = [name for name in inputs if name not in learned]
    turned = permutation(model.dom, [inputs.index(name) for name in (*learned, *rest)])
    back = permutation(turned.cod, [[*learned, *rest].index(name) for name in inputs])
    ordered = Graph(flatten(back >> model), names=[*learned, *rest])
    parameters = ordered.dom[: len(learned)]
    error = loss if isinstance(loss, Diagram) else loss(model.cod)
    if error.dom[: len(model.cod)] != model.cod or error.cod != Real():
        raise TypeMismatch(f"learner: the loss must read {model.cod!r} and a target and give Real(), not {error.dom!r} -> {error.cod!r}")
    target = error.dom[len(model.cod) :]

    wide_model, wide_loss = _widen(ordered, error, len(model.cod), batched)
    data, goal = wide_model.dom[len(learned) :], wide_loss.dom[len(model.cod) :]
    whole = (
        (optimizer.lens(parameters) @ identity_lens(data @ goal))
        >> (optic(wide_model, SMOOTH) @ identity_lens(goal))
        >> optic(wide_loss, SMOOTH)
        >> (rate or optimizer.rate)
    )
    state = optimizer.state(parameters)
    step = prune(whole.both() >> permutation(whole.both().cod, range(1 + len(state) + len(parameters))))
    value = prune((wide_model @ identity(goal)) >> wide_loss)
    goals = ["target"] if len(target) == 1 else [f"target{i}" for i in range(len(target))]
    held = _state_names(state, parameters, learned)
    return Closed(
        tuple(learned), state, whole,
        Graph(flatten(step), "step", [*held, *learned, *rest, *goals]),
        Graph(flatten(value), "loss", [*learned, *rest, *goals]),
        model,
    )  # fmt: skip


def _widen(model: Graph, loss: Diagram, outputs: int, batched: Sequence[str]) -> tuple[Diagram, Diagram]:
    """Model and mean loss for many samples."""
    if not batched:
        return model, loss
    wide = batch(model, BATCH, over=batched)
    if any(ob == old for ob, old in zip(wide.cod.obs, model.cod.obs, strict=True)):
        raise TypeMismatch(f"learner: the prediction does not depend on {', '.join(batched)}")
    named = Graph(flatten(loss), names=[f"p{i}" for i in range(len(loss.dom))])
    losses = batch(named, BATCH, over=named.names)
    return wide, losses >> trace(lambda values: mean(values), Real(BATCH))


def _state_names(state: Ty, parameters: Ty, learned: Sequence[str]) -> list[str]:
    """Names for the optimizer's state: after the parameter that each part belongs to, where it is as long."""
    found = []
    for i in range(len(state)):
        turn, k = divmod(i, len(parameters)) if parameters else (0, i)
        fits = k < len(parameters) and state.obs[i] == parameters.obs[k]
        found.append(f"state{turn or ''}_{learned[k]}" if fits else f"state_{i}")
    return found
