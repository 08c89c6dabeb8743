"""Bayesian learning: the posterior of a channel's parameter, from data.

A parametrized channel `f : M @ X -> Y` with a prior on M is a morphism of Para over kernels; the Bayes functor turns it
round, so that an output y at an input x updates the prior to the posterior on M (K. Kamiya and J. Welliaveettil, A
category theory framework for Bayesian learning, arXiv 2111.14293). Many samples are the n-fold product of the channel
on a copied parameter, and one after the other they give the same.

>>> from catlearn.interpreters.markov.conjugate import Bernoulli, Beta
>>> bayes(Bernoulli(), prior=Beta(1, 1)).fit([1, 1, 0]).posterior
Beta(3.0, 2.0)
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.para import Para
from catlearn.diagrams.theories.markov.families.family import Likelihood
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, NotSupported, TooLarge, TypeMismatch, short
from catlearn.interpreters.gradients.bayesian.conjugate import ConjugateRule
from catlearn.interpreters.gradients.bayesian.finite import FiniteRule
from catlearn.interpreters.gradients.bayesian.linear import linear_rule
from catlearn.interpreters.gradients.bayesian.rule import Rule
from catlearn.interpreters.gradients.data import count
from catlearn.interpreters.markov.conjugate.conjugate import Conjugate, kernel_in
from catlearn.interpreters.markov.finite.inference import FiniteInference
from catlearn.interpreters.markov.gaussian.network import is_gaussian, network_of

__all__ = ["BayesLearner", "bayes"]

MOST = 2**20
"""The most values that a finite parameter may have."""


class BayesLearner:
    """A channel with a prior on its parameter, and what it has learned so far. Made by `bayes`.

    Attributes:
        prior: as it was given.
        state: what was learned: it is replaced whole and never changed, so a `fit` that fails has changed nothing.
    """

    def __init__(self, rule: Rule, prior: Any) -> None:
        self._rule, self.prior = rule, prior
        self.state = rule.start()

    def fit(self, x: Any, y: Any = None, mode: Literal["batch", "sequential"] = "batch", chunk: Any = None) -> Any:
        """Learn from some more samples; gives the learner.

        Args:
            x: samples of the inputs: an array or a list of outcomes for one input, by name for several. For a channel
                without inputs, the observations.
            y: outputs, in the same order. On finite wires None stands for a missing one.
            mode: "batch" takes all samples at once, "sequential" one after the other, the posterior being the prior of
                the next. Both give the same, in any order.
            chunk: how many to take at once instead.

        Raises:
            InputMismatch: for data that do not fit the channel, or no data.
            UnknownOutcome: for an outcome that a wire does not have.
            ImpossibleEvidence: for data that cannot be under any parameter.
            NotSupported: when a channel of functions turns out not to be linear in its parameter.
        """
        if mode not in ("batch", "sequential"):
            raise InputMismatch(f"fit: mode is 'batch' or 'sequential', not {short(mode)}")
        rows = self._rule.read(x, y)
        n = len(rows[0])
        if not n:
            raise InputMismatch("fit: there are no samples; give at least one")
        width = count("chunk", chunk, 1) if chunk is not None else n if mode == "batch" else 1
        state = self.state
        for start in range(0, n, width):
            state = self._rule.update(state, [each[start : start + width] for each in rows])
        self.state = state
        return self

    @property
    def posterior(self) -> Any:
        """The distribution of the parameter after all samples, of the prior's kind: it can be a prior again."""
        return self._rule.posterior(self.state)

    @property
    def log_evidence(self) -> float:
        """The log-probability (density) of all samples so far under the prior, given their inputs."""
        return self._rule.log_evidence(self.state)

    @property
    def samples(self) -> int:
        """How many samples were learned from."""
        return self._rule.count(self.state)

    def predict(self, x: Any = None) -> Any:
        """The posterior predictive distribution of the output.

        Gives:
            for a finite channel a `Marginal` with a row for each sample (for several outputs a dictionary of them), for
            a regression a `Prediction` with means and variances, for a conjugate likelihood a distribution.

        Raises:
            InputMismatch: for samples that do not fit the channel.
            UnknownOutcome: for an outcome that an input does not have.
        """
        return self._rule.predict(self.state, x)

    def __repr__(self) -> str:
        return f"<BayesLearner of {self.samples} samples; log-evidence {self.log_evidence:.6g}>"


