"""Draws of chains for ArviZ, which has the diagnostics and the pictures. The extra `mcmc` brings it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from catlearn.errors import MissingExtra

if TYPE_CHECKING:
    from catlearn.interpreters.bffg.mcmc.posterior import Chains

__all__ = ["ess", "inference_data"]


def _arviz() -> Any:
    try:
        with warnings.catch_warnings():
            # It tells all its users of a coming release.
            warnings.simplefilter("ignore", FutureWarning)
            import arviz
    except ImportError:
        raise MissingExtra('needs ArviZ: `pip install "catlearn-diagrams[mcmc]"`') from None
    if not hasattr(arviz, "InferenceData"):
        raise MissingExtra('needs an ArviZ below 1.0: `pip install "catlearn-diagrams[mcmc]"`')
    return arviz


def inference_data(found: Chains) -> Any:
    """An `arviz.InferenceData` with the groups posterior and sample_stats. Raises `MissingExtra`."""
    stats = {"lp": found.log_weights}
    return _arviz().from_dict(posterior=dict(found.draws), sample_stats=stats)


def ess(found: Chains) -> dict[str, Any]:
    """The effective sample size (bulk) of each name: a number, or an array. Raises `MissingExtra`."""
    sizes = _arviz().ess(inference_data(found))
    return {name: sizes[name].values[()] for name in found.draws}
