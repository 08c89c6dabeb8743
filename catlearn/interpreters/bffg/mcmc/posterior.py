"""What several chains say: draws of parameters and wires, with how far they can be trusted.

>>> random = np.random.default_rng(0)
>>> found = Chains({"mu": random.normal(2.0, 1.0, (4, 1000))}, ("mu",), np.zeros((4, 1000)), {}, {})
>>> found.mean("mu")
1.9849 ± 0.0163457
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import UnknownVariable, nearest, short
from catlearn.interpreters.bffg.mcmc.effective import effective, standard_error
from catlearn.interpreters.markov.weighting.weighted import Estimate

__all__ = ["FEW", "Chains"]

Array = NDArray[Any]
FEW = 100
"""With fewer effective draws than this nothing is to be trusted."""
LINES = 20
"""How many components of variables a table shows."""


@dataclass(frozen=True, eq=False, repr=False)
class Chains:
    """Draws from a posterior by several Markov chains; draws of a chain depend on one another.

    Attributes:
        draws: by name, (chains, steps) for a parameter and (chains, steps, ...) for a wire that was kept.
        parameters: which of the names are parameters.
        log_weights: of each draw, (chains, steps).
        acceptance: for each move, how many of its proposals each chain took after the warm-up: from 0 to 1, (chains,).
        step_lengths: for each move, how long each chain's steps were, (chains,). For innovations this is
            `sqrt(1 - rho**2)`; for parameters, how many of the chain's own widths.
    """

    draws: Mapping[str, Array]
    parameters: tuple[str, ...]
    log_weights: Array
    acceptance: Mapping[str, Array]
    step_lengths: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        try:
            return self.draws[name]
        except (KeyError, TypeError):
            said = nearest(name, self.draws) or "; name wires with keep=[...]"
            raise UnknownVariable(f"nothing was kept of {short(name)}{said}") from None

    def mean(self, name: str) -> Estimate:
        """The posterior mean, with its standard error. Raises `UnknownVariable`."""
        x = self[name]
        value, error = x.mean(axis=(0, 1)), standard_error(x)
        return Estimate(value, error) if np.ndim(value) else Estimate(float(value), float(error))

    @property
    def effective(self) -> dict[str, Any]:
        """How many independent draws would tell as much, by name: a quick estimate; see `ess` for ArviZ's."""
        return {name: effective(x)[()] for name, x in self._all().items()}

    @property
    def ess(self) -> dict[str, Any]:
        """The effective sample size (bulk) by name, from ArviZ. Raises `MissingExtra`."""
        from catlearn.interpreters.bffg.mcmc.arviz import ess

        return ess(self)

    def to_arviz(self) -> Any:
        """The draws as ArviZ's `InferenceData`, with log-weights among the sample statistics. Raises `MissingExtra`."""
        from catlearn.interpreters.bffg.mcmc.arviz import inference_data

        return inference_data(self)

    def trace(self, path: str | os.PathLike[str]) -> Path:
        """Draw every parameter and the log-weight against the steps; gives the path of the picture.

        Raises:
            MissingExtra: when matplotlib is not installed.
            DrawingError: for a name that does not end in .svg, .png or .pdf.
            FileProblem: when the file cannot be written.
        """
        from catlearn.interpreters.bffg.mcmc.picture import trace

        rows = {name: self.draws[name] for name in self.parameters} | {"log-weight": self.log_weights}
        return trace(path, rows)

    def weak(self) -> tuple[str, float] | None:
        """What moved least and its effective size, when that is below 100; None when all moved enough."""
        sizes = {name: np.nanmin(found) for name, found in self.effective.items() if not np.isnan(found).all()}
        sizes |= {name: 1.0 for name in self.parameters if np.isnan(self.effective[name]).any()}
        name = min(sizes, key=lambda each: sizes[each], default=None)
        return (name, float(sizes[name])) if name is not None and sizes[name] < FEW else None

    def _all(self) -> dict[str, Array]:
        return {"log-weight": self.log_weights} | dict(self.draws)

    def __repr__(self) -> str:
        chains, steps = self.log_weights.shape
        taken = [f"{name} {rate.mean():.2f}" for name, rate in self.acceptance.items()]
        lines = [f"{chains} chains of {steps} draws", *([f"accepted: {'; '.join(taken)}"] if taken else [])]
        rows = [("", "mean", "sd", "5%", "95%", "effective"), *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for name, *cells in rows[: LINES + 1]:
            padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
            lines.append("  ".join([name.ljust(widths[0]), *padded]))
        return "\n".join([*lines, *([f"... and {len(rows) - LINES - 1} more"] if len(rows) > LINES + 1 else [])])

    def _rows(self) -> list[tuple[str, ...]]:
        """A line of the table for every component."""
        found = []
        for name, x in self._all().items():
            low, high = np.quantile(x, [0.05, 0.95], axis=(0, 1))
            columns = x.mean(axis=(0, 1)), x.std(axis=(0, 1)), low, high
            sizes = effective(x)
            for at in np.ndindex(x.shape[2:]):
                size = "-" if np.isnan(sizes[at]) else f"{sizes[at]:.0f}"
                label = name + (f"[{', '.join(map(str, at))}]" if at else "")
                found.append((label, *(f"{column[at]:.4g}" for column in columns), size))
        return found
