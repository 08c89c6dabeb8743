"""The log-evidence as a diagram: loops and batches, hard numbers, what is refused, and what stands on it."""

from __future__ import annotations

import numpy as np
import pytest

import catlearn as cl
from catlearn import Diagram, Finite, Gaussian, Real, Table, Ty
from catlearn.diagrams.theories.markov.given import Given, given
from catlearn.diagrams.theories.markov.guided import kernel
from catlearn.errors import (
    Diverged,
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    ShapeMismatch,
    TooLarge,
    TypeMismatch,
    UnknownBox,
    UnknownOutcome,
    UnknownVariable,
)
from catlearn.interpreters.bffg.evidence import groups, jobs
from catlearn.interpreters.bffg.evidence.concrete import at_parameters, concrete
from catlearn.interpreters.bffg.evidence.fisher import fisher_gradient
from catlearn.interpreters.bffg.evidence.log_evidence import log_evidence_diagram
from catlearn.interpreters.gradients.likelihood import maximum_likelihood
from catlearn.interpreters.gradients.optimizers import gradient_descent

X, X2, B = Real(), Real(2), Finite("no", "yes")


@cl.diagram
def turn(angle: Real(), noise: Real()):
    c, s = cl.cos(angle), cl.sin(angle)
    matrix = cl.stack([cl.stack([c, -s]), cl.stack([s, c])]) * 0.9
    return matrix, cl.constant([0.1, 0.0]), cl.constant(np.eye(2)) * cl.exp(noise)


@cl.diagram
def number(mean: Real(), log_variance: Real()):
    return mean, cl.exp(log_variance)


TURN = {"angle": 0.4, "noise": -0.7}


def rotation(steps: int, several: int = 1) -> tuple[Diagram, dict]:
    """Chains in the plane, side by side, of which the first coordinate is seen with noise."""
    first = kernel("x", Ty(), X2, forward=Gaussian(np.zeros((2, 0)), [0.0, 0.0], np.eye(2)))
    see = kernel("y", X2, X, forward=Gaussian([[1.0, 0.0]], [0.0], [[0.3]]))
    chain = cl.unroll(first, kernel("x", X2, X2, forward=given(Gaussian, turn)), see, steps)
    model = chain
    for _ in range(several - 1):
        model = model @ chain
    rng = np.random.default_rng(0)
    return model, {name: float(rng.normal()) for name in cl.variables(model) if name.startswith("y")}


def both(d: Diagram, **params: float) -> np.ndarray:
    made = cl.compile(cl.value_and_gradient(d))(**{name: params[name] for name in cl.names(d)})
    return np.concatenate([np.ravel(part) for part in made])


