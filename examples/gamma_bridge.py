"""Wear between two readings: a Gamma bridge whose rate changes with the season.

A part only ever wears, by jumps, and more so in some seasons than in others. It is read at three times; the guide takes
the rate for constant, between readings wear is shared out by Beta draws, and weights make up for the seasons. The
density of the readings is also told by the characteristic function, which knows nothing of guides.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import catlearn as cl
from catlearn import Real

SHAPE, STEPS = 6.0, 24
READINGS = {4: 0.9, 14: 4.6, 24: 6.2}
"""Wear in tenths of a millimeter, by step; there are eight steps in a season of length 1."""
LENGTH = 1.0 / 8


def rate(t: float) -> float:
    """Wear is large where the rate is small."""
    return 3.0 + 1.5 * np.cos(2 * np.pi * t / 2.0)


def worn() -> cl.Graph:
    """The wear after each step, from none."""
    X = Real()
    boxes = []
    for k in range(STEPS):
        truth = cl.GammaProcess(SHAPE, rate, LENGTH, steps=1, start=k * LENGTH)
        boxes.append((cl.kernel(f"wear{k + 1}", X, X, forward=truth, guide=cl.GammaProcess(SHAPE, 3.0, LENGTH)), [k]))
    return cl.graph(X, boxes, range(1, STEPS + 1), "wear", ["new"])


def by_characteristic_function() -> float:
    """The log-density of the readings: what is worn between two is a sum of Gamma variables."""
    total, last, at = 0.0, 0.0, 0
    u = np.linspace(-4000.0, 4000.0, 2_000_001)
    for step, reading in READINGS.items():
        rates = np.array([rate((k + 0.5) * LENGTH) for k in range(at, step)])
        log = -SHAPE * LENGTH * np.log(1 - 1j * u[None] / rates[:, None]).sum(axis=0)
        density = np.trapezoid(np.exp(log - 1j * u * (reading - last)).real, u) / (2 * np.pi)
        total, last, at = total + float(np.log(density)), reading, step
    return total


def main(out: str = "out", samples: int = 5000) -> dict[str, float]:
    """Bridge the readings, compare the evidence, and draw the bridges."""
    opt = cl.bffg(worn())
    back = opt.backward({f"wear{step}": reading for step, reading in READINGS.items()})
    paths = opt.forward(back, samples, seed=1, inputs={"new": 0.0})
    exact, found = by_characteristic_function(), paths.log_evidence
    wear = np.stack([paths[f"wear{k}"] for k in range(1, STEPS + 1)])
    mean = np.array([paths.mean(f"wear{k}").value for k in range(1, STEPS + 1)])
    assert (np.diff(wear, axis=0) >= 0).all()
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    time = LENGTH * np.arange(STEPS + 1)
    axes.step(
        time, np.vstack([np.zeros((1, 20)), wear[:, :20]]), where="post", color="#c2570c", alpha=0.3, linewidth=0.7
    )
    axes.plot(time, np.r_[0.0, mean], color="#2563a8", label="mean of the bridges")
    axes.plot([k * LENGTH for k in READINGS], list(READINGS.values()), "o", color="#1f2937", label="read")
    axes.set(xlabel="season", ylabel="wear, 0.1 mm", title="Wear between readings")
    axes.legend(frameon=False)
    Path(out).mkdir(parents=True, exist_ok=True)
    figure.savefig(Path(out) / "gamma_bridge.svg")
    print(f"log-evidence {found!r}; by the characteristic function {exact:.5f}; effective {paths.ess:.0f} of {samples}")
    return {"log_evidence": found.value, "exact": exact, "standard_error": paths.standard_error, "ess": paths.ess}


if __name__ == "__main__":
    main()
