"""From a diagram of tables to variables and factors: a copy is a shared variable, a discard is a sum.

No copy tensor and no joint distribution is ever made.

>>> from catlearn import Finite, channel, copy, identity, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> found = network(rain >> copy() >> (identity() @ wet))
>>> found.variables, [factor.scope for factor in found.factors]
(('rain', 'wet'), [(0,), (0, 1)])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.table import ROUNDING, Table
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, NotNormalized, TypeMismatch, UnknownBox, UnknownVariable, nearest, short

__all__ = ["Factor", "Network", "network"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Factor:
    """A table with the number of the variable on each of its axes, no variable twice.

    `made` are the variables of the box's outputs; an effect makes none.
    """

    name: str
    table: Array
    scope: tuple[int, ...]
    made: tuple[int, ...]

    @cached_property
    def partial(self) -> bool:
        """Whether it bears on its inputs even where nobody looks at what it makes: not all of its rows sum to one."""
        axes = tuple(axis for axis, v in enumerate(self.scope) if v in self.made)
        return not axes or bool(np.max(np.abs(self.table.sum(axis=axes) - 1), initial=0) > ROUNDING)


@dataclass(frozen=True, eq=False)
class Network:
    """Variables with named outcomes, and factors whose product is their joint distribution.

    Attributes:
        variables: names; those of the diagram's wires.
        outcomes: for each variable, the names of its outcomes.
        factors: one for each box, in the order of the diagram.
        outputs: the variables that leave the diagram.
        log_scale: the logarithm of what the tables' product is to be multiplied by; 0 where no effect is above 1.
    """

    variables: tuple[str, ...]
    outcomes: tuple[tuple[str, ...], ...]
    factors: tuple[Factor, ...]
    outputs: tuple[int, ...]
    log_scale: float = 0.0

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many outcomes each variable has."""
        return tuple(map(len, self.outcomes))

    @cached_property
    def maker(self) -> tuple[int, ...]:
        """For each variable, the factor that makes it."""
        found = {v: k for k, factor in enumerate(self.factors) for v in factor.made}
        return tuple(found[v] for v in range(len(self.variables)))

    @cached_property
    def number(self) -> dict[str, int]:
        """The number of each variable."""
        return {name: v for v, name in enumerate(self.variables)}

    def find(self, name: Any) -> int:
        """The number of a variable. Raises `UnknownVariable`."""
        try:
            return self.number[name]
        except (KeyError, TypeError):
            raise UnknownVariable(f"there is no variable {name!r}{nearest(name, self.variables)}") from None

    def find_all(self, what: str, names: Any) -> tuple[int, ...]:
        """The numbers of several variables. Raises `UnknownVariable`, and `InputMismatch` for what is no list."""
        if isinstance(names, str) or not isinstance(names, Iterable):
            raise InputMismatch(f"{what}: give a list of variables, not {short(names)}")
        return tuple(map(self.find, names))

    def find_different(self, what: str, names: Any) -> tuple[int, ...]:
        """The same for one variable or more, each named once."""
        found = self.find_all(what, names)
        if not found or len(set(found)) < len(found):
            raise InputMismatch(f"{what}: give a list of different variables, not {short(names)}")
        return found

    def named(self, numbers: Sequence[int]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """The names of some variables, and of the outcomes of each."""
        return tuple(self.variables[v] for v in numbers), tuple(self.outcomes[v] for v in numbers)

    def needed(self, seeds: Iterable[int]) -> set[int]:
        """The factors that make some variables or stand before these, and those that say something by themselves."""
        todo, kept = [self.maker[v] for v in seeds], set[int]()
        todo += [k for k, factor in enumerate(self.factors) if factor.partial]
        while todo:
            k = todo.pop()
            if k not in kept:
                kept.add(k)
                todo += [self.maker[v] for v in self.factors[k].scope if v not in self.factors[k].made]
        return kept

    def relevant(self, asked: Iterable[int], known: Iterable[int], observed: Iterable[int]) -> tuple[int, ...]:
        """The factors that a question about some variables needs, when others are observed, some of them exactly.

        Barren boxes, which nobody asked for or observed anything of, sum to one; what is d-separated from the question
        by known variables gives a constant. Both can be left out where only proportions are wanted. Effects count as
        observations, and so do boxes whose rows do not all sum to one.
        """
        return self._connected(self.needed({*asked, *observed}), set(asked), set(known))

    def without_barren(self, asked: Iterable[int], observed: Iterable[int]) -> Network:
        """The network without the boxes of which nobody asks for or observes anything: they sum to one."""
        kept = sorted(self.needed({*asked, *observed}))
        held = sorted({v for k in kept for v in self.factors[k].scope})
        new = {v: i for i, v in enumerate(held)}
        factors = tuple(
            replace(f, scope=tuple(new[v] for v in f.scope), made=tuple(new[v] for v in f.made))
            for f in (self.factors[k] for k in kept)
        )
        outputs = tuple(new[v] for v in self.outputs if v in new)
        return Network(*self.named(held), factors, outputs, self.log_scale)

    def _connected(self, kept: set[int], asked: set[int], observed: set[int]) -> tuple[int, ...]:
        """Those of the factors that hang together with the question by variables that are not observed."""
        holders: dict[int, list[int]] = {}
        for k in kept:
            for v in self.factors[k].scope:
                holders.setdefault(v, []).append(k)
        todo, found, seen = list(asked), set[int](), set(asked)
        while todo:
            for k in holders.get(todo.pop(), ()):
                if k not in found:
                    found.add(k)
                    new = [v for v in self.factors[k].scope if v not in seen and v not in observed]
                    seen.update(new)
                    todo += new
        return tuple(sorted(found))


def network(d: Diagram, exact: bool = False) -> Network:
    """The variables and factors of a diagram `Ty() -> B` of finite kernels, with tables of floats; if exact, as given.

    Raises:
        TypeMismatch: when the diagram has inputs.
        UnknownBox: for a box that is no finite kernel.
    """
    d = as_diagram(d)
    name = getattr(d, "name", "") or "the model"
    if len(d.dom):
        raise TypeMismatch(f"{name} has inputs {d.dom!r}; put a state before it, as in prior >> model")
    wiring = unfolded(d)
    factors, log_scale = [], 0.0
    for box, reads, made in wiring.steps():
        kernel = kernel_of(box)
        if not isinstance(kernel, Table):
            raise UnknownBox(
                f"{name}: {box.name!r} is no finite kernel; make it with cl.state, cl.channel or cl.effect"
            )
        factor = _factor(box, kernel, reads, made, exact)
        if not made and not exact and (top := factor.table.max()) > 0:
            # With no entry above 1, nothing in a contraction is above 1: so what underflows can be told from Z alone.
            factor, log_scale = replace(factor, table=factor.table / top), log_scale + float(np.log(top))
        factors.append(factor)
    outcomes = tuple(tuple(map(str, ob.sizes)) for ob in wiring.obs)
    return Network(variables(d), outcomes, tuple(factors), tuple(wiring.outputs.tolist()), log_scale)


def _factor(box: Box, kernel: Table, reads: list[int], made: range, exact: bool) -> Factor:
    kernel.check(box.name, box.dom, box.cod)
    try:
        table: Any = kernel.values if exact else kernel.values.astype(np.float64, copy=False)
    except OverflowError:
        raise NotNormalized(f"{box.name}: a fraction is beyond all floats; ask with exact=True") from None
    axes = [*reads, *made]
    scope = list(dict.fromkeys(axes))
    if len(scope) < len(axes):  # a variable that is read twice: only where both agree
        table = np.einsum(table, [scope.index(v) for v in axes], range(len(scope)))
    return Factor(box.name, table, tuple(scope), tuple(made))
