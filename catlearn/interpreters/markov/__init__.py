"""Markov kernels: exact inference, Bayesian inversion and Bayesian lenses, by the reverse pass that makes gradients."""
