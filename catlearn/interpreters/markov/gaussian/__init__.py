"""Linear-Gaussian kernels: exact inference, inversion on the support, Kalman smoothing, mixtures."""

from catlearn.interpreters.markov.gaussian.inference import GaussianInference, infer_gaussian
from catlearn.interpreters.markov.gaussian.inversion import Inverse, invert_gaussian
from catlearn.interpreters.markov.gaussian.kalman import Filtered, Forecast, Kalman, Smoothed, kalman
from catlearn.interpreters.markov.gaussian.mixed import MixedInference, MixedPosterior, infer_mixed
from catlearn.interpreters.markov.gaussian.mixed_network import is_mixed
from catlearn.interpreters.markov.gaussian.mixture import Mixture
from catlearn.interpreters.markov.gaussian.network import is_gaussian
from catlearn.interpreters.markov.gaussian.normal import GaussianPosterior, Normal
from catlearn.interpreters.markov.gaussian.support import Support, support_of

__all__ = [
    "Filtered",
    "Forecast",
    "GaussianInference",
    "GaussianPosterior",
    "Inverse",
    "Kalman",
    "MixedInference",
    "MixedPosterior",
    "Mixture",
    "Normal",
    "Smoothed",
    "Support",
    "infer_gaussian",
    "infer_mixed",
    "invert_gaussian",
    "is_gaussian",
    "is_mixed",
    "kalman",
    "support_of",
]
