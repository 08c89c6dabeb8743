"""Learning: losses, rates and optimizers as lenses, the closed learner, training; Bayesian learning; learning tables.

This package is `catlearn.learn`.
"""

from typing import TYPE_CHECKING

from catlearn.interpreters.gradients.fit import Epoch, Learner
from catlearn.interpreters.gradients.initial import initial
from catlearn.interpreters.gradients.learner import BATCH, Closed, close, identity_lens
from catlearn.interpreters.gradients.losses import Loss, displacement, dot_product, quadratic, softmax_cross_entropy
from catlearn.interpreters.gradients.optimizers import (
    Optimizer,
    adagrad,
    adam,
    constant_rate,
    gradient_descent,
    momentum,
    nesterov,
    proportional_rate,
    reverse_derivative_ascent,
)
from catlearn.interpreters.gradients.state import State
from catlearn.interpreters.gradients.supervised import supervised
from catlearn.later import later

if TYPE_CHECKING:
    from catlearn.interpreters.gradients.bayesian.learner import BayesLearner, bayes
    from catlearn.interpreters.gradients.bayesian.rule import Prediction
    from catlearn.interpreters.gradients.counting.tables import LearnedTables, tables
    from catlearn.interpreters.gradients.likelihood import MaximumLikelihood, maximum_likelihood

__getattr__ = later(
    __name__,
    {
        "catlearn.interpreters.gradients.bayesian.learner": "BayesLearner bayes",
        "catlearn.interpreters.gradients.bayesian.rule": "Prediction",
        "catlearn.interpreters.gradients.counting.tables": "LearnedTables tables",
        "catlearn.interpreters.gradients.likelihood": "MaximumLikelihood maximum_likelihood",
    },
    globals(),
)

__all__ = [
    "BATCH",
    "BayesLearner",
    "Closed",
    "Epoch",
    "LearnedTables",
    "Learner",
    "Loss",
    "MaximumLikelihood",
    "Optimizer",
    "Prediction",
    "State",
    "adagrad",
    "adam",
    "bayes",
    "close",
    "constant_rate",
    "displacement",
    "dot_product",
    "gradient_descent",
    "identity_lens",
    "initial",
    "maximum_likelihood",
    "momentum",
    "nesterov",
    "proportional_rate",
    "quadratic",
    "reverse_derivative_ascent",
    "softmax_cross_entropy",
    "supervised",
    "tables",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
