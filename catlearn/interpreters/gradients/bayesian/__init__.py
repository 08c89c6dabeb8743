"""Bayesian learning in the learner's own shape: a parametrized channel, a prior, and `fit`."""
