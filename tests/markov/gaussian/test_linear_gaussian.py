"""Files of linear-Gaussian networks: real ones against their joint made another way, and what is wrong with a file."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from catlearn import Real, Ty, copy, discard, identity
from catlearn.diagrams.bridges.linear_gaussian import read_linear_gaussian, write_linear_gaussian
from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
from catlearn.errors import FileProblem, NotSupported
from catlearn.interpreters.markov.gaussian.inference import infer_gaussian
from tests.networks import network

X = Real()
SMALL = {
    "nodes": ["b", "a", "c"],
    "arcs": [["a", "b"], ["b", "c"], ["a", "c"]],
    "cpds": {
        "b": {"coefficients": {"(Intercept)": [0.5], "a": [2.0]}, "variance": [0.1], "parents": ["a"]},
        "a": {"coefficients": {"(Intercept)": [1.0]}, "variance": [0.5], "parents": []},
        "c": {
            "coefficients": {"(Intercept)": [0.0], "b": [1.0], "a": [-1.0]},
            "variance": [0.0],
            "parents": ["b", "a"],
        },
    },
}


def dense(document):
    """The joint mean and covariance of a file's nodes, by one matrix inverse."""
    nodes = document["nodes"]
    place = {name: i for i, name in enumerate(nodes)}
    B, a, D = np.zeros((len(nodes), len(nodes))), np.zeros(len(nodes)), np.zeros(len(nodes))
    for name, row in document["cpds"].items():
        D[place[name]] = row["variance"][0]
        for parent, (slope,) in row["coefficients"].items():
            if parent == "(Intercept)":
                a[place[name]] = slope
            else:
                B[place[name], place[parent]] = slope
    whole = np.linalg.inv(np.eye(len(nodes)) - B)
    return whole @ a, whole @ np.diag(D) @ whole.T


def check(path):
    """Prior and posterior marginals and the log-evidence, against the dense joint."""
    document = json.loads(path.read_text())
    nodes, (mean, covariance) = document["nodes"], dense(document)
    q = infer_gaussian(read_linear_gaussian(path))
    seen = np.arange(0, len(nodes), 5)
    values = mean[seen] + np.sqrt(covariance.diagonal()[seen])
    gain = covariance[:, seen] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
    found = q.posterior(dict(zip([nodes[i] for i in seen], values, strict=True)))
    wanted = mean + gain @ (values - mean[seen])
    left = (covariance - gain @ covariance[seen]).diagonal()
    density = multivariate_normal(mean[seen], covariance[np.ix_(seen, seen)]).logpdf(values)
    prior, size = q.posterior(), covariance.diagonal()
    for i, name in enumerate(nodes):
        assert prior[name].mean == pytest.approx(mean[i], rel=1e-10, abs=1e-10)
        assert prior[name].variance == pytest.approx(size[i], rel=1e-10)
        assert found[name].mean == pytest.approx(wanted[i], rel=1e-9, abs=1e-9)
        assert found[name].variance == pytest.approx(left[i], abs=1e-9 * size[i])
    assert found.log_evidence == pytest.approx(density, rel=1e-9)


@pytest.mark.parametrize("name", ["ecoli70", "arth150", "magic-irri", "magic-niab"])
def test_real_networks(name) -> None:
    check(network(name))


def test_a_small_network(tmp_path) -> None:
    path = tmp_path / "small.json"
    path.write_text(json.dumps(SMALL))
    check(path)
    d = read_linear_gaussian(path)
    assert d.cod == X @ X @ X
    write_linear_gaussian(d, tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text())["nodes"] == SMALL["nodes"]
    assert read_linear_gaussian(tmp_path / "again.json") == d


