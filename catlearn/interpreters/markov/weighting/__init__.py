"""Likelihood weighting: estimates for any model that can be drawn from, with their standard errors."""
