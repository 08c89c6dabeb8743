"""Smooth the yearly flow of the Nile at Aswan, 1871 to 1970: when did it fall?

The local level model of Durbin and Koopman's book: the level walks at random, and every year it is measured with noise.
Observations flow back as messages, guided samples of the level flow forward. As all is linear and Gaussian the guides
are the truth, so the answer must be that of a Kalman smoother; that is asserted, against statsmodels and `cl.kalman`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from statsmodels.datasets import nile
from statsmodels.tsa.statespace.mlemodel import MLEModel

import catlearn as cl
from catlearn import Real

# Variances of noise and of the level's steps, as maximum likelihood gives them in that book; and a wide prior.
NOISE, STEP = 15099.0, 1469.1
PRIOR_MEAN, PRIOR_VARIANCE = 1000.0, 1e6
LEVEL = Real()


def model(years: int) -> cl.Diagram:
    """The level of each year, and the flow that is measured."""
    first = cl.gaussian_state("level", LEVEL, PRIOR_MEAN, PRIOR_VARIANCE)
    walk = cl.gaussian("level", LEVEL, LEVEL, 1.0, 0.0, STEP)
    measure = cl.gaussian("flow", LEVEL, LEVEL, 1.0, 0.0, NOISE)
    return cl.unroll(first, walk, measure, years)


def by_statsmodels(flow: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, smoothed means and deviations."""
    space = MLEModel(flow, k_states=1)
    space["design"] = space["transition"] = space["selection"] = [[1.0]]
    space["obs_cov"], space["state_cov"] = [[NOISE]], [[STEP]]
    space.ssm.initialize_known(np.array([PRIOR_MEAN]), np.array([[PRIOR_VARIANCE]]))
    found = space.ssm.smooth()
    return float(found.llf), found.smoothed_state[0], np.sqrt(found.smoothed_state_cov[0, 0])


def picture(path: Path, years: np.ndarray, flow: np.ndarray, mean: np.ndarray, paths: cl.Paths, levels: list) -> None:
    """The data, the smoothed level with its band of two deviations, and some guided samples."""
    samples = np.stack([paths[name] for name in levels])
    band = 2 * samples.std(axis=1)
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(years, samples[:, :15], color="#c2570c", alpha=0.25, linewidth=0.7)
    axes.fill_between(years, mean - band, mean + band, color="#2563a8", alpha=0.2, linewidth=0)
    axes.plot(years, mean, color="#2563a8", linewidth=2, label="smoothed level, ± 2 deviations")
    axes.plot([], [], color="#c2570c", linewidth=0.7, label="guided samples")
    axes.plot(years, flow, "o", color="#1f2937", markersize=3, label="measured")
    axes.set(ylabel="flow, 10⁸ m³ a year", title="The Nile at Aswan", xlim=(years[0] - 1, years[-1] + 1))
    axes.legend(frameon=False)
    figure.savefig(path)


def main(out: str = "out") -> dict[str, float]:
    """Smooth, compare, draw; gives the log-likelihood and how far the other two are from it."""
    data = nile.load_pandas().data
    years, flow = data["year"].to_numpy(dtype=int), data["volume"].to_numpy(dtype=float)
    chain = model(len(flow))
    levels, flows = ([name for name in cl.variables(chain) if name.startswith(each)] for each in ("level", "flow"))

    opt = cl.bffg(chain)
    back = opt.backward(dict(zip(flows, flow, strict=True)))
    paths = opt.forward(back, n=2000, seed=1)
    # Samples are means plus something linear in standard normals, so without those they are the means.
    still = opt.forward(back, innovations=[np.zeros_like(z[..., :1]) for z in paths.innovations])
    mean = np.array([still[name][0] for name in levels])

    likelihood, means, deviations = by_statsmodels(flow)
    one = [[1.0]]
    kalman = cl.kalman(F=one, Q=[[STEP]], H=one, R=[[NOISE]], mean=[PRIOR_MEAN], covariance=[[PRIOR_VARIANCE]])
    smoothed = kalman.smooth(flow[:, None])
    apart = max(
        abs(back.log_evidence - likelihood),
        abs(back.log_evidence - smoothed.log_likelihood),
        np.abs(mean - means).max(),
        np.abs(mean - smoothed.means[:, 0]).max(),
    )
    assert apart < 1e-8
    sampled = np.array([paths[name].std() for name in levels])
    assert np.abs(sampled / deviations - 1).max() < 0.1

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    picture(folder / "nile.svg", years, flow, mean, paths, levels)
    short = model(4)
    cl.bffg(short).backward(dict(zip(flows[:4], flow[:4], strict=True))).draw(folder / "nile-messages.svg")
    fall = int(years[np.argmin(np.diff(mean)) + 1])
    print(f"log-likelihood {back.log_evidence:.4f}; statsmodels and cl.kalman agree to {apart:.0e}, in all means too")
    print(f"the level fell most in {fall}: from {mean[0]:.0f} in {years[0]} to {mean[-1]:.0f} in {years[-1]}")
    return {"log_likelihood": back.log_evidence, "apart": float(apart), "fall": fall, "ess": paths.ess}


if __name__ == "__main__":
    main()
