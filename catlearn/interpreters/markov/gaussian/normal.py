"""Answers: normal distributions by the names of variables.

>>> answer = GaussianPosterior(-1.5, {"x": Normal(2.0, 0.25), "v": Normal(np.zeros(2), np.eye(2))})
>>> answer["x"].mean, answer["x"].deviation, answer["v"].variance
(2.0, 0.5, array([1., 1.]))
>>> answer
log-evidence -1.5
x  mean 2, deviation 0.5
v  mean [0. 0.], deviation [1. 1.]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.markov.posterior import Answer

__all__ = ["GaussianPosterior", "Normal"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Normal:
    """A normal distribution of a number or of a vector; for many rows of evidence one for each, on a first axis.

    Attributes:
        mean: a float for a number, (n,) for a vector, with one axis in front for many rows.
        covariance: a float for a number (its variance), (n, n) for a vector, with one axis in front for many rows.
    """

    mean: Any
    covariance: Any

    @property
    def variance(self) -> Any:
        """The variance of every number, of the shape of `mean`."""
        if np.ndim(self.covariance) == np.ndim(self.mean):
            return self.covariance
        return np.diagonal(self.covariance, axis1=-2, axis2=-1)

    @property
    def deviation(self) -> Any:
        """The standard deviation of every number, of the shape of `mean`."""
        found = np.sqrt(self.variance)
        return found if np.ndim(found) else float(found)


class GaussianPosterior(Answer[Normal]):
    """The answer of a linear-Gaussian model.

    Attributes:
        log_evidence: the log-density of the evidence, against the Lebesgue measure of its support; (rows,) for many.
    """

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Plain dictionaries `{variable: {"mean": m, "variance": v}}`, of numbers and lists.

        >>> GaussianPosterior(0.0, {"x": Normal(2.0, 0.25)}).to_dict()
        {'x': {'mean': 2.0, 'variance': 0.25}}
        """
        return {
            name: {"mean": np.asarray(each.mean).tolist(), "variance": np.asarray(each.variance).tolist()}
            for name, each in self.items()
        }

    def _line(self, marginal: Normal) -> str:
        return f"mean {_text(marginal.mean)}, deviation {_text(marginal.deviation)}"


def _text(value: Any) -> str:
    return f"{value:.6g}" if np.ndim(value) == 0 else np.array2string(np.asarray(value), precision=6, threshold=6)
