"""What `sample` takes, refuses, warns of and gives."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from catlearn.diagrams.theories.markov.families.predictives import NegativeBinomial
from catlearn.diagrams.theories.markov.families.priors import Dirichlet, Gamma, Normal
from catlearn.diagrams.theories.markov.sampled import Sampler
from catlearn.errors import (
    Diverged,
    DrawingError,
    ImpossibleEvidence,
    InputMismatch,
    MissingExtra,
    NotSupported,
    ShapeMismatch,
    TypeMismatch,
    UnknownVariable,
)
from catlearn.interpreters.bffg.mcmc.posterior import Chains
from catlearn.interpreters.bffg.mcmc.sample import sample
from catlearn.progress import progress
from tests.bffg.mcmc.models import Constant, Walk

SIGMA, MU = Gamma(2.0, 1.0), Normal(0.0, 1.0)


def like(**methods):
    """A target whose methods are other ones."""
    return type("Like", (Constant,), {name: staticmethod(method) for name, method in methods.items()})()


@pytest.fixture(scope="module")
def found() -> Chains:
    return sample(Walk(), {"sigma": SIGMA}, steps=3000, keep=["path", "sign"], chains=2, seed=1)


def test_data_that_cannot_be_is_said() -> None:
    with pytest.raises(ImpossibleEvidence, match="probability zero at all of 100 draws from the prior; widen"):
        sample(Constant(-np.inf))
    with pytest.raises(ImpossibleEvidence, match="give a start where it is possible"):
        sample(Constant(-np.inf), {"mu": MU})
    never = Sampler(lambda r, n: r.random(n), lambda x: np.full(np.shape(x), -np.inf))
    with pytest.raises(ImpossibleEvidence):
        sample(Constant(), {"x": never})


def test_a_start_where_the_data_can_be_helps() -> None:
    target = like(log_weight=lambda z, params: 0.0 if params["mu"] > 20.0 else -np.inf)
    with pytest.raises(ImpossibleEvidence):
        sample(target, {"mu": MU})
    found = sample(target, {"mu": MU}, steps=2000, start={"mu": 20.5}, seed=1)
    assert found["mu"].min() > 20.0


@pytest.mark.parametrize(("log", "said"), [(np.nan, "nan at mu = "), (np.inf, "inf at mu = ")])
def test_a_weight_that_is_no_number_is_said(log, said) -> None:
    with pytest.raises(Diverged, match=f"the log-weight is {said}"):
        sample(Constant(log), {"mu": MU})


@pytest.mark.parametrize("log", ["1", None, np.zeros(2), 1j])
def test_a_weight_is_one_number(log) -> None:
    with pytest.raises(InputMismatch, match="one number for one sample"):
        sample(Constant(log))


@pytest.mark.parametrize("log", [0, np.float32(0), np.zeros(1), np.zeros((1, 1))])
def test_a_weight_may_be_an_array_of_one(log) -> None:
    assert sample(Constant(log), steps=200).log_weights.shape == (4, 200)


@pytest.mark.parametrize(
    ("target", "error", "said"),
    [
        (3, TypeMismatch, "3 has no method innovations"),
        (like(innovations=lambda seed: [[0, 1]]), InputMismatch, r"innovations\[0\]: give finite float64"),
        (like(innovations=lambda seed: [np.array([np.nan])]), InputMismatch, "give finite float64"),
        (like(innovations=lambda seed: [np.zeros(2 if seed else 1)]), ShapeMismatch, "their shapes are"),
        (like(values=lambda z, p: {"z": "a"}), InputMismatch, "keep: z is numbers"),
        (like(values=lambda z, p: {"y": 1.0}), UnknownVariable, "there is no wire 'z'"),
        (like(values=lambda z, p: {"z": np.zeros(1 + (z[0][0] > 0))}), ShapeMismatch, "changes its shape"),
    ],
)
def test_targets_that_are_none(target, error, said) -> None:
    with pytest.raises(error, match=said):
        sample(target, keep=["z"])


def test_a_target_cannot_change_the_innovations() -> None:
    def spoil(z, params):
        z[0][0] = 1.0

    with pytest.raises(ValueError, match="read-only"):
        sample(like(log_weight=spoil))


def test_what_is_kept_is_a_copy() -> None:
    buffer = np.zeros(1)

    def values(z, params):
        buffer[:] = z[0]
        return {"z": buffer}

    kept = sample(like(values=values), steps=500, keep=["z"], chains=1)["z"]
    assert kept.std() > 0.5


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"steps": 0}, InputMismatch, "steps is a whole number from 1 up"),
        ({"steps": 2.5}, InputMismatch, "steps is a whole number"),
        ({"chains": 0}, InputMismatch, "chains is a whole number from 1 up"),
        ({"warmup": -1}, InputMismatch, "warmup is a whole number from 0 up"),
        ({"seed": -1}, InputMismatch, "seed is a whole number"),
        ({"every": 0}, InputMismatch, "every is a whole number"),
        ({"thin": 0}, InputMismatch, "thin is a whole number"),
        ({"steps": 5, "thin": 6}, InputMismatch, "thin: 6 leaves nothing of 5 steps"),
        ({"keep": "path"}, TypeMismatch, r"keep: give a list of names, as in \['sigma'\], not 'path'"),
        ({"keep": ["path", "path"]}, InputMismatch, "the same name is there twice"),
        ({"keep": ["sigma"]}, InputMismatch, "keep: sigma is a parameter"),
        ({"keep": ["pth"]}, UnknownVariable, "there is no wire 'pth'; did you mean 'path'"),
        ({"params": [SIGMA]}, TypeMismatch, "params: give priors by name"),
        ({"params": {"sigma": 2.0}}, TypeMismatch, r"sigma has a prior such as cl.conjugate.Gamma\(2.0, 1.0\)"),
        ({"params": {"sigma": NegativeBinomial(1.0, 1.0)}}, NotSupported, "sigma is no NegativeBinomial"),
        ({"params": {"sigma": Sampler(lambda r, n: r.random(n))}}, NotSupported, "the prior of sigma has no density"),
        ({"params": {"sigma": Sampler(lambda r, n: 1.0, lambda x: x)}}, TypeMismatch, "the prior of sigma draws"),
        ({"params": {"sigma": Sampler(lambda r, n: r.random((n, 2)), lambda x: x)}}, TypeMismatch, "of one number"),
        ({"params": {"s": Sampler(lambda r, n: r.random(n), lambda x: x * np.nan)}}, Diverged, "the prior of s is nan"),
        ({"blocks": "sigma"}, TypeMismatch, "blocks: give lists of names"),
        ({"blocks": ["sigma"]}, TypeMismatch, "blocks: give a list of names"),
        ({"blocks": [["sgma"]]}, UnknownVariable, "no parameter 'sgma'; did you mean 'sigma'"),
        ({"blocks": [["sigma"], ["sigma"]]}, InputMismatch, "sigma is in 2 blocks"),
        ({"blocks": []}, InputMismatch, "sigma is in 0 blocks"),
        ({"blocks": [["sigma"], []]}, InputMismatch, "one block is empty"),
        ({"groups": 3}, TypeMismatch, "groups: give 'each' or lists"),
        ({"groups": [[0]]}, InputMismatch, "put each of the 2 arrays of innovations in one group"),
        ({"groups": [[0], [2]]}, InputMismatch, "put each of the 2 arrays"),
        ({"groups": [["a"], [1]]}, InputMismatch, "the number of an array is a whole number"),
        ({"start": 3}, TypeMismatch, "start: give values by name"),
        ({"start": {"sgma": 3}}, UnknownVariable, "no parameter 'sgma'; did you mean 'sigma'"),
        ({"start": {"sigma": -1.0}}, InputMismatch, "start: sigma cannot be -1.0"),
        ({"start": {"sigma": "a"}}, InputMismatch, "start: sigma cannot be 'a'"),
        ({"start": {"sigma": [1.0, 2.0]}}, InputMismatch, "start: sigma cannot be"),
    ],
)
def test_bad_settings(settings, error, said) -> None:
    with pytest.raises(error, match=said):
        sample(**({"target": Walk(), "params": {"sigma": SIGMA}} | settings))


def test_too_few_draws_are_said() -> None:
    with pytest.warns(RuntimeWarning, match=r"effective sample size of \d+, below 100.*take more steps, improve"):
        sample(Walk(), {"sigma": SIGMA}, steps=60, chains=1)
    stuck = like(log_weight=lambda z, params: 0.0 if params["mu"] == 1.0 else -np.inf)
    with pytest.warns(RuntimeWarning, match="mu has an effective sample size of 1"):
        found = sample(stuck, {"mu": MU}, steps=400, start={"mu": 1.0})
    assert (found.acceptance["mu"] == 0).all()


def test_a_table(found) -> None:
    lines = repr(found).splitlines()
    assert lines[0] == "2 chains of 3000 draws"
    assert lines[1].startswith("accepted: innovations 0.")
    assert lines[2].split() == ["mean", "sd", "5%", "95%", "effective"]
    assert [line.split()[0] for line in lines[3:]] == [
        "log-weight", "sigma", "path[0]", "path[1]", "path[2]", "sign[0]", "sign[1]", "sign[2]",
    ]  # fmt: skip
    many = Chains({"x": np.zeros((2, 9, 30))}, (), np.zeros((2, 9)), {}, {})
    assert repr(many).endswith("... and 11 more")


def test_asking_for_what_was_not_kept(found) -> None:
    with pytest.raises(UnknownVariable, match="nothing was kept of 'pth'; did you mean 'path'"):
        found.mean("pth")
    bare = sample(Constant(), steps=200)
    with pytest.raises(UnknownVariable, match="nothing was kept of 'z'; name wires with keep"):
        bare["z"]


def test_arviz_has_the_draws(found) -> None:
    pytest.importorskip("arviz")
    data = found.to_arviz()
    assert np.array_equal(data.posterior["sigma"].values, found["sigma"])
    assert np.array_equal(data.posterior["path"].values, found["path"])
    assert np.array_equal(data.sample_stats["lp"].values, found.log_weights)
    sizes = found.ess
    assert sizes["path"].shape == (3,)
    # The quick estimate is of the same size.
    assert 0.4 < found.effective["sigma"] / sizes["sigma"] < 2.5


@pytest.mark.parametrize("ask", [lambda found: found.ess, lambda found: found.to_arviz()])
def test_without_arviz_the_extra_is_named(ask, found, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "arviz", None)
    with pytest.raises(MissingExtra, match=r'pip install "catlearn-diagrams\[mcmc\]"'):
        ask(found)
    monkeypatch.setitem(sys.modules, "arviz", type(sys)("arviz"))
    with pytest.raises(MissingExtra, match="below 1.0"):
        ask(found)


def test_a_picture(found, tmp_path, monkeypatch) -> None:
    pictures = [found.trace(tmp_path / f"{i}.svg").read_bytes() for i in range(2)]
    assert pictures[0] == pictures[1]
    assert pictures[0].startswith(b"<?xml")
    shares = sample(Constant(), {"a$b": Dirichlet([3.0, 3.0, 3.0])}, steps=500)
    assert shares.trace(str(tmp_path / "b.PNG")).read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DrawingError, match=r"end its name in \.svg, \.png, \.pdf"):
        found.trace(tmp_path / "a.txt")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r'pip install "catlearn-diagrams\[demo\]"'):
        found.trace(tmp_path / "a.svg")


def test_the_bar_says_how_it_goes(monkeypatch) -> None:
    from contextlib import contextmanager

    from catlearn.interpreters.bffg.mcmc import sample as module

    told = []

    @contextmanager
    def listen(title, total, show):
        with progress(title, total, show=False):
            yield lambda done, said: told.append((done, said))

    monkeypatch.setattr(sys.modules[module.__module__] if callable(module) else module, "progress", listen)
    sample(Walk(), {"sigma": SIGMA}, steps=1000, seed=1)
    assert told[0] == (30, "warming up")
    assert told[-1][0] == 1500
    assert told[-1][1].startswith("accepted 0.")
    assert int(told[-1][1].rsplit(" ", 1)[1]) > 50
