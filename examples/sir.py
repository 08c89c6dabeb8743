"""Who caught it in the karate club? An epidemic on a real network of 34 people, told from a few tests.

Zachary's karate club, as networkx has it, is who meets whom. The epidemic is simulated on it, as no measured one comes
with the network: everybody infects their friends, day by day, and some are tested. Backward, each person's tests speak
of that person alone, with friends frozen at what the last samples had; forward, everybody infects everybody, and the
weights make up for it.
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
from matplotlib.figure import Figure

import catlearn as cl

DAYS, INFECTION, RECOVERY = 12, 0.12, 0.15
TESTED = [(f"person{k}", day) for day in (3, 6, 9, 12) for k in range(day % 4, 34, 4)]


def club(guide: cl.Kernel | None = None) -> cl.Graph:
    """The epidemic as a diagram: 34 people, 12 days, a box for each; it comes from outside once in 2,000 days."""
    network = nx.karate_club_graph()
    first = {"person0": [0.2, 0.8, 0.0], "person33": [0.8, 0.2, 0.0]}
    return cl.epidemic(network, DAYS, INFECTION, RECOVERY, first, outside=0.0005, tests=TESTED, guide=guide)


def main(out: str = "out", samples: int = 4000) -> dict[str, float]:
    """Simulate, test, and tell who has been infectious."""
    opt = cl.bffg(club())
    happened = opt.forward(opt.backward({}), 1, seed=4)
    names = [f"test:{who}@{day}" for who, day in TESTED]
    results = {name: ("negative", "positive")[int(happened[name][0])] for name in names}
    back = opt.backward(results)
    paths = opt.forward(back, samples, seed=1)
    other = cl.bffg(club(cl.Frozen(1.0)))
    again = other.forward(other.backward(results), samples, seed=2)
    people = [f"person{k}" for k in range(34)]
    sick = np.array([[paths.probability(f"{who}@{day}", "I").value for day in range(DAYS + 1)] for who in people])
    truth = np.array([[happened[f"{who}@{day}"][0] == 1 for day in range(DAYS + 1)] for who in people])
    told = float((np.where(truth, sick, 1 - sick) > 0.5).mean())
    draw(Path(out), sick, truth)
    print(
        f"{len(results)} tests, {sum(r == 'positive' for r in results.values())} positive; {paths.ess:.0f} of {samples}"
    )
    print(f"log-evidence {paths.log_evidence!r}, with another guide {again.log_evidence!r}")
    print(f"{told:.0%} of all days of all people are told right")
    apart = abs(paths.log_evidence.value - again.log_evidence.value)
    return {
        "told": told,
        "ess": paths.ess,
        "errors_apart": apart / float(np.hypot(paths.standard_error, again.standard_error)),
    }


def draw(out: Path, sick: np.ndarray, truth: np.ndarray) -> None:
    """The probability of being infectious, by person and day, and what happened."""
    out.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    shown = axes.imshow(sick, aspect="auto", cmap="Oranges", vmin=0, vmax=1)
    person, day = np.nonzero(truth)
    axes.plot(day, person, "o", color="#1f2937", markersize=2)
    axes.set(
        xlabel="day; dots: infectious in truth",
        ylabel="person",
        title="An epidemic in the karate club, told from its tests",
    )
    figure.colorbar(shown, label="probability of being infectious")
    figure.savefig(out / "sir.svg")


if __name__ == "__main__":
    main()
