"""Answers by another way: whole joint distributions, written down densely and conditioned by pseudo-inverses."""

from __future__ import annotations

import numpy as np
from scipy.stats import multivariate_normal


def condition(mean, covariance, seen, values):
    """The mean and covariance of all coordinates given some, and the log-density of these."""
    C = covariance[np.ix_(seen, seen)]
    gain = covariance[:, seen] @ np.linalg.pinv(C, rcond=1e-11, hermitian=True)
    density = multivariate_normal(mean[seen], C, allow_singular=True).logpdf(values) if len(seen) else 0.0
    return mean + gain @ (values - mean[seen]), covariance - gain @ covariance[seen], density


def state_space(model, T):
    """The mean and covariance of all states (T d) and then all observations (T p)."""
    d, p = len(model.mean), model.H.shape[-2]
    first, moves = np.zeros((T * d, T * d)), np.zeros((T * d, T * d))
    offset, noise = np.zeros(T * d), np.zeros((T * d, T * d))
    looks, shift, blur = np.zeros((T * p, T * d)), np.zeros(T * p), np.zeros((T * p, T * p))
    for t in range(T):
        at, out = slice(t * d, t * d + d), slice(t * p, t * p + p)
        looks[out, at], shift[out], blur[out, out] = model.observation(t)
        if t:
            moves[at, t * d - d : t * d], offset[at], noise[at, at] = model.transition(t - 1)
        else:
            offset[at], noise[at, at] = model.mean, model.covariance
    first = np.linalg.inv(np.eye(T * d) - moves)
    both = np.vstack([first, looks @ first])
    covariance = both @ noise @ both.T
    covariance[T * d :, T * d :] += blur
    return np.concatenate([first @ offset, looks @ first @ offset + shift]), covariance


def smoothed(model, y):
    """Means (T, d) and covariances (T, d, d) of the states given y, NaN being missing, and its log-density."""
    T, d = len(y), len(model.mean)
    mean, covariance = state_space(model, T)
    seen = np.flatnonzero(~np.isnan(y.ravel())) + T * d
    mean, covariance, density = condition(mean, covariance, seen, y.ravel()[~np.isnan(y.ravel())])
    blocks = covariance[: T * d, : T * d].reshape(T, d, T, d)
    return mean[: T * d].reshape(T, d), blocks[np.arange(T), :, np.arange(T)], density
