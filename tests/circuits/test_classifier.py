"""The classifier: what scikit-learn checks of it, that it learns, that its circuit and what is saved say the same."""

import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import catlearn as cl
from catlearn.errors import FileProblem, InputMismatch, NotSupported, ShapeMismatch, TooLarge, TypeMismatch
from catlearn.interpreters.circuits.classifier import Classifier, Thermometer, Threshold
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import Netlist

IRIS, DIGITS = load_iris(return_X_y=True), load_digits(return_X_y=True)


def small(**settings):
    return Classifier(**{"tables": 60, "inputs": 5, "random_state": 0, **settings})


def outputs(circuit: Netlist, bits):
    """The circuit's outputs gate by gate, by the definition of a literal."""
    values = np.zeros((circuit.first + len(circuit), len(bits)), bool)
    values[1 : circuit.first] = bits.T

    def read(literal):
        return values[literal >> 1] ^ bool(literal & 1)

    for node, exclusive, a, b in circuit.gates():
        values[node] = read(a) ^ read(b) if exclusive else read(a) & read(b)
    return sum(read(int(root)).astype(int) << k for k, root in enumerate(circuit.roots))


@pytest.mark.parametrize("estimator", [Classifier(tables=200), Thermometer(), Threshold()], ids=repr)
def test_scikit_learn_finds_nothing(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(estimator)


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_digits])
def test_it_is_as_good_as_a_forest(load):
    X, y = load(return_X_y=True)
    ours, forest = [], []
    for seed in range(2):
        X0, X1, y0, y1 = train_test_split(X, y, test_size=0.3, random_state=seed)
        ours.append(Classifier(random_state=seed).fit(X0, y0).score(X1, y1))
        forest.append(RandomForestClassifier(100, random_state=seed).fit(X0, y0).score(X1, y1))
    assert np.mean(ours) > np.mean(forest) - 0.02


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("encoding", [Thermometer(5), Threshold(8)], ids=repr)
def test_the_circuit_predicts_what_the_classifier_does(classes, encoding):
    X, y = (part[DIGITS[1] < classes] for part in DIGITS)
    clf = small(encoding=encoding, epochs=2).fit(X[:300], y[:300])
    circuit = netlist(clf.circuit)
    found = outputs(circuit, clf.encode(X))
    np.testing.assert_array_equal(clf.classes_[found], clf.predict(X))
    assert len(clf.bit_names) == circuit.entering


def test_ties_go_to_the_first_class_in_the_circuit_too():
    X, y = DIGITS
    clf = small(tables=3, epochs=1).fit(X[:100], y[:100])
    votes = clf.predict_votes(X)
    assert ((votes == votes.max(1, keepdims=True)).sum(1) > 1).mean() > 0.2
    np.testing.assert_array_equal(outputs(netlist(clf.circuit), clf.encode(X)), clf.predict(X))


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [-3, 7], [0.0, 1.0]], ids=str)
def test_labels_of_any_kind_come_back(labels):
    X, y = IRIS
    named = np.array(labels)[(y > 0).astype(int)]
    clf = small().fit(X, named)
    assert clf.predict(X).dtype == named.dtype
    assert clf.score(X, named) > 0.9
    np.testing.assert_array_equal(clf.predict(X) == clf.classes_[1], clf.decision_function(X) > 0)


def test_threads_change_nothing_and_seeds_do():
    X, y = DIGITS
    one, two = (small(n_jobs=n).fit(X, y).predict_votes(X) for n in (1, 2))
    np.testing.assert_array_equal(one, two)
    assert (small(random_state=1).fit(X, y).predict_votes(X) != one).any()
    several = small(seeds=3).fit(X, y)
    assert several.model_.ensemble.tables == 180
    assert len(several.n_iter_) == 3


