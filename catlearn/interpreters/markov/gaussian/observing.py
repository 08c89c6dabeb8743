"""One observation of a state: what it says about the state, whitened so that covariances may be singular.

With S = H P H' + R the covariance of what is seen and S = L L', the rows of V = inv(L) H and W = V P and the numbers
z = inv(L) (y - H m) say it all: the state's mean is `m + z W`, its covariance `P - W' W`. Where there is noise in all
directions that difference is taken as a sum, in Joseph's form, as it would lose little noise beside a wide prior.

>>> seen = observe(np.zeros(1), np.eye(1), np.eye(1), np.eye(1), np.array([2.0]))
>>> seen.mean.round(6), seen.covariance.round(6)
(array([1.]), array([[0.5]]))
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import NotNormalized
from catlearn.interpreters.markov.gaussian.algebra import ROUNDING, tidy
from catlearn.interpreters.markov.gaussian.support import LOG_2_PI, RANK, support_of

__all__ = ["Observed", "observe"]

Array = NDArray[np.float64]


class Observed(NamedTuple):
    """A state after an observation, and the observation whitened.

    Attributes:
        mean, covariance: of the state, of shapes (d,) and (d, d).
        V, W, z: see above; (r, d), (r, d) and (r,), where r is the rank of S.
        lower: L; None where S or R is singular.
        log_density: of what was seen, given what was seen before, on the support.
    """

    mean: Array
    covariance: Array
    V: Array
    W: Array
    z: Array
    lower: Array | None
    log_density: float


def observe(mean: Array, P: Array, H: Array, R: Array, y: Array, exact: bool = False) -> Observed:
    """The state N(mean, P) given that `H x + noise` is y; the noise's covariance is R.

    `exact` says that R may be singular: what is left of P and is only rounding is then taken for nothing.

    Raises:
        OffSupport: when it cannot be y; it says how far off.
        NotNormalized: when variances are beyond floats.
    """
    from scipy.linalg.lapack import dpotrf, dtrtrs

    d = len(mean)
    if not len(y):
        return Observed(mean, P, np.empty((0, d)), np.empty((0, d)), y, None, 0.0)
    HP = H @ P
    S = HP @ H.T
    S += R
    lower, failed = dpotrf(S, lower=1, clean=0)
    pivots = lower.diagonal()
    if failed or (pivots * pivots < RANK * S.diagonal()).any():
        return _observe_singular(mean, P, H, S, y)
    right = np.empty((len(y), 2 * d + 1), order="F")
    right[:, :d], right[:, d : 2 * d], right[:, 2 * d] = HP, H, y - H @ mean
    solved, _ = dtrtrs(lower, right, lower=1)
    W, V, z = solved[:, :d], solved[:, d : 2 * d], solved[:, 2 * d]
    density = -0.5 * float(z @ z + len(y) * LOG_2_PI) - float(np.log(pivots).sum())
    if exact:
        weakest = float((pivots * pivots / S.diagonal()).min())
        left = tidy(P - W.T @ W, _deviations(P), max(ROUNDING, 1e-15 / weakest))
        return Observed(mean + z @ W, left, V, W, z, None, density)
    gain, _ = dtrtrs(lower, W, lower=1, trans=1)
    closed = np.eye(d) - gain.T @ H
    left = closed @ P @ closed.T
    left += gain.T @ R @ gain
    return Observed(mean + z @ W, left, V, W, z, lower, density)


def _observe_singular(mean: Array, P: Array, H: Array, S: Array, y: Array) -> Observed:
    if not np.isfinite(S).all():
        raise NotNormalized("its variance is beyond floats; measure in other units")
    support = support_of(H @ mean, S)
    support.check(y, "what was seen")
    V, z = support.whitener @ H, support.whiten(y)
    W = V @ P
    left = tidy(P - W.T @ W, _deviations(P), 10 * ROUNDING)
    return Observed(mean + z @ W, left, V, W, z, None, float(support.log_density(y)))


def _deviations(P: Array) -> Array:
    return np.sqrt(np.maximum(P.diagonal(), 0.0))
