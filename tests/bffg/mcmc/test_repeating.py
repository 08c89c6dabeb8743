"""The same seed gives the same draws: in any executor, in pieces, and after a kill."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from catlearn.diagrams.theories.markov.families.priors import Gamma, Normal
from catlearn.diagrams.theories.markov.sampled import Sampler
from catlearn.errors import CatlearnError, FileProblem, NotSupported, TypeMismatch
from catlearn.interpreters.bffg.mcmc.sample import sample
from tests.bffg.mcmc.models import Constant, Deadly, Walk

ROOT = Path(__file__).parents[3]
PRIORS = {"sigma": Gamma(2.0, 1.0)}
SETTINGS = {"steps": 1500, "warmup": 200, "chains": 2, "seed": 5, "keep": ["path", "sign"], "thin": 3, "every": 300}


def same(one, two) -> None:
    assert list(one.draws) == list(two.draws)
    for name in one.draws:
        assert one[name].dtype == two[name].dtype
        assert np.array_equal(one[name], two[name])
    assert np.array_equal(one.log_weights, two.log_weights)
    for name, rate in one.acceptance.items():
        assert np.array_equal(rate, two.acceptance[name])
        assert np.array_equal(one.step_lengths[name], two.step_lengths[name])


@pytest.fixture(scope="module")
def expected():
    return sample(Walk(), PRIORS, **SETTINGS)


def test_what_is_kept_has_its_shapes(expected) -> None:
    assert expected["sigma"].shape == expected.log_weights.shape == (2, 500)
    assert expected["path"].shape == (2, 500, 3)
    assert expected["sign"].dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        expected["sigma"][0, 0] = 1.0


def test_another_seed_gives_other_draws_and_chains_differ(expected) -> None:
    other = sample(Walk(), PRIORS, **(SETTINGS | {"seed": 6}))
    assert not np.isin(other["sigma"][0, -5:], expected["sigma"]).any()
    assert not np.isin(expected["sigma"][0, -5:], expected["sigma"][1]).any()


def test_threads_give_the_same(expected) -> None:
    with ThreadPoolExecutor(2) as executor:
        same(sample(Walk(), PRIORS, executor=executor, **SETTINGS), expected)


def test_processes_give_the_same(expected) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        same(sample(Walk(), PRIORS, executor=executor, **SETTINGS), expected)
        with pytest.raises(NotSupported, match=r"cannot go to other processes .*use a ThreadPoolExecutor"):
            sample(Walk(), {"sigma": Sampler(lambda r, n: r.random(n), lambda x: 0 * x)}, executor=executor)
        with pytest.raises(CatlearnError, match="a worker ended before its work did"):
            sample(Deadly(), steps=10, executor=executor)


class Late(Executor):
    """An executor of another library, which finds out late that something cannot be sent."""

    def submit(self, function, /, *args, **options):
        import pickle

        future = Future()
        future.set_exception(pickle.PicklingError("no"))
        return future


def test_other_executors_say_what_does_not_travel() -> None:
    with pytest.raises(NotSupported, match="cannot go to other processes"):
        sample(Walk(), PRIORS, executor=Late(), **SETTINGS)
    with pytest.raises(TypeMismatch, match="executor: give one such as"):
        sample(Walk(), PRIORS, executor=4, **SETTINGS)


@pytest.mark.filterwarnings("ignore:sample:RuntimeWarning")
def test_a_checkpoint_changes_nothing_and_goes_on_with_more_steps(expected, tmp_path) -> None:
    path = tmp_path / "chains.ckpt"
    less = sample(Walk(), PRIORS, checkpoint=path, **(SETTINGS | {"steps": 700}))
    assert np.array_equal(less["sigma"], expected["sigma"][:, : 700 // 3])
    same(sample(Walk(), PRIORS, checkpoint=path, **SETTINGS), expected)
    same(sample(Walk(), PRIORS, checkpoint=path, **SETTINGS), expected)
    assert [p.name for p in tmp_path.iterdir()] == ["chains.ckpt"]
    with pytest.raises(FileProblem, match="has 1700 steps already, warm-up and all, not 700; ask for more steps"):
        sample(Walk(), PRIORS, checkpoint=path, **(SETTINGS | {"steps": 500}))


CODE = """
from tests.bffg.mcmc.models import Walk
from tests.bffg.mcmc.test_repeating import PRIORS, SETTINGS
from catlearn.interpreters.bffg.mcmc.sample import sample
sample(Walk(pause=0.0005), PRIORS, checkpoint={path!r}, **(SETTINGS | {{"every": 50}}))
"""


def test_after_a_kill_chains_go_on_bit_for_bit(expected, tmp_path) -> None:
    path = tmp_path / "chains.ckpt"
    process = subprocess.Popen([sys.executable, "-c", CODE.format(path=str(path))], cwd=ROOT)
    try:
        for _ in range(600):
            if path.exists() and path.stat().st_size > 6000:
                break
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    content = path.read_bytes()
    same(sample(Walk(), PRIORS, checkpoint=path, **SETTINGS), expected)
    # It did go on: with nothing left to do, the file would have stayed.
    assert path.read_bytes() != content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 6}, "was made with seed 5, not 6"),
        ({"chains": 3}, "was made with chains 2, not 3"),
        ({"warmup": 100}, "was made with warmup 200, not 100"),
        ({"thin": 2}, "was made with thin 3, not 2"),
        ({"keep": ["last"]}, r"was made with keep \['path', 'sign'\], not \['last'\]"),
        ({"groups": "each"}, r"was made with groups \[\[0, 1\]\], not \[\[0\], \[1\]\]"),
        ({"start": {"sigma": 1.0}}, r"was made with start {}, not {'sigma': 1.0}"),
        ({"params": {"sigma": Gamma(2.0, 2.0)}}, "was made with parameters"),
        ({"params": {"sigma": Gamma(2.0, 1.0), "mu": Normal(0.0, 1.0)}}, "was made with parameters"),
        ({"target": Walk(seen=(1.0, 0.2))}, "was made with innovations of the shapes"),
        ({"target": Walk(seen=(1.0, 0.2, 2.4))}, "is of another model or other data: a log-weight is"),
        ({"target": Walk(noise=0.6)}, "is of another model or other data: a log-weight is"),
    ],
)
def test_the_checkpoint_of_other_chains_is_refused(change, said, finished) -> None:
    settings = {"target": Walk(), "params": PRIORS, **SETTINGS} | change
    with pytest.raises(FileProblem, match=said):
        sample(checkpoint=finished, **settings)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    path = tmp_path_factory.mktemp("chains") / "chains.ckpt"
    sample(Walk(), PRIORS, checkpoint=path, **SETTINGS)
    return path


@pytest.mark.parametrize("keep", [0, 7, 100, 3000, -1])
def test_a_checkpoint_that_is_cut_short_is_refused(keep, finished, tmp_path) -> None:
    cut = tmp_path / "cut.ckpt"
    cut.write_bytes(finished.read_bytes()[:keep])
    with pytest.raises(FileProblem, match="is no whole checkpoint"):
        sample(Walk(), PRIORS, checkpoint=cut, **SETTINGS)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"chains 1", b"chains 9", "is no checkpoint of chains"),
        (b'\\"step\\": 1700', b'\\"step\\": 1400', "is damaged: its sum is another"),
        (b"PCG64", b"PCG65", "is damaged"),
        (b"0/vector", b"0/VECTOR", "is damaged"),
        (b"draws/path", b"draws/PATH", "is damaged"),
    ],
)
def test_a_damaged_checkpoint_is_refused(old, new, said, finished, tmp_path) -> None:
    content = finished.read_bytes()
    assert old in content
    (tmp_path / "bad.ckpt").write_bytes(content.replace(old, new))
    with pytest.raises(FileProblem, match=said):
        sample(Walk(), PRIORS, checkpoint=tmp_path / "bad.ckpt", **SETTINGS)


def test_a_checkpoint_needs_a_place() -> None:
    with pytest.raises(FileProblem, match="there is no folder"):
        sample(Constant(), checkpoint="no/such/folder/a.ckpt")


def test_more_steps_keep_the_warm_up_of_the_checkpoint(workdir) -> None:
    options = {"chains": 2, "seed": 5, "checkpoint": "more.ckpt"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        sample(Walk(), PRIORS, steps=100, **options)
        more = sample(Walk(), PRIORS, steps=300, **options)
        once = sample(Walk(), PRIORS, steps=300, warmup=50, chains=2, seed=5)
    assert (more["sigma"] == once["sigma"]).all()
