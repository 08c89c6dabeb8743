"""Sites: many rows of finite observations of one tree, such as the columns of an alignment.

>>> from catlearn import kernel
>>> from catlearn.diagrams.bridges.newick import read_newick
>>> from catlearn.diagrams.theories.markov.processes.substitution import DNA, HKY85, K80
>>> drift = kernel("drift", DNA, DNA, forward=lambda kappa: K80(kappa))
>>> tree = read_newick("((human:0.1,chimp:0.1):0.2,gibbon:0.3);", drift, root=K80(1.0).stationary("root"))
>>> found = sites(tree, {"human": "ACGTA", "chimp": "ACGTG", "gibbon": "RCT-A"})
>>> found.parameters
('kappa',)
>>> back = found.backward({"kappa": 2.0})
>>> round(back.log_evidence, 4), back.per_site.round(3)
(-14.0843, array([-1.799, -2.031, -3.893, -1.579, -4.782]))
>>> back["n1"].round(3)[4]
array([0.002, 0.002, 0.791, 0.205])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.processes.rates import SiteRates
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotSupported,
    TypeMismatch,
    UnknownVariable,
    nearest,
    short,
)
from catlearn.interpreters.bffg.sites.alignment import Alignment, read_alignment
from catlearn.interpreters.bffg.sites.ancestors import marginals
from catlearn.interpreters.bffg.sites.evidence import Scaled, log_evidence
from catlearn.interpreters.bffg.sites.pruning import Inputs
from catlearn.interpreters.bffg.sites.repeats import make_plan
from catlearn.interpreters.bffg.sites.tables import EdgeTables, Tables
from catlearn.interpreters.bffg.sites.tree import Tree, read_tree

__all__ = ["SiteEvidence", "Sites", "sites"]

Array = NDArray[Any]
Rates = SiteRates | Callable[..., SiteRates] | None
AT_ONCE = 16384
"""How many patterns are pruned at a time, so that what is at work fits in a processor's cache."""