@pytest.mark.parametrize("several", [1, 3])
@pytest.mark.parametrize("steps", [2, 9])
def test_loops_and_batches_change_nothing(steps: int, several: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, data = rotation(steps, several)
    d = log_evidence_diagram(model, data)
    boxes = [box.name for box in cl.unfolded(d).boxes]
    assert boxes.count("scan") == (steps > 4)
    monkeypatch.setattr(groups, "SHORTEST", 10**9)
    plain = log_evidence_diagram(model, data)
    assert "scan" not in [box.name for box in cl.unfolded(plain).boxes]
    np.testing.assert_allclose(both(d, **TURN), both(plain, **TURN), rtol=1e-11)
    wanted = cl.infer(at_parameters(model, TURN)).log_evidence(data)
    assert both(d, **TURN)[0] == pytest.approx(wanted, rel=1e-9)


def test_chains_of_different_lengths_side_by_side() -> None:
    (long, a), (short, b) = rotation(12), rotation(7)
    model = long @ short
    data = dict(zip([n for n in cl.variables(model) if n.startswith("y")], [*a.values(), *b.values()], strict=True))
    wanted = both(log_evidence_diagram(long, a), **TURN) + both(log_evidence_diagram(short, b), **TURN)
    np.testing.assert_allclose(both(log_evidence_diagram(model, data), **TURN), wanted, rtol=1e-11)


def test_the_diagram_of_a_chain_is_as_long_as_that_of_another() -> None:
    sizes = {len(cl.unfolded(log_evidence_diagram(*rotation(n))).boxes) for n in (10, 100, 200)}
    assert len(sizes) == 1


def test_second_derivatives() -> None:
    model, data = rotation(6)
    d = log_evidence_diagram(model, data)
    assert cl.check(cl.gradient(d, ["angle"]), [TURN[name] for name in cl.names(d)]).worst < 1e-5


def test_hard_numbers() -> None:
    """Variances that are 20 orders of magnitude apart."""
    first = kernel("x", Ty(), X, forward=Gaussian(np.zeros((1, 0)), [0.0], [[1e10]]))
    see = kernel("y", X, X, forward=Gaussian([[1.0]], [0.0], [[1e-10]]))
    move = kernel("x", X, X, forward=Gaussian([[1.0]], [0.0], [[0.0]]))
    chain = cl.unroll(first, move, see, 2)
    found = cl.compile(log_evidence_diagram(chain, {"y": 1.0, "y#2": 1.0 + 2e-5}))()
    # By the mean of the two and their difference, which is N(0, 2e-10).
    wanted = -0.5 * (np.log(2 * np.pi * 2e-10) + 2.0) - 0.5 * (np.log(2 * np.pi * 1e10) + 1e-10)
    assert found == pytest.approx(wanted, rel=1e-6)


def test_two_parents_and_an_unseen_child() -> None:
    sums = kernel("z", X @ X, X, forward=Gaussian([[1.0, 1.0]], [0.0], [[1.0]]))
    a, b = (kernel(name, Ty(), X, forward=given(Gaussian, number)) for name in "ab")
    end = kernel("w", X, X, forward=Gaussian([[5.0]], [0.0], [[1.0]]))
    d = log_evidence_diagram((a @ b) >> sums >> cl.copy() >> (cl.identity() @ end), {"z": 1.0})
    mean, variance = 0.3, np.exp(0.2)
    wanted = -0.5 * (np.log(2 * np.pi * (2 * variance + 1)) + (1 - 2 * mean) ** 2 / (2 * variance + 1))
    assert cl.compile(d)(mean=0.3, log_variance=0.2) == pytest.approx(wanted)


def test_finite_and_gaussian_parts_side_by_side() -> None:
    coin = kernel("coin", Ty(), B, forward=Table([0.2, 0.8]))
    x = kernel("x", Ty(), X, forward=given(Gaussian, number))
    d = log_evidence_diagram(coin @ x, {"coin": "yes", "x": 1.0})
    assert cl.compile(d)(mean=1.0, log_variance=0.0) == pytest.approx(np.log(0.8) - 0.5 * np.log(2 * np.pi))


def test_an_effect_is_an_observation() -> None:
    model = cl.state("coin", B, [0.2, 0.8]) >> cl.effect("hint", B, [0.5, 0.25])
    assert cl.compile(log_evidence_diagram(model, {}))() == pytest.approx(np.log(0.3))


def test_what_cannot_be_has_the_log_evidence_minus_infinity() -> None:
    model = kernel("a", Ty(), B, forward=Table([1.0, 0.0])) >> kernel("b", B, B, forward=Table(np.eye(2)))
    with np.errstate(divide="ignore"):
        assert cl.compile(log_evidence_diagram(model, {"b": "yes"}))() == -np.inf


def test_guides_are_not_looked_at() -> None:
    true = given(Gaussian, number)
    boxes = [kernel("x", Ty(), X, forward=true, guide=guide) for guide in (None, Gaussian([[]], [9.0], [[9.0]]))]
    values = [cl.compile(log_evidence_diagram(box, {"x": 1.0}))(0.5, 0.1) for box in boxes]
    assert values[0] == values[1]


def test_a_model_survives_being_written_down() -> None:
    model, data = rotation(3)
    again = cl.loads(cl.dumps(model))
    assert again == model
    np.testing.assert_allclose(both(log_evidence_diagram(again, data), **TURN),
                               both(log_evidence_diagram(model, data), **TURN))  # fmt: skip


def test_durations() -> None:
    @cl.diagram
    def drift(speed: Real(), duration: Real()):
        return cl.constant(1.0), speed * duration, duration

    made = given(Gaussian, drift)
    box = kernel("x", X, X, forward=made)
    assert concrete(made.lasting(4.0), {"speed": 2.0}, X, X) == Gaussian([[1.0]], [8.0], [[4.0]])
    start = kernel("start", Ty(), X, forward=Gaussian(np.zeros((1, 0)), [0.0], [[1.0]]))
    d = log_evidence_diagram(start >> box(4.0), {"x": 3.0})
    assert cl.names(d) == ("speed",)
    assert cl.compile(d)(0.5) == pytest.approx(-0.5 * (np.log(2 * np.pi * 5) + 1 / 5))
    with pytest.raises(TypeMismatch, match="does not run for a time"):
        given(Gaussian, number).lasting(2.0)


def test_standard_errors_are_those_of_the_curvature() -> None:
    values = np.random.default_rng(0).normal(2.0, 3.0, size=50)
    box = kernel("x", Ty(), X, forward=given(Gaussian, number))
    model = box
    for _ in values[1:]:
        model = model @ box
    data = dict(zip(cl.variables(model), values, strict=True))
    fitted = maximum_likelihood(model, data, {"mean": 0.0, "log_variance": 0.0})
    variance = values.var()
    assert fitted.parameters == pytest.approx({"mean": values.mean(), "log_variance": np.log(variance)}, abs=1e-5)
    assert fitted.standard_errors == pytest.approx({"mean": np.sqrt(variance / 50), "log_variance": 0.2}, rel=1e-4)
    assert fitted.log_evidence == max(fitted.log_evidences)


def test_parameters_that_are_arrays() -> None:
    @cl.diagram
    def state(mean: Real(2), factor: Real(2, 2)):
        return mean, factor @ factor.T

    box = kernel("x", Ty(), X2, forward=given(Gaussian, state))
    rng = np.random.default_rng(1)
    values = rng.normal(size=(30, 2)) @ np.array([[1.0, 0.5], [0.0, 0.4]])
    model = box
    for _ in values[1:]:
        model = model @ box
    data = dict(zip(cl.variables(model), values, strict=True))
    fitted = maximum_likelihood(model, data, {"mean": np.zeros(2), "factor": np.eye(2)})
    factor = fitted.parameters["factor"]
    np.testing.assert_allclose(fitted.parameters["mean"], values.mean(0), atol=1e-4)
    np.testing.assert_allclose(factor @ factor.T, np.cov(values.T, bias=True), atol=1e-4)
    with pytest.raises(NotNormalized, match="not curved downward"):
        fitted.covariance  # noqa: B018  a factor can be turned and nothing changes


class TestErrors:
    """What does not fit is said in one line."""

    def model(self) -> Diagram:
        return kernel("x", Ty(), X, forward=given(Gaussian, number)) >> kernel(
            "y", X, X, forward=Gaussian([[1.0]], [0.0], [[1.0]])
        )

    @pytest.mark.parametrize(
        ("data", "kind", "message"),
        [
            ({"q": 1.0}, UnknownVariable, "no variable 'q'"),
            ({"y": "much"}, InputMismatch, "y: 'much' is no number"),
            ({"y": [1.0, 2.0]}, InputMismatch, "y: what is seen of Real.. is a number"),
            ({"y": np.inf}, InputMismatch, "finite ones"),
            ([1.0], InputMismatch, "data are a dictionary"),
        ],
    )
    def test_data(self, data: object, kind: type, message: str) -> None:
        with pytest.raises(kind, match=message):
            log_evidence_diagram(self.model(), data)

    @pytest.mark.parametrize(
        ("value", "kind", "message"),
        [
            ("maybe", UnknownOutcome, "coin: there is no outcome 'maybe'"),
            ({"yes": -1.0}, InputMismatch, "coin: likelihoods are 2 numbers from 0 up"),
            ([0.1, 0.2, 0.3], InputMismatch, "coin: likelihoods are 2 numbers"),
        ],
    )
    def test_outcomes(self, value: object, kind: type, message: str) -> None:
        with pytest.raises(kind, match=message):
            log_evidence_diagram(kernel("coin", Ty(), B, forward=Table([0.5, 0.5])), {"coin": value})

    def test_models(self) -> None:
        with pytest.raises(TypeMismatch, match="a model has no inputs"):
            log_evidence_diagram(cl.identity(X), {})
        with pytest.raises(UnknownBox, match="f has no kernel"):
            log_evidence_diagram(cl.Box("f", Ty(), X), {})
        plain = kernel("x", Ty(), X, forward=lambda s: Gaussian(np.zeros((1, 0)), [0.0], [[s]]))
        with pytest.raises(NotSupported, match="x: messages do not pass a plain function of parameters"):
            log_evidence_diagram(plain, {})
        certain = kernel("x", Ty(), X2, forward=Gaussian(np.zeros((2, 0)), [0.0, 0.0], np.ones((2, 2))))
        with pytest.raises(NotSupported, match="x: what was seen of it is certain"):
            log_evidence_diagram(certain, {"x": [1.0, 1.0]})

    def test_parameters_of_two_types(self) -> None:
        @cl.diagram
        def other(mean: Real(1)):
            return mean, cl.constant(1.0)

        two = kernel("x", Ty(), X, forward=given(Gaussian, number)) @ kernel(
            "z", Ty(), X, forward=given(Gaussian, other)
        )
        with pytest.raises(TypeMismatch, match="z: the parameter 'mean' is Real.1. here but Real.. in another box"):
            log_evidence_diagram(two, {})

    def test_messages_that_would_be_too_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "MOST_NUMBERS", 1)
        sums = kernel("z", X @ X, X, forward=Gaussian([[1.0, 1.0]], [0.0], [[1.0]]))
        a = kernel("a", Ty(), X, forward=given(Gaussian, number))
        with pytest.raises(TooLarge, match="z: the message before it is a function of 2 numbers at once"):
            log_evidence_diagram((a @ a) >> sums, {"z": 1.0})

    def test_given(self) -> None:
        with pytest.raises(TypeMismatch, match="the kind is Gaussian or Table"):
            given(Given, number)
        with pytest.raises(TypeMismatch, match="from a diagram of parameters, not from"):
            given(Gaussian, lambda s: s)
        with pytest.raises(TypeMismatch, match="real arrays of known sizes, not Real..n.."):
            given(Gaussian, cl.trace(lambda x: x, Real("n")))
        with pytest.raises(InputMismatch, match="'sigma' cannot be fixed"):
            given(Gaussian, number, {"sigma": 1.0})
        with pytest.raises(TypeMismatch, match="x: number gives A, b and S, which is 3 outputs and not 2"):
            kernel("x", X, X, forward=given(Gaussian, number))
        with pytest.raises(ShapeMismatch, match="x: number gives Real.. where these wires need the shape .2,."):
            kernel("x", Ty(), X2, forward=given(Gaussian, number))
        with pytest.raises(TypeMismatch, match="a Gaussian is not for wires"):
            kernel("x", Ty(), B, forward=given(Gaussian, number))
        with pytest.raises(TypeMismatch, match="x: number gives a table, which is 1 outputs and not 2"):
            kernel("x", Ty(), B, forward=given(Table, number))

    def test_concrete(self) -> None:
        with pytest.raises(InputMismatch, match="x: the parameter 'log_variance' has no value"):
            at_parameters(self.model(), {"mean": 0.0})

        @cl.diagram
        def wrong(variance: Real()):
            return cl.constant(0.0), variance

        with pytest.raises(NotNormalized, match="x: S is no covariance"):
            at_parameters(kernel("x", Ty(), X, forward=given(Gaussian, wrong)), {"variance": -1.0})

    def test_maximum_likelihood(self) -> None:
        model, start = self.model(), {"mean": 0.0, "log_variance": 0.0}
        with pytest.raises(InputMismatch, match="give params a first value for each of mean, log_variance"):
            maximum_likelihood(model, {"y": 1.0}, {"mean": 0.0})
        with pytest.raises(InputMismatch, match="mean must have the shape .., not .1,."):
            maximum_likelihood(model, {"y": 1.0}, {**start, "mean": [0.0]})
        with pytest.raises(Diverged, match="not finite where it starts"):
            maximum_likelihood(model, {"y": 1.0}, {**start, "log_variance": 1e6})
        with pytest.raises(Diverged, match="smaller rate"):
            maximum_likelihood(model, {"y": 1.0}, start, gradient_descent(1e200), steps=10)
        assert maximum_likelihood(model, {"y": 1.0}, start, steps=0).parameters == start

    def test_fisher(self) -> None:
        @cl.diagram
        def density(mean: Real(), y: Real()):
            return (y - mean) * (y - mean) * -0.5

        samples, weights, params = {"y": np.zeros(4)}, np.zeros(4), {"mean": 0.0}
        with pytest.raises(TypeMismatch, match="a term is a diagram to Real"):
            fisher_gradient([density], samples, weights, params)
        with pytest.raises(TypeMismatch, match="the log-density has no input 'x'"):
            fisher_gradient([(density, {"x": "y"})], samples, weights, params)
        with pytest.raises(UnknownVariable, match="no samples of 'z'"):
            fisher_gradient([(density, {"y": "z"})], samples, weights, params)
        with pytest.raises(InputMismatch, match="samples have the shape .4,., not .3,."):
            fisher_gradient([(density, {"y": "y"})], {"y": np.zeros(3)}, weights, params)
        with pytest.raises(InputMismatch, match="'mean' is neither a wire nor a parameter"):
            fisher_gradient([(density, {"y": "y"})], samples, weights, {})
        with pytest.raises(InputMismatch, match="one number for each sample"):
            fisher_gradient([(density, {"y": "y"})], samples, [np.nan] * 4, params)
        with pytest.raises(ImpossibleEvidence, match="no sample has a weight"):
            fisher_gradient([(density, {"y": "y"})], samples, [-np.inf] * 4, params)


def test_fisher_with_outcomes() -> None:
    @cl.diagram
    def density(logits: Real(2), coin: Real(2)):
        return cl.log_softmax(logits) @ coin

    found = fisher_gradient([(density, {"coin": "coin"})], {"coin": np.array([0, 1, 1, 1])}, np.zeros(4),
                            {"logits": np.zeros(2)})  # fmt: skip
    np.testing.assert_allclose(found.gradient["logits"], [-0.25, 0.25])
    assert found.ess == pytest.approx(4.0)
