"""Targets with known answers. At the top of a module, so that other processes find them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Walk:
    """x[i] = 0.9 x[i-1] + sigma z[i], seen through noise of variance `noise`; sigma is a parameter or 1.

    Sampled without guides, so that the weights are the likelihood.
    """

    seen: tuple[float, ...] = (1.0, 0.2, 2.5)
    noise: float = 0.5
    pause: float = 0.0

    def matrix(self, sigma=1.0):
        i = np.arange(len(self.seen))
        return sigma * np.tril(0.9 ** np.maximum(i[:, None] - i, 0))

    def path(self, innovations, params):
        return self.matrix(params.get("sigma", 1.0)) @ np.concatenate(innovations)

    def innovations(self, seed):
        z = np.random.default_rng(seed).standard_normal(len(self.seen))
        return [z[:1], z[1:]]

    def log_weight(self, innovations, params):
        if self.pause:
            time.sleep(self.pause)
        return float(-0.5 * np.sum((self.path(innovations, params) - np.array(self.seen)) ** 2) / self.noise)

    def values(self, innovations, params):
        path = self.path(innovations, params)
        return {"path": path, "last": path[-1], "sign": path > 0}

    def exact(self, sigma=1.0):
        """Mean and covariance of the innovations given the data, and the log-evidence up to a constant."""
        L, y = self.matrix(sigma), np.array(self.seen)
        precision = np.eye(len(y)) + L.T @ L / self.noise
        covariance = np.linalg.inv(precision)
        mean = covariance @ L.T @ y / self.noise
        S = L @ L.T + self.noise * np.eye(len(y))
        return mean, covariance, -0.5 * (y @ np.linalg.solve(S, y) + np.linalg.slogdet(S)[1])


@dataclass(frozen=True)
class Messages:
    """The same model with the exact guide: all weights of the path are one, and only the evidence is left."""

    walk: Walk = field(default_factory=Walk)

    def innovations(self, seed):
        return self.walk.innovations(seed)

    def given(self, params):
        return Guided(self.walk, params)


class Guided:
    def __init__(self, walk, params):
        self.mean, covariance, self.evidence = walk.exact(params["sigma"])
        self.root, self.matrix = np.linalg.cholesky(covariance), walk.matrix(params["sigma"])

    def log_weight(self, innovations):
        return self.evidence

    def values(self, innovations):
        return {"path": self.matrix @ (self.mean + self.root @ np.concatenate(innovations))}


@dataclass(frozen=True)
class Constant:
    """The same log-weight everywhere; with a number of innovations, maybe none."""

    log: float = 0.0
    count: int = 1

    def innovations(self, seed):
        return [np.random.default_rng(seed).standard_normal(self.count)]

    def log_weight(self, innovations, params):
        return self.log

    def values(self, innovations, params):
        return {"z": innovations[0]}


@dataclass(frozen=True)
class Deadly:
    """Ends its process."""

    def innovations(self, seed):
        return [np.zeros(1)]

    def log_weight(self, innovations, params):
        import multiprocessing
        import os

        if multiprocessing.parent_process() is not None:
            os._exit(1)
        return 0.0

    def values(self, innovations, params):
        return {}
