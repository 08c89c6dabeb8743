"""The front door: a diagram of kernels, read backward and then forward.

>>> from catlearn import Real, gaussian, gaussian_state
>>> X = Real()
>>> model = gaussian_state("x", X, 0.0, 1.0) >> gaussian("y", X, X, 1.0, 0.0, 1.0)
>>> opt = bffg(model)
>>> back = opt.backward({"y": 2.0})
>>> back["x"], round(back.log_evidence, 4)
(mean 2 ± 1, -2.2655)
>>> paths = opt.forward(back, n=4000, seed=1)
>>> abs(paths.mean("x").value - 1.0) < 0.05, round(paths.ess)
(True, 4000)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.optic import Optic, optic
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import Wiring, unfolded
from catlearn.errors import CatlearnError, InputMismatch, NotSupported, TypeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.bffg import rules as _rules  # noqa: F401  the rules enter themselves
from catlearn.interpreters.bffg.backward import Filtered, filtered
from catlearn.interpreters.bffg.centered import centered
from catlearn.interpreters.bffg.entering import enter, read_innovations, read_mapping
from catlearn.interpreters.bffg.forward import guided
from catlearn.interpreters.bffg.impossible import check_possible, check_weights, warn_of_few
from catlearn.interpreters.bffg.joint.arranging import arranged
from catlearn.interpreters.bffg.joint.joined import Joined
from catlearn.interpreters.bffg.joint.parts import relocated
from catlearn.interpreters.bffg.messages import AnyMessage
from catlearn.interpreters.bffg.observed import Observations, at_blocks, read_observations
from catlearn.interpreters.bffg.paths import Paths, Wires
from catlearn.interpreters.bffg.plan import Plan, plan
from catlearn.interpreters.bffg.reading import Likelihoods, Quadratic, reading
from catlearn.interpreters.bffg.refining import refined
from catlearn.interpreters.bffg.resolve import Resolved, Skeleton, parameters, resolve, skeleton
from catlearn.interpreters.bffg.rules.rule import Rule
from catlearn.interpreters.bffg.shown import of_messages
from catlearn.interpreters.bffg.theory import BFFG

__all__ = ["Backward", "Smoother", "bffg"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Backward(Mapping[str, Quadratic | Likelihoods]):
    """What the backward pass found: a message at every wire, by the names of variables.

    Attributes:
        smoother: what it was made by.
        plan, rules, filtered: for the forward pass.
        params: the values of the parameters.
        observed: what was observed.
        joined: which wires are kept together, and where each is found.
        laid: what was observed, by blocks of the plan.
    """

    smoother: Smoother
    plan: Plan
    rules: tuple[Rule, ...]
    filtered: Filtered
    params: Mapping[str, Any]
    observed: tuple[Observations, ...]
    joined: Joined
    laid: Mapping[int, AnyMessage]

    def at(self, params: Mapping[str, Any]) -> Backward:
        """The backward pass of the same observations at other values of the parameters."""
        return self.smoother._backward(self.observed, params, self)

    @property
    def exact(self) -> bool:
        """Whether guides are the truth and no message is projected: then all samples have one weight, the evidence."""
        return all(rule.exact for rule in self.rules)

    @property
    def projected(self) -> tuple[str, ...]:
        """The boxes at which a message about several wires was replaced by a product of one for each.

        What that misses is carried as a weight. `bffg(d, joint=True)` keeps such messages exact.
        """
        names = self.smoother._skeleton.names
        return tuple(names[k] for k in self.joined.projected)

    @property
    def log_guide(self) -> float:
        """The log-evidence as the guides see it. `log_weights` of samples contain it."""
        return self.filtered.constant

    @property
    def log_evidence(self) -> float:
        """The logarithm of the probability (density) of what was observed.

        Raises:
            NotSupported: when the guide is not the truth, so that it must be sampled, or when the diagram has inputs.
        """
        if not self.exact:
            which = (
                f"the message at {self.projected[0]} was projected" if self.projected else "the guide is not the truth"
            )
            raise NotSupported(f"{which}; estimate it: opt.forward(back, n=1000).log_evidence")
        if self.plan.inputs:
            name = self.smoother.variables[0]
            raise NotSupported(f"the log-evidence depends on the input {name!r}; it is back[{name!r}].at(value)")
        return self.filtered.constant

    def message(self, wire: int) -> Quadratic | Likelihoods:
        """The message at a wire of the diagram as it is read, with joint wires."""
        message = self.filtered.messages[int(self.plan.block[wire])]
        assert message is not None
        return reading(message, int(self.plan.place[wire]), self.joined.wiring.obs[wire])

    def __getitem__(self, variable: str) -> Quadratic | Likelihoods:
        names = self.smoother.variables
        if variable not in names:
            raise UnknownVariable(f"there is no variable {variable!r}{nearest(variable, names)}")
        wire = self.smoother.number[variable]
        on, part = int(self.joined.wire[wire]), self.joined.parts.get(wire)
        if part is None:
            return self.message(on)
        message = self.filtered.messages[int(self.plan.block[on])]
        assert message is not None
        return reading(part.message(message, int(self.plan.place[on])), 0, part.ob)

    def shown(self) -> dict[str, Any]:
        """What a drawing says of each variable: its message, or what was observed."""
        return of_messages(self)

    def draw(self, path: Any = None, **options: Any) -> Any:
        """Draw the diagram with the message, as mean ± deviation or as bars, on every wire; see `catlearn.draw`."""
        return self.smoother.diagram.draw(path, posterior=self, **options)

    def __iter__(self) -> Any:
        return iter(self.smoother.variables)

    def __len__(self) -> int:
        return len(self.smoother.variables)

    def __repr__(self) -> str:
        said = "exact" if self.exact else "weights will make up for the guide"
        if self.projected:
            said = f"weights will make up for messages projected at {_listed(self.projected)}"
        return f"<messages at {len(self)} wires, log-evidence by the guide {self.log_guide:.6g}, {said}>"


class Smoother:
    """A diagram of kernels as an optic: observations flow backward, guided samples forward.

    Attributes:
        diagram: what it was made of.
        variables: the names of its wires.
        parameters: the names of the parameters of its kernels.
    """

    def __init__(self, diagram: Diagram, rounds: int = 5, joint: bool | None = None) -> None:
        self.diagram, self.rounds, self.joint = diagram, rounds, joint
        self._arranged: dict[Any, Joined] = {}
        self._plans: dict[Any, Plan] = {}

    @cached_property
    def wiring(self) -> Wiring:
        """The wiring, folded boxes opened."""
        return unfolded(self.diagram)

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """See the class."""
        return variables(self.diagram)

    @cached_property
    def number(self) -> Mapping[str, int]:
        """For each variable, its wire."""
        return {name: wire for wire, name in enumerate(self.variables)}

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """See the class."""
        return parameters(self.wiring)

    @cached_property
    def optic(self) -> Optic:
        """The optic as two diagrams, box by box; `opt1.optic >> opt2.optic` is the optic of the composite."""
        return optic(self.diagram, BFFG)

    def backward(self, data: Mapping[str, Any], params: Mapping[str, Any] | None = None) -> Backward:
        """Pull what was observed back to a message at every wire.

        Args:
            data: `{variable: value}`: an outcome or `{outcome: likelihood}` on a finite wire; a number, or a list in
                which None or NaN is missing, on others. What is not named, or None, was not observed.
            params: values of the parameters that the kernels were made with.

        Raises:
            UnknownVariable, UnknownOutcome, InputMismatch, NotNormalized: for what does not fit the model.
            NotSupported: for a box that has no guide, or no rule; it names the box.
            ImpossibleEvidence: when the guides give what was observed the probability zero.

        Warns:
            RuntimeWarning: when what was observed is so far off that the log-evidence is known to a few digits only.
        """
        return self._backward(read_observations(self.number, self.wiring.obs, data), params)

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def _backward(
        self, found: tuple[Observations, ...], params: Mapping[str, Any] | None, last: Backward | None = None
    ) -> Backward:
        values = read_mapping("params", params, "parameters to their values")
        for name in values:
            if name not in self.parameters:
                raise UnknownVariable(f"params: there is no parameter {name!r}{nearest(name, self.parameters)}")
        plain = resolve(self._skeleton, values)
        joined = self._joined(plain)
        resolved, there = joined.resolved(plain), relocated(found, joined.wire, joined.parts)
        where = self._plan(joined, resolved, there)
        observed = last.laid if last is not None and last.plan is where else at_blocks(where, there)
        rules = where.stack(resolved)
        rules = refined(joined.wiring, where, rules, observed, lambda: self._bare(joined, resolved), self.rounds)
        left = filtered(where, rules, observed)
        check_possible(where, left, resolved.skeleton.names)
        left = centered(where, rules, observed, left)
        return Backward(self, where, rules, left, values, found, joined, observed)

    def _joined(self, plain: Resolved) -> Joined:
        held = self._arranged.get(plain.rules)  # read once: other threads may replace what is kept
        if held is None:
            held = arranged(self.wiring, plain, self.joint)
            self._arranged = {plain.rules: held}
        return held

    @cached_property
    def _skeleton(self) -> Skeleton:
        return skeleton(self.wiring)

    def _plan(self, joined: Joined, resolved: Resolved, found: tuple[Observations, ...]) -> Plan:
        masks = tuple(each.key for each in found if each.mask)
        key = (masks, resolved.keys)
        held = self._plans.get(key)
        if held is None:
            seen = {wire: each.mask for each in found if each.mask for wire in each.wires.tolist()}
            held = plan(joined.wiring, resolved, seen)
            # The last eight: a plan is as large as the model.
            self._plans = {**dict(list(self._plans.items())[-7:]), key: held}
        return held

    def _bare(self, joined: Joined, resolved: Resolved) -> tuple[Plan, tuple[Rule, ...]]:
        where = self._plan(joined, resolved, ())
        return where, where.stack(resolved)

    def forward(
        self,
        back: Backward,
        n: int = 1000,
        seed: Any = 0,
        innovations: Sequence[Floats] | None = None,
        inputs: Mapping[str, Any] | None = None,
        keep: Iterable[str] | None = None,
    ) -> Paths:
        """Samples of all wires, guided by the messages, and their weights.

        Args:
            back: what `backward` gave.
            n: how many samples.
            seed: of the innovations; a number or a `numpy.random.SeedSequence`.
            innovations: as `paths.innovations` has them; instead of `n` and `seed`.
            inputs: values of the diagram's inputs by name. An input that is not given is drawn from its message, under
                a flat prior (Lebesgue's measure, or counting), where that can be normalized.
            keep: the variables that are asked for; None for all. The others take no memory.

        Raises:
            InputMismatch: for innovations of other shapes, or an input that does not fit.
            NotSupported: when an input is not given and its message cannot be normalized.
            ImpossibleEvidence: when every sample has the weight zero.

        Warns:
            RuntimeWarning: when a few samples have nearly all the weight; it says what to do.
        """
        if not isinstance(back, Backward) or back.smoother is not self:
            raise TypeMismatch(f"forward: give what `backward` of this same object gave, not {short(back)}")
        z = read_innovations(back, n, seed, innovations)
        paths = self._forward(back, z, inputs, keep)
        warn_of_few(paths.ess, len(paths))
        return paths

    @np.errstate(over="ignore", divide="ignore", invalid="ignore")
    def _forward(
        self, back: Backward, z: tuple[Floats, ...], inputs: Mapping[str, Any] | None, keep: Iterable[str] | None
    ) -> Paths:
        entry, offset = enter(back, inputs, z)
        wanted = None if keep is None else self._wanted(keep)
        on = None if wanted is None else back.joined.wire[[self.number[name] for name in wanted]]
        blocks = None if on is None else set(back.plan.block[on].tolist())
        samples, weights = guided(back.plan, back.rules, back.filtered, entry, z[len(back.plan.inputs) :], blocks)
        count = z[0].shape[-1] if z else 1
        log_weights = check_weights(np.broadcast_to(back.log_guide + offset + weights, (count,)).copy())
        names = self.variables if wanted is None else wanted
        wires = Wires(names, self.number, self.wiring.obs, back.joined, back.plan, samples)
        return Paths(wires, log_weights, wires.outcomes(), z, self.diagram, back)

    def _wanted(self, keep: Iterable[str]) -> tuple[str, ...]:
        if isinstance(keep, str) or not isinstance(keep, Iterable):
            raise InputMismatch(f"forward: keep is a list of variables, not {short(keep)}")
        for name in (wanted := tuple(keep)):
            if not isinstance(name, str) or name not in self.number:
                raise UnknownVariable(f"forward: there is no variable {name!r}{nearest(name, self.variables)}")
        return wanted

    def __repr__(self) -> str:
        wiring = self.wiring
        given = f", parameters {', '.join(self.parameters)}" if self.parameters else ""
        return f"<bffg of {len(wiring.boxes)} boxes, {len(wiring.obs)} wires{given}{self._several()}>"

    def _several(self) -> str:
        """What becomes of messages about several wires."""
        if not any(len(set(reads)) > 1 for _, reads, _ in self.wiring.steps()):
            return ""
        try:
            found = self._joined(resolve(self._skeleton, {}))
        except CatlearnError:  # parameters have no values yet, or a box has no guide: backward will say so
            return ", boxes with several inputs"
        names = [self._skeleton.names[k] for k in found.projected]
        return f", messages projected at {_listed(names)}" if names else ", exact joint messages"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more boxes" if len(names) > 3 else "")


def bffg(d: Diagram, rounds: int = 5, joint: bool | None = None) -> Smoother:
    """Backward filtering, forward guiding of a diagram of kernels.

    The diagram is read against its wires first: `opt.backward(data)` gives messages. Then along them:
    `opt.forward(back, n, seed)` gives weighted samples of the posterior. See van der Meulen and Schauer
    (arXiv:2010.03509, arXiv:2505.18239) and, for the optic, Schauer, van der Meulen and Wang (arXiv:2303.13865).

    Args:
        d: boxes of kernels, made by `kernel`, `channel`, `gaussian` and their like.
        rounds: how often guides that are linearized are linearized again at where the last ones led.
        joint: what becomes of a message about several wires, as a box with several inputs gives. True keeps it exact,
            False replaces it by a product of one for each wire, and weights make up for that (`back.projected` names
            the boxes); None keeps it where it is about at most 2**16 outcomes together, or 64 numbers.

    Raises:
        TypeMismatch: when d is no diagram.
    """
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1:
        raise TypeMismatch(f"bffg: rounds is a number from 1 up, not {short(rounds)}")
    if not (joint is None or isinstance(joint, bool)):
        raise TypeMismatch(f"bffg: joint is True, False or None, not {short(joint)}")
    return Smoother(as_diagram(d), rounds, joint)