@dataclass(frozen=True, eq=False, repr=False)
class Sites:
    """A tree and an alignment, and the plan that every evaluation follows; made by `sites`.

    Attributes:
        tree: the diagram as a tree.
        alignment: the different columns.
        tables: the boxes of the tree.
        rates: how fast sites evolve.
        chunks: plans for some of the patterns each, in order.
    """

    tree: Tree
    alignment: Alignment
    tables: Tables
    rates: Rates
    chunks: tuple[Scaled, ...]

    @property
    def places(self) -> list[slice]:
        """For each chunk its patterns."""
        ends = np.cumsum([0, *(len(chunk.plan.root) for chunk in self.chunks)]).tolist()
        return [slice(*each) for each in pairwise(ends)]

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters of kernels and rates."""
        return tuple(dict.fromkeys((*self.tables.parameters, *self._rate_parameters)))

    @property
    def _rate_parameters(self) -> tuple[str, ...]:
        return tuple(signature(self.rates).parameters) if callable(self.rates) else ()

    def backward(self, params: Mapping[str, Any] | None = None) -> SiteEvidence:
        """The evidence at these values of the parameters.

        Raises:
            TypeMismatch: when the parameters are no dictionary.
            UnknownVariable: for a parameter that is not there, or has no value.
            NotSupported: for a kernel that is not finite, or a diagram with an input.
            ImpossibleEvidence: when a site has probability zero; it names the first.
        """
        if not isinstance(params, Mapping | None):
            raise TypeMismatch(f"params: give values by name, as in {{'kappa': 2.0}}, not {short(params)}")
        values = dict(params or {})
        for name in values:
            if name not in self.parameters:
                raise UnknownVariable(f"params: there is no parameter {name!r}{nearest(name, self.parameters)}")
        rates = self._rates(values)
        tables = tuple(self.tables.at(values, rate) for rate in rates.rates.tolist())
        logs = np.stack([self._log_patterns(each) for each in tables])
        found = SiteEvidence(self, rates, tables, logs)
        if found.log_evidence == -np.inf:
            site = int(np.argmin(found.per_site))
            raise ImpossibleEvidence(f"site {site} has probability 0 under this model; look at its column")
        return found

    def log_evidence(self, params: Mapping[str, Any] | None = None) -> float:
        """The log-evidence alone; see `backward`."""
        return self.backward(params).log_evidence

    def inputs(self, tables: EdgeTables) -> Inputs:
        """The numbers for the plans."""
        seen = self.alignment
        count = len(seen.vectors)
        numbers = (*seen.tables, *range(count, count + len(tables.effects)))
        return Inputs((*seen.vectors, *tables.effects), numbers, tables.edges)

    def _rates(self, values: Mapping[str, Any]) -> SiteRates:
        if not callable(self.rates):
            return self.rates or SiteRates()
        for name in self._rate_parameters:
            if name not in values:
                raise UnknownVariable(f"rates: the parameter {name!r} has no value{nearest(name, values)}; give params")
        made = self.rates(**{name: values[name] for name in self._rate_parameters})
        if not isinstance(made, SiteRates):
            raise TypeMismatch(f"rates: a function of parameters gives SiteRates, not {short(made)}")
        return made

    def _log_patterns(self, tables: EdgeTables) -> Array:
        if tables.prior is None:
            said = "read the tree with root=, such as model.stationary('root')"
            raise NotSupported(f"the log-evidence depends on the input {self.tree.names[0]!r}; {said}")
        inputs = self.inputs(tables)
        return np.concatenate([log_evidence(chunk, inputs, tables.prior) for chunk in self.chunks])

    def __repr__(self) -> str:
        rows, patterns = self.alignment.codes.shape
        return f"<sites of a tree: {rows} rows, {len(self.alignment.patterns)} sites, {patterns} different columns>"


@dataclass(frozen=True, eq=False, repr=False)
class SiteEvidence:
    """How likely each site is, and what is known of the ancestors.

    Attributes:
        sites: what it was made by.
        rates: how fast sites evolve.
        tables: for each rate the tables of the tree.
        logs: log-evidence of patterns for each rate, (rates, patterns), without what likelihoods were divided by.
    """

    sites: Sites
    rates: SiteRates
    tables: tuple[EdgeTables, ...]
    logs: Array

    @cached_property
    def _per_pattern(self) -> Array:
        if len(self.logs) == 1:
            return np.asarray(self.logs[0])
        with np.errstate(divide="ignore"):
            return np.asarray(np.logaddexp.reduce(self.logs + np.log(self.rates.weights)[:, None], axis=0))

    @cached_property
    def log_evidence(self) -> float:
        """Of all sites together."""
        seen = self.sites.alignment
        return float(self._per_pattern @ seen.counts + seen.logs.sum())

    @cached_property
    def per_site(self) -> Array:
        """The log-evidence of each site, (S,)."""
        seen = self.sites.alignment
        return np.asarray(self._per_pattern[seen.patterns] + seen.logs)

    @cached_property
    def rate_probabilities(self) -> Array:
        """For each site the probability of each rate given what was seen, (S, rates)."""
        return np.asarray(self._rate_weights.T[self.sites.alignment.patterns])

    def __getitem__(self, variable: str) -> Array:
        """For each site the probability of each outcome of a variable given all that was seen, (S, K)."""
        return self.marginals([variable])[variable]

    def marginals(self, variables: Any = None) -> dict[str, Array]:
        """The probabilities of outcomes, (S, K), of several variables at once; of all without names.

        Raises:
            InputMismatch: for a single name.
            UnknownVariable: when there is no variable of a name.
        """
        tree, seen = self.sites.tree, self.sites.alignment
        if isinstance(variables, str):
            raise InputMismatch(f"give a list of variables, as in [{variables!r}]")
        wanted = list(tree.names) if variables is None else list(variables)
        for name in wanted:
            if name not in tree.names:
                raise UnknownVariable(f"there is no variable {name!r}{nearest(name, tree.names)}")
        wires = {tree.names.index(name): name for name in wanted}
        total = {wire: np.zeros((len(seen.counts), tree.size(wire))) for wire in wires}
        for at, chunk in zip(self.sites.places, self.sites.chunks, strict=True):
            for tables, weight in zip(self.tables, self._rate_weights, strict=True):
                assert tables.prior is not None
                inputs = self.sites.inputs(tables)
                for wire, part in marginals(tree, chunk, inputs, tables.prior, [*wires]):
                    total[wire][at] += weight[at, None] * part
        return {name: total[wire][seen.patterns] for wire, name in wires.items()}

    @property
    def _rate_weights(self) -> Array:
        """For each rate and pattern its probability given what was seen."""
        with np.errstate(divide="ignore"):
            joint = self.logs + np.log(self.rates.weights)[:, None]
        return np.asarray(np.exp(joint - self._per_pattern))

    def __repr__(self) -> str:
        return f"<log-evidence {self.log_evidence:.6g} of {len(self.sites.alignment.patterns)} sites>"


def sites(d: Diagram, alignment: Mapping[str, Any], rates: Rates = None) -> Sites:
    """The sites of a tree: all that does not depend on parameters is worked out here, once.

    Args:
        d: a tree, such as `read_newick` gives it: boxes with one input and one output, and a state at the root. They
            are tables and substitution models, also as functions of parameters.
        alignment: for each leaf, and perhaps other variables, what was seen at each site; a string of letters with
            the ambiguity codes of IUPAC, a list of outcomes, an array of their numbers, or likelihoods (S, K).
        rates: how fast sites evolve, or a function of parameters that gives it; by which kernels that last are
            prolonged.

    Raises:
        NotSupported: when the diagram is no tree.
        TypeMismatch: when a wire is not finite.
        UnknownVariable, UnknownOutcome, InputMismatch, ShapeMismatch: for what does not fit; they name it.
        ImpossibleEvidence: when all likelihoods of a site are zero.
    """
    if rates is not None and not isinstance(rates, SiteRates) and not callable(rates):
        raise TypeMismatch(f"rates are SiteRates, or a function of parameters that gives them, not {short(rates)}")
    tree = read_tree(as_diagram(d))
    seen = read_alignment(alignment, tree)
    if not seen.wires:
        raise InputMismatch("nothing was seen; the alignment has no rows")
    cuts = range(0, seen.codes.shape[1], AT_ONCE)
    chunks = tuple(Scaled(make_plan(tree, seen, seen.codes[:, cut : cut + AT_ONCE])) for cut in cuts)
    return Sites(tree, seen, Tables(tree), rates, chunks)