def test_pictures_are_read_through_windows():
    X, y = DIGITS
    clf = small(image=(8, 8), window=(3, 4), encoding=Thermometer(2)).fit(X, y)
    pixels = clf.model_.encoding.columns[clf.model_.ensemble.reads]
    assert (np.ptp(pixels // 8, axis=1) < 3).all()
    assert (np.ptp(pixels % 8, axis=1) < 4).all()
    assert clf.score(X, y) > 0.9


def test_colors_share_a_window():
    rng = np.random.default_rng(0)
    X, y = rng.random((50, 6 * 5 * 3)), rng.integers(2, size=50)
    clf = small(image=(6, 5, 3), window=(2, 2)).fit(X, y)
    pixels = clf.model_.encoding.columns[clf.model_.ensemble.reads] // 3
    assert (np.ptp(pixels // 5, axis=1) < 2).all()
    assert (np.ptp(pixels % 5, axis=1) < 2).all()


def test_a_table_that_is_slid_votes_at_each_place_with_the_same_entries():
    X, y = DIGITS
    clf = small(image=(8, 8), window=(3, 3), slide=2, encoding=Threshold([4, 12])).fit(X, y)
    deployed = clf.model_.ensemble
    places = deployed.reads.reshape(4, 60, 5)
    np.testing.assert_array_equal(places - places[0], np.array([0, 2, 16, 18])[:, None, None] * np.ones((1, 60, 5)))
    np.testing.assert_array_equal(deployed.entries, np.tile(deployed.entries[:, :60], (1, 4, 1)))
    assert clf.score(X, y) > 0.9
    np.testing.assert_array_equal(outputs(netlist(clf.circuit), clf.encode(X)), clf.predict(X))


def test_the_best_epoch_on_validation_rows_is_kept():
    X, y = DIGITS
    clf = small(validation_fraction=0.2, epochs=30, patience=2).fit(X, y)
    ((scores, epochs),) = zip(clf.validation_scores_, clf.n_iter_, strict=True)
    assert len(scores) == epochs
    assert epochs == 30 or epochs - 1 - int(np.argmax(scores)) == 2


def test_pruning_measures_what_it_leaves():
    X, y = DIGITS
    clf = Classifier(tables=400, random_state=0).fit(X[:1000], y[:1000])
    before = clf.score(X[1000:], y[1000:])
    smaller = clf.prune(X[1000:], y[1000:], tolerance=0.01)
    assert smaller.model_.ensemble.tables < clf.model_.ensemble.tables == 400
    assert smaller.score(X[1000:], y[1000:]) == smaller.pruned_accuracy_ >= before - 0.01
    assert clf.score(X[1000:], y[1000:]) == before
    assert netlist(smaller.circuit).entering <= netlist(clf.circuit).entering


@pytest.mark.parametrize("labels", [None, ["setosa", "versicolor", "virginica"]])
def test_what_is_saved_predicts_the_same(tmp_path, labels):
    X, y = IRIS
    y = y if labels is None else np.array(labels, object)[y]
    clf = small(encoding=Thermometer(3), validation_fraction=0.2).fit(X, y)
    back = Classifier.load(clf.save(tmp_path / "iris.model"))
    assert repr(back) == repr(clf)
    np.testing.assert_array_equal(back.predict(X), clf.predict(X))
    assert back.validation_scores_ == clf.validation_scores_
    assert back.save(tmp_path / "again").read_bytes() == (tmp_path / "iris.model").read_bytes()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(clf)).predict_votes(X), clf.predict_votes(X))


def test_a_file_that_is_cut_short_or_another_is_refused(tmp_path):
    from safetensors.numpy import save

    whole = small().fit(*IRIS).save(tmp_path / "a").read_bytes()
    for size in {*range(0, len(whole), 397), len(whole) - 1}:
        (tmp_path / "b").write_bytes(whole[:size])
        with pytest.raises(FileProblem, match="b: is not"):
            Classifier.load(tmp_path / "b")
    (tmp_path / "b").write_bytes(save({"x": np.zeros(1)}))
    with pytest.raises(FileProblem, match="not a saved classifier"):
        Classifier.load(tmp_path / "b")
    for old, new in ((b'features\\": 4', b'features\\": 1'), (b"labels", b"babels"), (b'"<i8', b'"<M8')):
        (tmp_path / "b").write_bytes(whole.replace(old.replace(b'"<', b'\\"<'), new.replace(b'"<', b'\\"<')))
        with pytest.raises(FileProblem, match="is damaged"):
            Classifier.load(tmp_path / "b")
    with pytest.raises(FileProblem, match="no such file"):
        Classifier.load(tmp_path / "c")


def test_labels_that_no_file_holds_are_refused(tmp_path):
    X, y = IRIS
    clf = small().fit(X, np.array([b"a", b"b", b"c"])[y])
    with pytest.raises(NotSupported, match="go into no file"):
        clf.save(tmp_path / "a")


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"tables": 0}, InputMismatch, "tables is 0"),
        ({"inputs": 2.5}, InputMismatch, "inputs is 2.5"),
        ({"inputs": 17}, InputMismatch, "at most 16 bits"),
        ({"inertia": 0}, ShapeMismatch, "inertia is 0"),
        ({"margin": -1}, InputMismatch, "margin is -1"),
        ({"fraction": True}, InputMismatch, "fraction is True"),
        ({"epochs": "ten"}, InputMismatch, "epochs is 'ten'"),
        ({"validation_fraction": 1}, InputMismatch, "no row is left"),
        ({"encoding": "gray"}, InputMismatch, "encoding is 'gray'"),
        ({"encoding": Thermometer(0)}, ShapeMismatch, "levels is 0"),
        ({"encoding": Threshold("a")}, InputMismatch, "at is 'a'"),
        ({"encoding": Threshold([[1]])}, InputMismatch, "at is"),
        ({"image": (3, 3)}, InputMismatch, "3 x 3 but rows have 4"),
        ({"image": (2, 2), "window": (3, 1)}, InputMismatch, "larger than a picture"),
        (
            {"image": (2, 2), "window": (1, 1), "encoding": Threshold(2.5), "inputs": 2},
            InputMismatch,
            "no window of 1 by 1 pixels has 2 bits",
        ),
        ({"image": 4}, InputMismatch, "image is 4"),
        ({"window": (1, 1)}, InputMismatch, "window is given without image"),
        ({"slide": 2}, InputMismatch, "slide is given without image"),
        ({"image": (2, 2), "slide": 3}, InputMismatch, "slid over 3 by 3 places"),
        ({"image": (2, 2), "slide": 2, "encoding": Thermometer(3)}, InputMismatch, "thresholds of their own"),
        ({"n_jobs": 0}, InputMismatch, "n_jobs is 0"),
        ({"random_state": "x"}, InputMismatch, "random_state is 'x'"),
        ({"memory_limit": None}, InputMismatch, "memory_limit is None"),
        ({"memory_limit": 1000}, TooLarge, "memory_limit is 1.0 kB"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_named(settings, error, said):
    with pytest.raises(error, match=said):
        small(**settings).fit(*IRIS)


@pytest.mark.parametrize(
    ("X", "y", "error", "said"),
    [
        ([[1, 2], [3]], [0, 1], InputMismatch, "rows of one length"),
        ([["a", 1.0], ["b", 2.0]], [0, 1], TypeMismatch, "encode it first"),
        (np.array([[1.0, "a"], [2.0, "b"]], object), [0, 1], TypeMismatch, "column 1 is not of numbers"),
        ([[1.0], [np.inf]], [0, 1], InputMismatch, "infinity, first in column 0 of row 1"),
        ([[1.0], [2.0]], [0, 0], InputMismatch, "one class only, 0"),
        ([[1.0], [2.0]], [0, 1, 1], InputMismatch, "2 rows and y has 3 labels"),
        ([[1.0], [2.0]], [0.5, 1], InputMismatch, "Unknown label type"),
        ([[1.0], [2.0]], ["a", None], InputMismatch, "NaN or None"),
        ([[1.0], [2.0]], np.array(["a", 1], object), TypeMismatch, "no order"),
        ([[1.0], [2.0]], [1j, 2], InputMismatch, "complex"),
        (np.zeros((2, 3, 3)), [0, 1], InputMismatch, "each row is a picture"),
        ([[1.0], [2.0]], [0, 1], InputMismatch, "inputs is 5 but there are 2 rows"),
    ],
    ids=str,
)
def test_rows_and_labels_that_cannot_be_learned_from(X, y, error, said):
    with pytest.raises(error, match=said):
        small().fit(X, y)


def test_a_billion_bits_are_forecast_first():
    with pytest.raises(TooLarge, match="learning takes 2.0 TB"):
        Classifier().fit(np.broadcast_to(np.zeros((1, 1)), (10**9, 1)), np.broadcast_to(np.zeros(1), 10**9))
    with pytest.raises(TooLarge, match="learning takes .* GB"):
        Classifier(tables=10**6, inputs=14).fit(*DIGITS)


def test_another_label_or_column_is_refused_after_fit():
    X, y = IRIS
    clf = small().fit(X, y)
    with pytest.raises(InputMismatch, match="X has 3 features"):
        clf.predict(X[:, :3])
    with pytest.raises(InputMismatch, match="not learned: 9"):
        clf.prune(X, np.full(len(X), 9))
    with pytest.raises(InputMismatch, match="tolerance is 2"):
        clf.prune(X, y, tolerance=2)
    with pytest.raises(InputMismatch, match="one label a row"):
        clf.score(X, y[:3])
    for act in (lambda c: c.circuit, lambda c: c.save("x"), lambda c: c.bit_names):
        with pytest.raises(InputMismatch, match="call fit first"):
            act(Classifier())


def test_control_c_leaves_it_as_it_was(monkeypatch):
    X, y = IRIS
    clf = small().fit(X, y)
    before, model = clf.predict_votes(X), clf.model_

    def stop(*_, up):
        raise KeyboardInterrupt

    monkeypatch.setattr("catlearn.interpreters.circuits.classifier.learning.State.wish", stop)
    with pytest.raises(KeyboardInterrupt):
        clf.set_params(tables=9).fit(X, y)
    assert clf.model_ is model
    np.testing.assert_array_equal(clf.predict_votes(X), before)


def test_it_goes_where_estimators_go():
    X, y = IRIS
    assert cross_val_score(small(), X, y, cv=3).mean() > 0.9
    search = GridSearchCV(small(encoding=Thermometer()), {"encoding__levels": [3, 7], "inputs": [3]}, cv=2).fit(X, y)
    assert search.best_params_["inputs"] == 3
    assert make_pipeline(Thermometer(7), small()).fit(X, y).score(X, y) > 0.9
    assert clone(small(margin=0.2)).margin == 0.2
    with pytest.raises(InputMismatch, match="no setting 'table'; did you mean 'tables'"):
        small().set_params(table=3)


def test_constant_columns_and_few_bits_are_no_trouble():
    y = np.array([0, 1] * 10)
    one_bit = small().fit(y[:, None], y)
    assert one_bit.model_.ensemble.inputs == 1
    np.testing.assert_array_equal(one_bit.predict(y[:, None]), y)
    nothing = small().fit(np.zeros((20, 3)), y)
    assert set(nothing.predict(np.ones((4, 3)))) <= {0, 1}
    assert netlist(nothing.circuit).leaving == 1


def test_other_tools_files_read_back_as_the_same_circuit(tmp_path):
    clf = small(tables=12, inputs=3).fit(*IRIS)
    for write, read, name in (
        (clf.to_blif, cl.circuits.read_blif, "a.blif"),
        (clf.to_aiger, cl.circuits.read_aiger, "a.aig"),
    ):
        assert write(tmp_path / name) == write(tmp_path / name, overwrite=True)
        back = netlist(read(tmp_path / name))
        np.testing.assert_array_equal(outputs(back, clf.encode(IRIS[0])), clf.predict(IRIS[0]))


def test_the_papers_split_of_iris():
    X, y = IRIS
    X = (X - X.min(0)) / (X.max(0) - X.min(0))
    train = np.arange(150) % 50 < 25
    for seed in range(2):
        clf = Classifier(seeds=3, random_state=seed).fit(X[train], y[train])
        assert clf.score(X[~train], y[~train]) >= 0.94


def test_a_verilog_module_is_written_and_says_what_the_classifier_says(tmp_path: Path) -> None:
    X, y = load_iris(return_X_y=True)
    clf = Classifier(tables=10, inputs=3, random_state=0).fit(X, y)
    text = clf.to_verilog(tmp_path / "model.v")
    assert (tmp_path / "model.v").read_text() == text
    with pytest.raises(FileProblem, match="is there already"):
        clf.to_verilog(tmp_path / "model.v")
    value = {f"x[{k}]": column for k, column in enumerate(clf.encode(X).T)}
    for name, formula in re.findall(r"^  assign (\S+) = (.*);$", text, re.MULTILINE):
        terms = [~value[t[1:]] if t[0] == "~" else value[t] for t in re.split(" [&^] ", formula)]
        value[name] = terms[0] if len(terms) == 1 else terms[0] & terms[1] if "&" in formula else terms[0] ^ terms[1]
    assert (value["y[0]"] + 2 * value["y[1]"] == clf.predict(X)).all()
