"""Inference beside its peers: Bayesian networks, discrete chains, linear-Gaussian chains."""