def test_writing_keeps_all_variables_and_adds_up_repeated_parents(tmp_path) -> None:
    x, twice = gaussian_state("x", X, 1.0, 2.0), gaussian("twice", X @ X, X, [1.0, 2.0], 0.0, 1.0)
    write_linear_gaussian(x >> copy() >> twice >> discard(), tmp_path / "x.json")
    found = infer_gaussian(read_linear_gaussian(tmp_path / "x.json")).posterior()
    assert (found["twice"].mean, found["twice"].variance) == pytest.approx((3.0, 19.0))
    vector = gaussian_state("v", Real(2), 0.0, np.eye(2))
    for d, words in ((vector, "v: the file holds"), (identity(X), "a network has no inputs")):
        with pytest.raises(NotSupported, match=words):
            write_linear_gaussian(d, tmp_path / "y.json")
    assert not (tmp_path / "y.json").exists()


def changed(**rows):
    document = json.loads(json.dumps(SMALL))
    for place, value in rows.items():
        *way, last = place.split("__")
        row = document
        for key in way:
            row = row[key]
        if value is None:
            del row[last]
        else:
            row[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps(SMALL)[:-30], "not JSON, or cut short"),
        ("[]", "has no 'nodes'"),
        (changed(nodes=None), "has no 'nodes'"),
        (changed(nodes=["a", "a"]), "different names"),
        (changed(nodes=[]), "different names"),
        (changed(cpds__a=None), "cpds: has no 'a'"),
        (changed(cpds__a=[]), "cpds.a: is of the wrong kind"),
        (changed(cpds__a__variance=None), "a: has no 'variance'"),
        (changed(cpds__a__variance=["big"]), "a.variance: must be a finite number"),
        (changed(cpds__a__variance=[-1.0]), "a: S is no covariance: its least eigenvalue is -1"),
        (changed(cpds__b__coefficients__aa=[1.0]), "b: there is no node 'aa'; did you mean 'a'"),
        (changed(cpds__b__parents=["c"]), "b: its parents are not those"),
        (changed(arcs=[["a", "b"]]), "arcs: a -> c stands in one of"),
        (changed(arcs=[1]), "arcs: must be a list of pairs"),
        (changed(arcs=None, cpds__a={"coefficients": {"c": 1.0}, "variance": 1.0}), "depends on itself"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path, text, words) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text)
    with pytest.raises(FileProblem, match=words):
        read_linear_gaussian(path)


def test_a_file_that_cannot_be_read(tmp_path) -> None:
    with pytest.raises(FileProblem, match="cannot be read"):
        read_linear_gaussian(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileProblem, match="is not a text file"):
        read_linear_gaussian(tmp_path / "binary.json")


def test_a_deep_network_is_read(tmp_path) -> None:
    names = [f"n{i}" for i in range(3000)]
    rows = {name: {"coefficients": {"(Intercept)": 0.0}, "variance": 1.0} for name in names}
    for parent, name in pairwise(names):
        rows[name]["coefficients"][parent] = 0.9
    (tmp_path / "deep.json").write_text(json.dumps({"nodes": names[::-1], "cpds": rows}))
    d = read_linear_gaussian(tmp_path / "deep.json")
    v = _var(2999)
    assert infer_gaussian(d).posterior({"n2999": 1.0})["n2998"].mean == pytest.approx(0.9 * v / (0.81 * v + 1.0))


def _var(n):
    value = 0.0
    for _ in range(n):
        value = 0.81 * value + 1.0
    return value


def test_names_and_numbers_that_the_file_cannot_hold(tmp_path) -> None:
    for d, message in (
        (gaussian_state("(Intercept)", X, 0.0, 1.0) >> gaussian("y", X, X, 1.0, 0.0, 1.0), "keeps this name"),
        (identity(Ty()), "no boxes"),
    ):
        with pytest.raises(NotSupported, match=message):
            write_linear_gaussian(d, tmp_path / "a.json")
    assert not list(tmp_path.iterdir())
    (tmp_path / "b.json").write_text(json.dumps(SMALL).replace("0.1", "1" + "0" * 400))
    with pytest.raises(FileProblem, match="variance: must be a finite number"):
        read_linear_gaussian(tmp_path / "b.json")
    with pytest.raises(FileProblem, match="not the name of a file"):
        read_linear_gaussian(3)