def bayes(channel: Any, prior: Any, noise: Any = None) -> BayesLearner:
    """A learner for a channel with a parameter.

    Args:
        channel: a conjugate likelihood such as `Poisson()`; or a `Para`, or a diagram whose first wires are the
            parameter, either of finite tables, or a Gaussian box, or of smooth functions that are linear in the
            parameter, which is Bayesian linear regression.
        prior: a conjugate prior such as `Gamma(2, 1)`; or a state of the parameter's type, of finite tables or of
            Gaussian boxes.
        noise: for smooth functions, the variance of the noise on the output, or its covariance.

    Raises:
        TypeMismatch: when the prior is no state of the channel's parameter.
        NotSupported: when there is no exact answer for such a channel and prior.
        TooLarge: when a finite parameter has too many values.

    >>> from catlearn import Real, diagram
    >>> from catlearn.diagrams.theories.markov.gaussian import gaussian_state
    >>> @diagram
    ... def line(w: Real(2), x: Real(2)):
    ...     return w @ x
    >>> prior = gaussian_state("w", Real(2), 0.0, [[1, 0], [0, 1]])
    >>> learned = bayes(line, prior, noise=0.5).fit([[1.0, 0.0], [0.0, 1.0]], [1.5, -3.0])
    >>> learned.posterior.data[0].b.round(6).tolist(), learned.predict([[1.0, 1.0]]).mean.round(6).tolist()
    ([1.0, -2.0], [-1.0])
    """
    if isinstance(kernel_in(channel), Likelihood):
        if noise is not None:
            raise InputMismatch("bayes: a likelihood has its own noise; leave out noise")
        return BayesLearner(ConjugateRule(Conjugate(channel, prior), prior), prior)
    parameter = channel.parameter if isinstance(channel, Para) else None
    d = as_diagram(channel.diagram if isinstance(channel, Para) else channel)
    state = _state(prior)
    parameter = state.cod if parameter is None else parameter
    if state.cod != parameter or d.dom[: len(parameter)] != parameter or not len(parameter):
        raise TypeMismatch(f"bayes: the prior gives {state.cod!r}; the channel's first wires are {d.dom!r}")
    if is_gaussian(state):
        return BayesLearner(linear_rule(d, parameter, _gaussian(state), noise), prior)
    if noise is not None:
        raise InputMismatch("bayes: a channel of tables has its own noise; leave out noise")
    return BayesLearner(FiniteRule(_name(state), parameter, _table(state), d), prior)


def _state(prior: Any) -> Diagram:
    if not isinstance(prior, Diagram) or len(prior.dom):
        raise TypeMismatch(f"bayes: a prior is a state, as cl.state makes one, not {short(prior)}")
    return prior


def _name(state: Diagram) -> str:
    return str(getattr(state, "name", "")) or "parameter"


def _gaussian(state: Diagram) -> tuple[str, Any, Any]:
    network, outputs = network_of(state), tuple(unfolded(state).outputs.tolist())
    chosen = network.coordinates(outputs)
    return _name(state), network.mean[chosen], network.covariance[np.ix_(chosen, chosen)]


def _table(state: Diagram) -> Any:
    """The probabilities of a state of tables, an axis for each wire."""
    wiring = unfolded(state)
    for box in wiring.boxes:
        if not isinstance(kernel_of(box), Table):
            raise NotSupported(
                f"{box.name}: an exact posterior needs a prior of finite tables, of Gaussian boxes, or conjugate to a "
                "likelihood; likelihood weighting (catlearn.likelihood_weighting) estimates others"
            )
    size = np.prod([float(len(ob.sizes)) for ob in state.cod.obs])
    if size > MOST:
        raise TooLarge(f"bayes: the parameter has {size:.3g} values, and at most {MOST:,} are taken; learn it in parts")
    if len(wiring.boxes) == 1 and wiring.outputs.tolist() == list(range(len(state.cod))):
        return np.asarray(kernel_of(wiring.boxes[0]).values, np.float64)  # type: ignore[union-attr]
    q = FiniteInference(state)
    outputs = [q.variables[w] for w in wiring.outputs.tolist()]
    if len(set(outputs)) < len(outputs):
        raise NotSupported("bayes: a prior with a copied wire; give each wire of the parameter its own")
    return q.joint(outputs).probabilities
