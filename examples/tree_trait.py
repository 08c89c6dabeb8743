"""What were the ancestors like? A trait that drifts along a real tree with 100 tips.

The tree is the neighbor-joining tree `mp100` of scikit-bio, read from its Newick text as a diagram: a copy at every
branching, a Brownian motion along every edge. No measured trait comes with it, so one is simulated, from the root to
the tips; smoothing sees the tips only and tells all ancestors. It must give what the joint normal distribution of all
nodes gives, as one dense matrix; that is asserted.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from scipy.stats import multivariate_normal

import catlearn as cl
from catlearn import Real
from catlearn.diagrams.theories.markov.processes.linear_sde import BrownianMotion

TRAIT = Real()
RATE, ROOT_MEAN, ROOT_VARIANCE = 2.0, 10.0, 4.0


def tree_file() -> Path:
    """The Newick file that scikit-bio brings along for its tests."""
    package = find_spec("skbio")
    if package is None or package.origin is None:
        raise SystemExit("this example reads a tree that comes with scikit-bio; run pip install scikit-bio")
    return Path(package.origin).parent / "tree" / "tests" / "data" / "mp100.nj.nwk"


def model(path: Path) -> cl.Diagram:
    """The tree as a diagram; each node's wire bears its name."""
    drift = cl.kernel("drift", TRAIT, TRAIT, forward=BrownianMotion(RATE))
    root = cl.gaussian_state("root", TRAIT, ROOT_MEAN, ROOT_VARIANCE)
    return cl.read_newick(path, edge=drift, root=root)


def edges(tree: cl.Diagram) -> tuple[list[int], np.ndarray]:
    """For each node but the root, by number, its parent; and the length of the edge between them."""
    steps = list(tree.wiring.steps())[1:]
    return [reads[0] for _, reads, _ in steps], np.array([box.data[0].duration for box, _, _ in steps])


def dense(parents: list[int], lengths: np.ndarray) -> np.ndarray:
    """The covariance of all nodes: they share what happened before their paths parted."""
    paths = np.eye(len(parents) + 1)
    for node, parent in enumerate(parents, 1):
        paths[node] += paths[parent]
    return paths * np.r_[ROOT_VARIANCE, RATE * lengths] @ paths.T


def given_tips(covariance: np.ndarray, tips: np.ndarray, seen: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The log-density of the tips, and the mean and deviation of every node given them, by dense linear algebra."""
    among, across = covariance[np.ix_(tips, tips)], covariance[:, tips]
    gain = np.linalg.solve(among, across.T).T
    left = np.diagonal(covariance) - (gain * across).sum(axis=1)
    density = multivariate_normal.logpdf(seen, np.full(len(tips), ROOT_MEAN), among)
    return float(density), ROOT_MEAN + gain @ (seen - ROOT_MEAN), np.sqrt(np.maximum(left, 0.0))


def picture(path: Path, parents: list[int], lengths: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> None:
    """The tree from the root on the left, colored by the trait; dots are ancestors, the larger the less is known."""
    n = len(parents) + 1
    depth, height, tips = np.zeros(n), np.zeros(n), sorted(set(range(n)) - set(parents))
    for node, (parent, length) in enumerate(zip(parents, lengths, strict=True), 1):
        depth[node] = depth[parent] + length
    height[tips] = np.arange(len(tips))
    for node in sorted(set(parents), reverse=True):
        height[node] = np.mean([height[k] for k, parent in enumerate(parents, 1) if parent == node])
    shade = colormaps["viridis"]((mean - mean.min()) / np.ptp(mean))
    figure = Figure(figsize=(8, 8), layout="constrained")
    axes = figure.subplots()
    for node, parent in enumerate(parents, 1):
        corner = [depth[parent], depth[parent], depth[node]], [height[parent], height[node], height[node]]
        axes.plot(*corner, color=shade[node], linewidth=1.5)
    inner = sorted(set(parents))
    spots = axes.scatter(depth[inner], height[inner], 400 * deviation[inner] ** 2, mean[inner], zorder=3)
    spots.set_clim(mean.min(), mean.max())
    figure.colorbar(spots, shrink=0.5, label="trait")
    axes.set(title="Ancestors, smoothed from 100 tips", xlabel="distance from the root", yticks=[])
    axes.spines[["left", "top", "right"]].set_visible(False)
    figure.savefig(path)


def main(out: str = "out") -> dict[str, float]:
    """Simulate, smooth, compare, draw; gives how far the dense answer is, and how many ancestors are in their bands."""
    tree = model(tree_file())
    names, (parents, lengths) = cl.variables(tree), edges(tree)
    inner = np.array(sorted(set(parents)))
    tips = np.setdiff1d(np.arange(len(names)), inner)

    truth = np.empty(len(names))
    normals = np.random.default_rng(7).standard_normal(len(names))
    truth[0] = ROOT_MEAN + np.sqrt(ROOT_VARIANCE) * normals[0]
    for node, (parent, length) in enumerate(zip(parents, lengths, strict=True), 1):
        truth[node] = truth[parent] + np.sqrt(RATE * length) * normals[node]

    opt = cl.bffg(tree)
    back = opt.backward({names[k]: truth[k] for k in tips})
    paths = opt.forward(back, n=4000, seed=1)
    # Samples are means plus something linear in standard normals, so without those they are the means.
    still = opt.forward(back, innovations=[np.zeros_like(z[..., :1]) for z in paths.innovations])
    mean = np.array([still[name][0] for name in names])
    sampled = np.array([paths[name].std() for name in names])

    density, means, deviations = given_tips(dense(parents, lengths), tips, truth[tips])
    apart = max(abs(back.log_evidence - density), np.abs(mean - means).max())
    assert apart < 1e-8
    assert np.abs(sampled[inner] / deviations[inner] - 1).max() < 0.1
    inside = float((np.abs(truth - mean) < 1.96 * sampled)[inner].mean())

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    picture(folder / "tree-trait.svg", parents, lengths, mean, sampled)
    print(f"log-likelihood of {len(tips)} tips {back.log_evidence:.4f}; the dense normal agrees to {apart:.0e}")
    print(f"{inside:.0%} of {len(inner)} ancestors, which it never saw, are in their 95 % bands")
    return {"log_likelihood": back.log_evidence, "apart": float(apart), "inside": inside, "tips": len(tips)}


if __name__ == "__main__":
    main()
