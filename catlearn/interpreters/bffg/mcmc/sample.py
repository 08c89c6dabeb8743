"""Samples of a posterior by Markov chains over innovations and parameters: in any executor, saved as they go.

>>> class Noisy:  # x is standard normal, and x + noise was seen as 1.0: x given that is N(0.5, 0.5)
...     def innovations(self, seed):
...         return [np.random.default_rng(seed).standard_normal(1)]
...     def log_weight(self, innovations, params):
...         return -0.5 * (1.0 - float(innovations[0][0])) ** 2
...     def values(self, innovations, params):
...         return {"x": innovations[0][0]}
>>> found = sample(Noisy(), steps=2000, keep=["x"], chains=2, seed=1)
>>> found["x"].shape, bool(abs(found.mean("x").value - 0.5) < 4 * found.mean("x").standard_error)
((2, 2000), True)
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np

from catlearn.diagrams.theories.markov.families.family import counted
from catlearn.errors import FileProblem, InputMismatch
from catlearn.files import check_path
from catlearn.interpreters.bffg.mcmc.chain import begin, point_of
from catlearn.interpreters.bffg.mcmc.checkpoint import (
    Reached,
    read_checkpoint,
    settings_of,
    warmup_of,
    write_checkpoint,
)
from catlearn.interpreters.bffg.mcmc.effective import effective
from catlearn.interpreters.bffg.mcmc.plan import Plan, plan
from catlearn.interpreters.bffg.mcmc.posterior import FEW, Chains
from catlearn.interpreters.bffg.mcmc.rounds import check_executor, go_on, rounds
from catlearn.interpreters.bffg.mcmc.target import Costly, Target, weigh
from catlearn.interpreters.bffg.mcmc.warned import warn
from catlearn.progress import progress

__all__ = ["sample"]

LOOKS = 50
"""How often, at least, chains meet, so that there is something to show."""


def sample(  # noqa: PLR0913  each is a choice of its own
    target: Target | Costly,
    params: Mapping[str, Any] | None = None,
    steps: int = 5000,
    *,
    warmup: int | None = None,
    chains: int = 4,
    seed: int = 0,
    executor: Executor | None = None,
    keep: Sequence[str] = (),
    thin: int = 1,
    checkpoint: str | os.PathLike[str] | None = None,
    every: int = 500,
    show: bool | None = None,
    blocks: Sequence[Sequence[str]] | None = None,
    groups: Sequence[Sequence[int]] | str | None = None,
    start: Mapping[str, Any] | None = None,
) -> Chains:
    """Draw from the posterior of a target; the same seed gives the same draws, with any executor and checkpoint.

    Args:
        target: what is sampled: a model with its data.
        params: the priors of its parameters by name, as in `{"sigma": cl.conjugate.Gamma(2.0, 1.0)}`.
        steps: of each chain, after its warm-up.
        warmup: steps before these, in which the lengths of steps are learned; half as many as `steps` by default, or
            as many as a checkpoint that is gone on from has.
        chains: how many.
        seed: of all random numbers.
        executor: where the chains run: any `concurrent.futures.Executor`, as of threads, of processes or of Dask; None
            runs one after the other here.
        keep: the names of wires whose values are kept.
        thin: one step of so many is kept.
        checkpoint: a file in which the chains are saved; when it is there, they go on from it. The same chains may be
            given more steps then.
        every: after how many steps the checkpoint is written.
        show: whether to show a bar; None shows it for long work on a terminal.
        blocks: which parameters move together, as in `[["sigma"], ["mu", "tau"]]`; each alone by default.
        groups: which arrays of innovations move together, by number, as in `[[0, 1], [2]]`, or "each"; all together by
            default. With many observations smaller groups can take longer steps.
        start: values with which parameters begin; the others are drawn from their priors.

    Raises:
        ImpossibleEvidence: when everything that was drawn at the start has weight zero.
        Diverged: when a log-weight is NaN or plus infinity.
        FileProblem: when the checkpoint cannot be written, is damaged, or is that of another model or other settings.
        NotSupported: when the model cannot go to other processes; use threads then.
        TypeMismatch, InputMismatch, UnknownVariable: for arguments that are none.

    Warns:
        RuntimeWarning: when draws depend so much on one another that fewer than 100 independent ones would tell as
            much.
    """
    counts = counted("steps", steps, 1), counted("every", every, 1), counted("chains", chains, 1), counted("seed", seed)
    path = None if checkpoint is None else check_path(checkpoint)
    if warmup is None:
        begun = None if path is None else warmup_of(path)
        warmup = steps // 2 if begun is None else begun
    work = plan(target, params, blocks, groups, keep, warmup, thin, start)
    if steps < work.thin:
        raise InputMismatch(f"thin: {thin} leaves nothing of {steps} steps; take more steps")
    check_executor(executor, work)
    settings = settings_of(work, *counts[2:])
    found = _summary(work, _run(work, settings, work.warmup + steps, executor, path, every, show))
    if weak := found.weak():
        warn(_advice(*weak))
    return found


def _run(
    work: Plan,
    settings: Mapping[str, Any],
    total: int,
    executor: Executor | None,
    path: Path | None,
    every: int,
    show: bool | None,
) -> Reached:
    reached = _first(work, settings, path, total)
    with progress("sampling", total, show) as tell:
        for stop in rounds(reached.step, total, max(total // LOOKS, 1), every):
            reached = reached.followed(go_on(executor, work, reached.states, stop - reached.step))
            if path is not None and (stop % every == 0 or stop == total):
                write_checkpoint(path, settings, reached)
            tell(stop, _said(work, reached))
    return reached


def _first(work: Plan, settings: Mapping[str, Any], path: Path | None, total: int) -> Reached:
    """Where chains begin, or where they stopped."""
    if path is None or not path.exists():
        seeds = np.random.SeedSequence(settings["seed"]).spawn(settings["chains"])
        return Reached(tuple(begin(work, seed) for seed in seeds), ((),) * len(seeds))
    found = read_checkpoint(path, settings, work)
    if found.step > total:
        raise FileProblem(f"{path}: has {found.step} steps already, warm-up and all, not {total}; ask for more steps")
    for state in found.states:
        point = point_of(work, state)
        weight = weigh(point.given, point.views)
        if not np.isclose(weight, state.log_weight, rtol=1e-6, atol=1e-6):
            said = f"a log-weight is {weight:.6g} where it was {state.log_weight:.6g}"
            raise FileProblem(f"{path}: is of another model or other data: {said}; give another name to begin anew")
    return found


def _said(work: Plan, reached: Reached) -> str:
    """What a bar says."""
    done = reached.step - work.warmup
    if done < 4:
        return "warming up"
    rate = np.mean([state.accepted for state in reached.states], axis=0) / done
    moving = [reached.log_weights, *map(reached.draws, work.params.names)] if reached.log_weights.size else []
    sizes = [effective(each) for each in moving]
    least = min((np.nanmin(size) for size in sizes if not np.isnan(size).all()), default=np.nan)
    return f"accepted {' '.join(f'{each:.2f}' for each in rate)}, effective {least:.0f}"


def _summary(work: Plan, reached: Reached) -> Chains:
    states, log_weights = reached.states, reached.log_weights
    done = reached.step - work.warmup
    draws = {name: reached.draws(name) for name in (*work.params.names, *work.keep)}
    rates = {name: np.array([s.accepted[i] for s in states]) / done for i, name in enumerate(work.names)}
    lengths = {name: np.array([s.tunings[i].step for s in states]) for i, name in enumerate(work.names)}
    for array in (log_weights, *draws.values(), *rates.values(), *lengths.values()):
        array.flags.writeable = False
    return Chains(draws, work.params.names, log_weights, rates, lengths)


def _advice(name: str, size: float) -> str:
    return (
        f"sample: {name} has an effective sample size of {size:.0f}, below {FEW}, so its draws say little; take more "
        "steps, improve the guides, or let smaller groups of innovations (groups='each') or blocks of parameters move"
    )
