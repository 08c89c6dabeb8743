"""Sites of a tree against the enumeration of all inner states, and against cogent3."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn import Finite, Real, channel, copy, effect, gaussian, identity, kernel, state, variables
from catlearn.diagrams.bridges.newick import read_newick
from catlearn.diagrams.theories.markov.processes.rates import SiteRates
from catlearn.diagrams.theories.markov.processes.substitution import DNA, HKY85, JC69, K80
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotSupported,
    ShapeMismatch,
    TypeMismatch,
    UnknownBox,
    UnknownOutcome,
    UnknownVariable,
)
from catlearn.interpreters.bffg.sites import evidence
from catlearn.interpreters.bffg.sites.sites import sites
from catlearn.interpreters.bffg.sites.tree import read_tree

LETTERS = "TCAG"
CODES = {**{x: x for x in LETTERS}, "R": "AG", "y": "TC", "N": LETTERS, "-": LETTERS, "?": LETTERS, "V": "ACG"}
ALPHABET = "".join(CODES)
TREES = [
    "(a:0.1,b:0.3);",
    "((a:0.1,b:0.2):0.3,c:0.5);",
    "(a:0.1,b:0.2,c:0,d:0.7);",
    "((a:0.1,b:0.2):0.3,(c:0.5,d:0):0.1);",
    "(((a:0.3):0.2,b:0.1):0,(c:1,d:2,e:0.1):0.4);",
]


def model(kappa=3.0):
    return HKY85(kappa, [0.1, 0.2, 0.3, 0.4])


def dna_tree(text, forward=None, **options):
    drift = kernel("drift", DNA, DNA, forward=forward or model())
    return read_newick(text, drift, root=model().stationary("top"), **options)


def enumerated(d, alignment, rate=1.0):
    """For each site the probability of what was seen, jointly with each state of each wire: (S, wires, 4)."""
    tree, names = read_tree(d), variables(d)
    tables = [
        None if p < 0 else model().lasting(rate * b.data[0].duration).transition()
        for p, b in zip(tree.parents, tree.boxes, strict=True)
    ]
    count, axes = len(next(iter(alignment.values()))), "abcdefghijklmnop"[: len(names)]
    pairs = [f"{axes[parent]}{axes[wire]}" for wire, parent in enumerate(tree.parents) if parent >= 0]
    found = np.zeros((count, len(names), 4))
    for site in range(count):
        seen = [
            [float(x in CODES[alignment[name][site]]) for x in LETTERS] if name in alignment else np.ones(4)
            for name in names
        ]
        terms = [model().frequencies, *tables[1:], *seen]
        joint = np.einsum(f"a,{','.join(pairs)},{','.join(axes)}->{axes}", *terms)
        for wire in range(len(names)):
            found[site, wire] = joint.sum(axis=tuple(k for k in range(len(names)) if k != wire))
    return found


@st.composite
def observed(draw, alphabet=ALPHABET):
    text = draw(st.sampled_from(TREES))
    d = dna_tree(text)
    leaves = [variables(d)[wire] for wire in d.wiring.outputs.tolist()]
    count = draw(st.integers(1, 6))
    rows = {leaf: "".join(draw(st.lists(st.sampled_from(alphabet), min_size=count, max_size=count))) for leaf in leaves}
    if draw(st.booleans()):
        rows["n1"] = "".join(draw(st.lists(st.sampled_from(alphabet), min_size=count, max_size=count)))
    return d, {name: row for name, row in rows.items() if name in variables(d)}


@given(observed())
@settings(max_examples=30)
def test_evidence_and_ancestors_are_those_of_enumeration(case):
    d, alignment = case
    joint = enumerated(d, alignment)
    per_site = joint[:, 0].sum(axis=1)
    found = sites(d, alignment)
    if not per_site.all():
        with pytest.raises(ImpossibleEvidence, match=f"site {int(np.argmin(per_site))} has probability 0"):
            found.backward()
        return
    back = found.backward()
    np.testing.assert_allclose(back.per_site, np.log(per_site), rtol=1e-12, atol=1e-14)
    assert back.log_evidence == pytest.approx(np.log(per_site).sum(), rel=1e-12, abs=1e-12)
    marginals = back.marginals()
    for wire, name in enumerate(variables(d)):
        np.testing.assert_allclose(marginals[name], joint[:, wire] / per_site[:, None], atol=1e-12)


@given(observed("TCAG-"), st.booleans())
@settings(max_examples=15)
def test_categories_of_rates_are_mixed(case, invariant):
    d, alignment = case
    alignment.pop("n1", None)
    speeds = SiteRates(0.5, 3, invariant=0.3 if invariant else 0.0)
    parts = [enumerated(d, alignment, rate) * weight for rate, weight in zip(speeds.rates, speeds.weights, strict=True)]
    joint = sum(parts)
    per_site = joint[:, 0].sum(axis=1)
    if not per_site.all():
        return
    back = sites(d, alignment, speeds).backward()
    np.testing.assert_allclose(back.per_site, np.log(per_site), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(back["top"], joint[:, 0] / per_site[:, None], atol=1e-12)
    each = np.array([part[:, 0].sum(axis=1) for part in parts]).T
    np.testing.assert_allclose(back.rate_probabilities, each / per_site[:, None], atol=1e-12)


def random_case(leaves, count, seed=0, mean=0.1):
    """A random tree of many leaves, and letters at random."""
    rng = np.random.default_rng(seed)
    parts = [f"t{k}:{rng.exponential(mean)}" for k in range(leaves)]
    while len(parts) > 1:
        i, j = sorted(rng.choice(len(parts), 2, replace=False))
        pair = f"({parts[i]},{parts[j]})"
        parts = [part for k, part in enumerate(parts) if k not in (i, j)]
        parts.append(pair + (f":{rng.exponential(mean)}" if parts else ""))
    first = rng.integers(4, size=count)
    rows = {f"t{k}": np.where(rng.random(count) < 0.3, rng.integers(4, size=count), first) for k in range(leaves)}
    return parts[0] + ";", rows


def rates(shape):
    return SiteRates(shape)


def test_parameters_and_chunks(monkeypatch):
    text, rows = random_case(30, 200)
    d = dna_tree(text, forward=model)
    plan = sites(d, rows, rates)
    assert plan.parameters == ("kappa", "shape")
    whole = plan.log_evidence({"kappa": 2.0, "shape": 0.7})
    assert whole == pytest.approx(sites(dna_tree(text, forward=model(2.0)), rows, SiteRates(0.7)).log_evidence())
    want = plan.backward({"kappa": 2.0, "shape": 0.7})["n3"]
    monkeypatch.setattr("catlearn.interpreters.bffg.sites.sites.AT_ONCE", 64)
    cut = sites(d, rows, rates)
    assert len(cut.chunks) > 1
    assert cut.log_evidence({"kappa": 2.0, "shape": 0.7}) == pytest.approx(whole, rel=1e-13)
    back = cut.backward({"kappa": 2.0, "shape": 0.7})
    np.testing.assert_allclose(back["n3"], want, atol=1e-12)
    with pytest.raises(UnknownVariable, match="no value"):
        plan.backward({"shape": 1.0})
    with pytest.raises(UnknownVariable, match="'shape' has no value"):
        plan.backward({"kappa": 1.0})
    with pytest.raises(UnknownVariable, match="did you mean 'kappa'"):
        plan.backward({"kapa": 1.0, "shape": 1.0})


def logs_only(d, rows):
    """The log-evidence by logarithms alone."""
    found = sites(d, rows)
    tables = found.tables.at({}, 1.0)
    logs = evidence.log_values(found.chunks[0].plan, found.inputs(tables))[-1][found.chunks[0].plan.root]
    return np.logaddexp.reduce(logs + np.log(tables.prior), axis=1)[found.alignment.patterns]


@pytest.mark.parametrize(("leaves", "mean"), [(300, 0.1), (300, 3.0), (600, 1e-3), (40, 1e-100)])
def test_nothing_is_lost_in_large_trees(leaves, mean):
    text, rows = random_case(leaves, 30, 1, mean)
    found = sites(dna_tree(text), rows).backward()
    np.testing.assert_allclose(found.per_site, logs_only(dna_tree(text), rows), rtol=1e-12)
    np.testing.assert_allclose(found["n1"].sum(axis=1), 1.0, rtol=1e-12)


def test_a_star_of_many_leaves():
    count = 3000
    text = f"({','.join(f't{k}:1' for k in range(count))});"
    d = dna_tree(text)
    rows = {f"t{k}": "TCAG"[k % 4] + "T" for k in range(count)}
    table, pi = model().transition([1.0])[:, :, 0], model().frequencies
    each = np.log(pi) + np.log(table).sum(axis=1) * count / 4, np.log(pi) + np.log(table[:, 0]) * count
    np.testing.assert_allclose(sites(d, rows).backward().per_site, np.logaddexp.reduce(each, axis=1), rtol=1e-12)


def test_zeros_by_right_keep_the_quick_way(monkeypatch):
    text, rows = random_case(200, 20, 2)
    short = text.replace("t5:", "t5:0.0,t5b:").replace("t6:", "t6:0.0,t6b:")
    rows |= {"t5b": rows["t5"], "t6b": rows["t6"]}
    want = logs_only(dna_tree(short), rows)
    monkeypatch.setattr(evidence, "log_values", None)
    np.testing.assert_allclose(sites(dna_tree(short), rows).backward().per_site, want, rtol=1e-12)


def test_all_forms_of_rows_say_the_same():
    d = dna_tree("(a:0.1,b:0.2);")
    b = "TTCA"
    forms = [
        "Tc-g",
        "UC?G",
        ["T", "C", None, "G"],
        [0, 1, -1, 3],
        np.array([0, 1, -1, 3], np.int8),
        [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]],
    ]
    found = [sites(d, {"a": form, "b": b}).backward().per_site for form in forms]
    for each in found[1:]:
        np.testing.assert_allclose(each, found[0], rtol=1e-14)
    double = sites(d, {"a": 2.0 * np.array(forms[-1]), "b": b}).backward().per_site
    np.testing.assert_allclose(double, found[0] + np.log(2.0), rtol=1e-14)


def test_any_finite_tree_with_channels_effects_and_forgotten_leaves():
    X, Y = Finite("no", "yes"), Finite("low", "mid", "high")
    p, A, B = np.array([0.6, 0.4]), np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
    likelihood = np.array([0.2, 0.9])
    start, step, seen = state("start", X, p), channel("step", X, X, A), channel("seen", X, Y, B)
    d = (
        start
        >> copy(n=3)
        >> ((step >> seen) @ identity(X) @ step)
        >> (identity(Y) @ effect("hint", X, likelihood) @ identity(X))
    )
    found = sites(d, {"seen": ["low", "high", None], "step#2": [None, "yes", "no"]}).backward()
    below = (A @ B)[:, [0, 2]].T, A[:, [1, 0]].T
    want = [
        p @ (likelihood * below[0][0]),
        p @ (likelihood * below[0][1] * below[1][0]),
        p @ (likelihood * below[1][1]),
    ]
    np.testing.assert_allclose(found.per_site, np.log(want), rtol=1e-13)
    assert found["step"].shape == (3, 2)


@pytest.mark.parametrize("name", ["brca1"])
def test_a_likelihood_of_cogent3(name):
    cogent3 = pytest.importorskip("cogent3")
    pi = [0.24, 0.18, 0.36, 0.22]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alignment = cogent3.get_dataset(name)
        peer = cogent3.get_dataset("murphy-tree").get_sub_tree(alignment.names)
        text = peer.get_newick()
        lf = cogent3.get_model("HKY85").make_likelihood_function(peer)
        lf.set_alignment(alignment)
        lf.set_motif_probs(dict(zip("TCAG", pi, strict=True)))
        lf.set_param_rule("kappa", value=3.0, is_constant=True)
        lf.set_param_rule("length", value=0.1, is_constant=True)
        want, rows = lf.lnL, {key: str(row) for key, row in alignment.to_dict().items()}
    forward = HKY85(3.0, pi)
    tree = read_newick(
        text, kernel("drift", DNA, DNA, forward=forward), root=forward.stationary("top"), default_length=0.1
    )
    assert sites(tree, rows).log_evidence() == pytest.approx(want, rel=1e-12)


def test_gamma_rates_are_those_of_cogent3():
    cogent3 = pytest.importorskip("cogent3")
    text, rows = random_case(6, 50, 3)
    letters = {name: "".join(LETTERS[k] for k in row) for name, row in rows.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lf = cogent3.get_model("HKY85", ordered_param="rate", distribution="gamma").make_likelihood_function(
            cogent3.make_tree(text), bins=4
        )
        lf.set_alignment(cogent3.make_aligned_seqs(letters, moltype="dna"))
        lf.set_motif_probs(dict(zip(LETTERS, model().frequencies.tolist(), strict=True)))
        lf.set_param_rule("kappa", value=3.0, is_constant=True)
        lf.set_param_rule("rate_shape", value=0.5, is_constant=True)
        want = lf.lnL
    assert sites(dna_tree(text), letters, SiteRates(0.5, median=True)).log_evidence() == pytest.approx(want, rel=1e-9)


def test_alignments_that_do_not_fit():
    d = dna_tree("(human:0.1,chimp:0.2);")
    for given_, error, said in [
        ({"human": "TC", "chimp": "TX"}, UnknownOutcome, "chimp: 'X' at site 1 is no letter"),
        ({"human": "TC", "chimp": "T\U0001f600"}, UnknownOutcome, "at site 1"),
        ({"human": "TC"}, InputMismatch, "leaf 'chimp' has no row"),
        ({"human": "TC", "chimp": "TC", "humans": "TC"}, UnknownVariable, "no 'humans'; did you mean 'human'"),
        ({"human": "TC", "chimp": "TCA"}, InputMismatch, "rows of an alignment have one length"),
        ({"human": "", "chimp": ""}, InputMismatch, "no sites"),
        ({"human": [0, 4], "chimp": "TC"}, UnknownOutcome, "no outcome number 4 at site 1"),
        ({"human": [0, -2], "chimp": "TC"}, UnknownOutcome, "no outcome number -2"),
        ({"human": ["T", "X"], "chimp": "TC"}, UnknownOutcome, "no outcome 'X' at site 1"),
        ({"human": [[1, 1, 1, 1], [0, 0, 0, 0]], "chimp": "TC"}, ImpossibleEvidence, "likelihoods of site 1 are zero"),
        ({"human": [[1, 1, 1, -1], [0, 0, 0, 1]], "chimp": "TC"}, InputMismatch, "likelihood of site 0"),
        ({"human": [[1, 1, 1]], "chimp": "T"}, ShapeMismatch, "not an array of shape"),
        ({"human": 3, "chimp": "T"}, ShapeMismatch, "human: give a string"),
        ({"human": object(), "chimp": "T"}, InputMismatch, "human: give a string"),
        ("TC", InputMismatch, "a dictionary"),
    ]:
        with pytest.raises(error, match=said):
            sites(d, given_)
    words = Finite("low", "high")
    with pytest.raises(InputMismatch, match="no single letters"):
        sites(state("x", words, [0.5, 0.5]), {"x": "lh"})


def test_diagrams_that_do_not_fit():
    X = Finite("no", "yes")
    both = channel("both", X @ X, X, [[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
    with pytest.raises(NotSupported, match="both has 2 inputs"):
        sites(both, {})
    with pytest.raises(NotSupported, match="2 roots"):
        sites(identity(X) @ identity(X), {})
    with pytest.raises(TypeMismatch, match="named outcomes"):
        sites(gaussian("g", Real(), Real(), 1.0, 0.0, 1.0), {})
    with pytest.raises(NotSupported, match="depends on the input"):
        sites(read_newick("(a:1,b:1);", lambda length: JC69(length).box("edge")), {"a": "T", "b": "C"}).backward()
    with pytest.raises(TypeMismatch, match="rates are SiteRates"):
        sites(dna_tree("(a:1,b:1);"), {"a": "T", "b": "C"}, 0.5)
    from catlearn import Box

    bare = state("x", X, [0.5, 0.5]) >> Box("f", X, X)
    with pytest.raises(UnknownBox, match="f: this box has no kernel"):
        sites(bare, {"f": [0]}).backward()
    with pytest.raises(UnknownVariable, match="did you mean"):
        sites(dna_tree("(aa:1,b:1);"), {"aa": "T", "b": "C"}).backward()["ab"]
    assert K80(1.0) == HKY85(1.0, [0.25] * 4)
