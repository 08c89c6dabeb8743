"""A contraction plan as smooth diagrams: log-evidence, and its derivative, which holds all posteriors.

The product of all tables, summed over everything, is the evidence Z. For a table T with entries t, `t * d log Z / d t`
is the posterior of the variables on its axes (Darwiche, "A differential approach to inference in Bayesian networks",
J. ACM 50, 2003). So one reverse pass, the same that gives gradients, gives every marginal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_letters
from typing import Any

from catlearn.diagrams.theories.smooth.arithmetic import full, log, stop_gradient
from catlearn.diagrams.theories.smooth.arrays import einsum, reshape
from catlearn.diagrams.theories.smooth.arrays import max as largest
from catlearn.diagrams.theories.smooth.reductions import equals
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Real, Ty, as_ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph
from catlearn.errors import TooLarge
from catlearn.interpreters.markov.finite.network import Network
from catlearn.interpreters.markov.finite.plan import Plan, Scope

__all__ = ["contraction", "evidence", "log_evidence", "observing", "product", "weighed"]


def product(scopes: Sequence[Scope], out: Scope) -> str:
    """Einstein's notation for terms with these scopes.

    >>> product([(7, 3), (3, 9)], (7, 9))
    'ab,bc->ac'
    """
    letter: dict[int, str] = {}
    for v in (v for scope in scopes for v in scope):
        if v not in letter:
            if len(letter) == 50:
                raise TooLarge("two tables have more than 50 variables together; no array holds their product")
            letter[v] = ascii_letters[len(letter)]
    return f"{','.join(''.join(letter[v] for v in s) for s in scopes)}->{''.join(letter[v] for v in out)}"


def _tables(plan: Plan, count: int) -> Ty:
    return as_ty(tuple(Real(*(plan.sizes[v] for v in scope)) for scope in plan.scopes[:count]))


def _run(plan: Plan, tables: Sequence[Wire], after: Callable[[Wire], Wire] = lambda term: term) -> list[Wire]:
    """All terms of a plan, and what is done to each after it is made."""
    terms = list(tables)
    for step in plan.steps:
        spec = product([plan.scopes[step.left], plan.scopes[step.right]], step.out)
        terms.append(after(einsum(spec, terms[step.left], terms[step.right])))
    return terms


def evidence(plan: Plan) -> Graph:
    """`tables -> Real()`: the sum of the product of all tables."""
    return trace(lambda *tables: _run(plan, tables)[-1], _tables(plan, _count(plan)), "evidence")


def log_evidence(plan: Plan, scaled: bool = False) -> Graph:
    """`tables -> Real()`: the logarithm of the sum of the product of all tables.

    With `scaled`, each term is divided by its largest entry, so that none underflows; the derivative is the same.

    >>> from catlearn.interpreters.markov.finite.plan import plan
    >>> log_evidence(plan([(0,), (0, 1)], (2, 3), [(0, 1)])).dom
    Real(2) @ Real(2, 3)
    """

    def total(*tables: Wire) -> Wire:
        scales: list[Wire] = []

        def divided(term: Wire) -> Wire:
            scales.append(_top(term))
            return term / scales[-1]

        result = log(_run(plan, tables, divided if scaled else lambda term: term)[-1])
        for scale in scales:
            result = result + log(scale)
        return result

    return trace(total, _tables(plan, _count(plan)), "log_evidence")


def observing(plan: Plan, network: Network, observed: Sequence[int]) -> Graph:
    """`tables @ likelihoods -> tables`: each likelihood multiplied into the table that makes its variable."""
    dom = _tables(plan, _count(plan))
    likelihoods = as_ty(tuple(Real(plan.sizes[v]) for v in observed))

    def found(*wires: Wire) -> tuple[Wire, ...]:
        tables = list(wires[: len(dom)])
        for v, likelihood in zip(observed, wires[len(dom) :], strict=True):
            k = network.maker[v]
            tables[k] = einsum(product([plan.scopes[k], (v,)], plan.scopes[k]), tables[k], likelihood)
        return tuple(tables)

    return trace(found, dom @ likelihoods, "observing")


def weighed(both: Graph, network: Network, families: bool = False) -> Graph:
    """From a value and its derivative by each table to the value and `table * slope`, summed to marginals.

    With the logarithm of the evidence as the value, that is the posterior of every variable. With `families`, of each
    table's variables instead: also the expected counts of the EM algorithm.
    """

    def found(*tables: Wire) -> tuple[Wire, ...]:
        value, *slopes = both(*tables, unfold=True)
        pairs = [(f.scope, tables[k], slopes[k]) for k, f in enumerate(network.factors)]
        if families:
            return (value, *(table * slope for _, table, slope in pairs))
        return (value, *(_marginal(v, *pairs[network.maker[v]]) for v in range(len(network.variables))))

    return trace(found, both.dom, "posteriors")


def _marginal(v: int, scope: Scope, table: Wire, slope: Wire) -> Wire:
    return einsum(product([scope, scope], (v,)), table, slope)


def _top(term: Wire) -> Wire:
    """The largest entry, or 1 where that is 0, as a number: derivatives do not see that it depends on the term.

    Nor do they see that its logarithm, which is added in the end, does; the two cancel.
    """
    top = stop_gradient(largest(term))
    return top + equals(top, full((), 0.0))


def contraction(plan: Plan, maximum: bool = False, scaled: bool = True) -> Graph:
    """`tables -> terms`: what every step gives, in order; with `scaled`, each divided by its largest entry.

    With `maximum`, tables hold logarithms, products are sums and sums are maxima: the same plan in another semiring.
    """

    def terms(*tables: Wire) -> tuple[Wire, ...]:
        divided = (lambda term: term / _top(term)) if scaled else lambda term: term
        made = _maxima(plan, tables) if maximum else _run(plan, tables, divided)
        return tuple(made[len(tables) :])

    return trace(terms, _tables(plan, _count(plan)), "contraction")


def _maxima(plan: Plan, tables: Sequence[Wire]) -> list[Wire]:
    made = list(tables)
    for step in plan.steps:
        axes = (*step.out, *step.summed)
        total = _along(plan, made[step.left], step.left, axes) + _along(plan, made[step.right], step.right, axes)
        made.append(largest(total, tuple(range(len(step.out), len(axes)))) if step.summed else total)
    return made


def _along(plan: Plan, term: Wire, number: int, axes: Scope) -> Any:
    """A term with an axis for each of the variables, of size 1 where it has none."""
    scope = plan.scopes[number]
    ordered = tuple(v for v in axes if v in scope)
    turned = einsum(product([scope], ordered), term) if scope != ordered else term
    return reshape(turned, *(plan.sizes[v] if v in scope else 1 for v in axes))


def _count(plan: Plan) -> int:
    return len(plan.scopes) - len(plan.steps)
