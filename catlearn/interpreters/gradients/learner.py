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

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram, as_diagram, identity, permutation
from catlearn.diagrams.optic import Optic, optic
from catlearn.diagrams.theories.derivative import theory_of
from catlearn.diagrams.theories.smooth.arrays import mean
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Real, Ty
from catlearn.diagrams.wiring import Graph, flatten, names, prune, unfolded
from catlearn.errors import InputMismatch, TypeMismatch
from catlearn.interpreters.gradients.folding import fold_passes, narrowed
from catlearn.interpreters.gradients.losses import Loss
from catlearn.interpreters.gradients.optimizers import Optimizer

__all__ = ["BATCH", "Closed", "close", "identity_lens"]

BATCH = "batch"
"""The name of the dimension that samples run along."""

PUT, RATE = ", put", "rate"  # how pictures call the optimizer's second pass, and the learning rate


@dataclass(frozen=True)
class Closed:
    """A closed learner.

    Attributes:
        learned: names of the inputs that the optimizer changes.
        state: the type of the optimizer's state.
        optic: the whole as an optic, `(S @ P @ rest @ target, S @ P) -> (Real(), Ty())`; a circuit has a displacement
            in place of the loss.
        step: its two passes as a diagram, `S @ P @ rest @ target -> loss @ S @ P`.
        folded: the step again, with model, loss, rate and optimizer as a box for each pass. It is what `draw` shows.
        value: the loss alone, `P @ rest @ target -> Real()`.
        model: the model as it was written, for one sample.
    """

    learned: tuple[str, ...]
    state: Ty
    optic: Optic
    step: Graph
    folded: Graph
    value: Graph
    model: Diagram

    def draw(self, path: Any = None, **options: Any) -> Any:
        """Draw the step: what is learned and its optimizer, the forward and the backward pass in colors of their own.

        The arguments are those of `catlearn.draw`; `unfold=True` opens the boxes.
        """
        return self.folded.draw(path, **{"roles": _role, "parameters": self.learned, **options})


def _role(k: int, box: Box) -> str:
    """The part that a box of a folded step plays."""
    if box.name.endswith(PUT):
        return "parameter"
    return "backward" if box.name == RATE or box.name.startswith("R[") else "forward"


def identity_lens(ty: Ty) -> Optic:
    """The lens that does nothing, with nothing kept."""
    return Optic((ty, ty), (ty, ty), Ty(), identity(ty), identity(ty))


def close(
    model: Diagram, loss: Loss | Diagram, optimizer: Optimizer, learned: Sequence[str], batched: Sequence[str],
    rate: Optic | None = None, lens: Optic | None = None,
) -> Closed:  # fmt: skip
    """Close a model to a learner.

    Args:
        model: for one sample; it gives one prediction.
        loss: a loss, or a diagram `prediction @ target -> Real()`; for a circuit it gives what its rate reads.
        optimizer: how the learned inputs take changes.
        learned: names of the inputs that are learned.
        batched: names of the inputs that differ from sample to sample; with none, there is one sample.
        rate: a learning rate in place of the optimizer's own.
        lens: the model's two passes for a batch, in place of its reverse derivative; an optic that runs along
            `batch(model, BATCH, batched)` and has cotangents for all its inputs, which need not be the true ones.

    Raises:
        InputMismatch: when the model has no input of a given name, or one is named twice.
        TypeMismatch: when the loss does not read what the model gives, or another argument is not of its kind.
    """
    model = as_diagram(model)
    error, rate = _check(model, loss, optimizer, rate)
    inputs = names(model)
    if unknown := [name for name in (*learned, *batched) if name not in inputs]:
        raise InputMismatch(f"learner: the model has no input {unknown[0]!r}; it has {', '.join(inputs)}")
    if twice := [name for name, n in Counter([*learned, *dict.fromkeys(batched)]).items() if n > 1]:
        raise InputMismatch(f"learner: {twice[0]!r} is named twice; an input is learned once, or given by samples")
    rest = [name for name in inputs if name not in learned]
    ordered = _reordered(model, [*learned, *rest])
    parameters = ordered.dom[: len(learned)]
    target = error.dom[len(model.cod) :]

    wide_model, wide_loss = _widen(ordered, error, len(model.cod), batched)
    data, goal = wide_model.dom[len(learned) :], wide_loss.dom[len(model.cod) :]
    called, scored = (str(getattr(d, "name", "") or other) for d, other in ((model, "model"), (error, "loss")))
    passes = (
        optic(wide_model, theory_of(model)) if lens is None else _checked(lens, wide_model, [*learned, *rest], inputs)
    )
    # Nobody asks data and targets to change, so no pass is left that would work out how.
    asked = narrowed(passes, range(len(learned))), narrowed(optic(wide_loss, theory_of(error)), range(len(model.cod)))
    updated = fold_passes(optimizer.lens(parameters), f"{optimizer.name}, get", f"{optimizer.name}{PUT}")
    whole = (
        (updated @ _only_along(data @ goal))
        >> (fold_passes(asked[0], called, f"R[{called}]") @ _only_along(goal))
        >> fold_passes(asked[1], scored, f"R[{scored}]")
        >> fold_passes(rate, "loss seen by the rate", RATE)
    )
    state = optimizer.state(parameters)
    both = prune(whole.both())
    step = prune(Graph(unfolded(both)))
    value = prune((wide_model @ identity(goal)) >> wide_loss)
    goals = ["target"] if len(target) == 1 else [f"target{i}" for i in range(len(target))]
    held = _apart(_state_names(state, parameters, learned), inputs)
    goals = _apart(goals, [*inputs, *held])
    every = [*held, *learned, *rest, *goals]
    return Closed(
        tuple(learned), state, whole,
        Graph(flatten(step), "step", every), Graph(flatten(both), "step", every),
        Graph(flatten(value), "loss", [*learned, *rest, *goals]),
        model,
    )  # fmt: skip


