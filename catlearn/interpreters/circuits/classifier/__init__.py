"""Learning circuits from data: lookup tables that vote, with encoders, in scikit-learn's style."""

from catlearn.interpreters.circuits.classifier.comparisons import Comparisons
from catlearn.interpreters.circuits.classifier.counters import Counters, ascent, wish
from catlearn.interpreters.circuits.classifier.encoders import Thermometer, Threshold
from catlearn.interpreters.circuits.classifier.ensemble import Ensemble
from catlearn.interpreters.circuits.classifier.estimator import Classifier
from catlearn.interpreters.circuits.classifier.model import Model

__all__ = ["Classifier", "Comparisons", "Counters", "Ensemble", "Model", "Thermometer", "Threshold", "ascent", "wish"]
