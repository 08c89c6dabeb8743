"""Families of distributions with a few parameters: priors, likelihoods and what both make together."""