def _check(
    model: Diagram, loss: Loss | Diagram, optimizer: Optimizer, rate: Optic | None
) -> tuple[Diagram, Optic]:  # fmt: skip
    """The loss as a diagram and the rate, if everything is of its kind and each reads what the one before gives."""
    if not isinstance(optimizer, Optimizer):
        raise TypeMismatch(f"learner: an optimizer is made by a call such as adam(), not {optimizer!r}")
    if not (rate is None or isinstance(rate, Optic)):
        raise TypeMismatch(f"learner: a rate is a lens such as constant_rate(0.1), not {rate!r}")
    error = loss(model.cod) if callable(loss) and not isinstance(loss, Diagram) else loss
    if not isinstance(error, Diagram):
        raise TypeMismatch(f"learner: a loss is one such as quadratic, or a diagram, not {error!r}")
    rate = rate or optimizer.rate_of(error.cod)
    wanted = rate.dom[0]
    if error.dom[: len(model.cod)] != model.cod or error.cod != wanted:
        found = f"{error.dom!r} -> {error.cod!r}"
        raise TypeMismatch(f"learner: the loss must read {model.cod!r} and a target and give {wanted!r}, not {found}")
    return error, rate


def _reordered(model: Diagram, order: Sequence[str]) -> Graph:
    """The model with its inputs in this order."""
    inputs = names(model)
    dom = Ty.of(model.dom.obs[inputs.index(name)] for name in order)
    return Graph(flatten(permutation(dom, [order.index(name) for name in inputs]) >> model), names=order)


def _apart(wanted: Sequence[str], taken: Iterable[str]) -> list[str]:
    """The wanted names, with underscores added to those that are taken: every input keeps a name of its own."""
    found, known = [], set(taken)
    for name in wanted:
        free = name
        while free in known:
            free += "_"
        known.add(free)
        found.append(free)
    return found


def _only_along(ty: Ty) -> Optic:
    """Wires that run along and bring nothing back."""
    return Optic((ty, Ty()), (ty, Ty()), Ty(), identity(ty), identity(Ty()))


def _checked(lens: Optic, wide: Diagram, ordered: Sequence[str], inputs: Sequence[str]) -> Optic:
    """A user's lens for the model, with its inputs in the learner's order."""
    if not isinstance(lens, Optic):
        raise TypeMismatch(f"learner: a lens is an optic, as lens(get, put) makes one, not {lens!r}")
    back, turned = [ordered.index(name) for name in inputs], [inputs.index(name) for name in ordered]
    dom = Ty.of(wide.dom.obs[i] for i in back)
    wanted, found = ((dom, dom), (wide.cod, wide.cod)), (lens.dom, lens.cod)
    if lens.phase != "along" or found != wanted:
        said = f"{wanted[0]} -> {wanted[1]}, not {found[0]} -> {found[1]}"
        raise TypeMismatch(f"learner: the lens must run along and be {said}")
    return Optic((wide.dom, wide.dom), (dom, dom), Ty(), permutation(wide.dom, back), permutation(dom, turned)) >> lens


def _widen(model: Graph, loss: Diagram, outputs: int, batched: Sequence[str]) -> tuple[Diagram, Diagram]:
    """Model and mean loss for many samples."""
    if not batched:
        return model, loss
    wide = batch(model, BATCH, over=batched)
    if any(ob == old for ob, old in zip(wide.cod.obs, model.cod.obs, strict=True)):
        raise TypeMismatch(f"learner: the prediction does not depend on {', '.join(batched)}")
    named = Graph(flatten(loss), names=[f"p{i}" for i in range(len(loss.dom))])
    losses = batch(named, BATCH, over=named.names)
    return wide, losses >> trace(mean, Real(BATCH))


def _state_names(state: Ty, parameters: Ty, learned: Sequence[str]) -> list[str]:
    """Names for the optimizer's state: after the parameter that each part belongs to, where it is as long."""
    found = []
    for i in range(len(state)):
        turn, k = divmod(i, len(parameters)) if parameters else (0, i)
        fits = k < len(parameters) and state.obs[i] == parameters.obs[k]
        found.append(f"state{turn or ''}_{learned[k]}" if fits else f"state_{i}")
    return found
