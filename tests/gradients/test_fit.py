"""Training: the numbers of a loop written by hand, the same however it is interrupted, and nothing lost on the way."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import catlearn as cl
from catlearn import Finite, Real, Ty, trace
from catlearn.errors import Diverged, FileProblem, InputMismatch, TypeMismatch
from catlearn.interpreters.gradients import (
    Epoch,
    Learner,
    dot_product,
    gradient_descent,
    momentum,
    proportional_rate,
    quadratic,
    softmax_cross_entropy,
    supervised,
)
from tests.gradients.models import OPTIMIZERS, classes, line, liner, net, netter, points, same

ROOT = Path(__file__).parents[2]


# What a pass comes to


@pytest.mark.parametrize("batch", [1, 16, 35, 70, 1000, 10**12])
def test_training_is_the_loop_written_by_hand(batch: int) -> None:
    x, y = points()
    model = liner(gradient_descent(0.1), batch=batch, seed=3).fit(x, y, epochs=3)
    w, b = liner(seed=3).parameters.values()
    losses = []
    for epoch in range(3):
        order, total = np.random.default_rng([3, epoch]).permutation(70), 0.0
        for start in range(0, 70, batch):
            chosen = order[start : start + batch]
            off = x[chosen] @ w + b - y[chosen]
            total += 0.5 * np.sum(off**2)
            w, b = w - 0.1 * off @ x[chosen] / len(off), b - 0.1 * off.mean()
        losses.append(total / 70)
    np.testing.assert_allclose(model.losses, losses, rtol=1e-12)
    np.testing.assert_allclose(model.parameters["w"], w, rtol=1e-12)
    np.testing.assert_allclose(model.parameters["b"], b, rtol=1e-12)
    assert model.state.step == 3 * -(-70 // batch)


def test_the_seed_decides() -> None:
    first, again, other = (netter(seed=s).fit(*classes(), epochs=2) for s in (1, 1, 2))
    assert same(first, again)
    assert first.losses != other.losses


def test_data_are_not_changed() -> None:
    x, y = classes()
    kept = x.copy(), y.copy()
    netter().fit(x, y, epochs=2)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])


def test_it_learns() -> None:
    x, y = classes(200)
    model = netter()
    before = model.loss(x, y)
    assert model.fit(x, y, epochs=20) is model
    assert model.accuracy(x, y) > 0.97
    assert model.loss(x, y) < 0.2 * before
    assert model.predict(x).shape == (200, 3)
    assert model.accuracy(x, y) == np.mean(model.predict(x).argmax(1) == y)


def test_predictions_and_losses_are_those_of_the_model_for_one_sample() -> None:
    x, y = classes(600)
    model = netter().fit(x, y, epochs=1)
    one, error = cl.compile(net), cl.compile(softmax_cross_entropy(Real(3)))
    rows = np.stack([one(*model.parameters.values(), row) for row in x])
    np.testing.assert_allclose(model.predict(x), rows, rtol=1e-10)
    wanted = np.mean([error(row, np.eye(3)[k]) for row, k in zip(rows, y, strict=True)])
    np.testing.assert_allclose(model.loss(x, y), wanted, rtol=1e-12)
    assert model.predict(x[:0]).shape == (0, 3)


def test_no_epochs_change_nothing() -> None:
    model = netter()
    before = model.state
    assert model.fit(*classes(), epochs=0).state.arrays == before.arrays
    assert model.losses == ()


# Callbacks, validation, patience


def test_callbacks_are_told_in_order_and_may_stop() -> None:
    heard: list[tuple[str, int]] = []
    kept: list[Epoch] = []

    def first(epoch: Epoch) -> None:
        heard.append(("first", epoch.number))
        kept.append(epoch)

    def second(epoch: Epoch) -> bool:
        heard.append(("second", epoch.number))
        return epoch.number < 2

    def third(epoch: Epoch) -> int:
        heard.append(("third", epoch.number))
        return 0

    model = liner()
    model.fit(*points(), epochs=9, validation=points(9, 1), callbacks=[first, second, third])
    assert heard == [(who, n) for n in (1, 2) for who in ("first", "second", "third")]
    assert tuple(e.loss for e in kept) == model.losses
    assert tuple(e.validation for e in kept) == model.validation
    assert all(e.learner is model for e in kept)
    assert kept[0].seconds <= kept[1].seconds
    model.fit(*points(), epochs=1, callbacks=(f for f in [first]))
    assert heard[-1] == ("first", 3)


def test_false_of_numpy_stops_as_well() -> None:
    assert len(liner().fit(*points(), epochs=9, callbacks=[lambda e: np.bool_(False)]).losses) == 1


def test_validation_is_kept_beside_the_losses() -> None:
    model = liner().fit(*points(), epochs=1).fit(*points(), epochs=2, validation=points(300, 1))
    assert model.validation[0] is None
    assert model.validation[-1] == model.loss(*points(300, 1))
    assert len(model.validation) == len(model.losses) == 3
    assert same(liner().fit(*points(), epochs=3), liner().fit(*points(), epochs=3))
    plain = liner().fit(*points(), epochs=3)
    assert plain.losses == model.losses, "to look at other samples changes nothing"


def against(n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """A validation set that gets worse the more is learned."""
    x, y = points(n, 1)
    return x, -y


@pytest.mark.parametrize("patience", [1, 3])
def test_patience_goes_back_to_the_best(patience: int) -> None:
    seen: list[dict[str, np.ndarray]] = []
    model = liner(momentum(0.01))
    heard = [lambda e: seen.append(e.learner.parameters)]
    model.fit(*points(), epochs=50, validation=against(), patience=patience, callbacks=heard)
    best = int(np.argmin(model.validation))
    assert len(model.losses) == len(model.validation) == best + 1 + patience
    assert model.loss(*against()) == min(model.validation)
    for name, value in model.parameters.items():
        np.testing.assert_array_equal(value, seen[best][name])
    model.fit(*points(), epochs=1)
    assert len(model.losses) == best + 2 + patience


def test_patience_that_does_not_run_out_still_goes_back() -> None:
    model = liner().fit(*points(), epochs=4, validation=against(), patience=9)
    assert len(model.losses) == 4
    assert model.loss(*against()) == min(model.validation)


@pytest.mark.parametrize("stop", [False, None])
def test_patience_changes_nothing_while_it_gets_better(stop: bool | None) -> None:
    watched = liner().fit(*points(), epochs=3, validation=points(30, 1), patience=1, callbacks=[lambda e: stop])
    plain = liner().fit(*points(), epochs=len(watched.losses), validation=points(30, 1))
    assert same(watched, plain)


# Going on


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_going_on_from_a_file_is_bitwise_the_same(name: str, tmp_path: Path) -> None:
    through = netter(OPTIMIZERS[name](), seed=5).fit(*classes(), epochs=6, validation=classes(20, 1))
    first = netter(OPTIMIZERS[name](), seed=5).fit(*classes(), epochs=3, validation=classes(20, 1))
    second = netter(OPTIMIZERS[name]()).load(first.save(tmp_path / "a"))
    assert same(second.fit(*classes(), epochs=3, validation=classes(20, 1)), through)
    assert same(first.fit(*classes(), epochs=3, validation=classes(20, 1)), through)


OTHER = """
import sys
from tests.gradients.models import OPTIMIZERS, classes, netter
for name in OPTIMIZERS:
    path = f"{sys.argv[1]}/{name}"
    netter(OPTIMIZERS[name]()).load(path).fit(*classes(), epochs=3).save(path)
"""


def test_going_on_in_another_process_is_bitwise_the_same(tmp_path: Path) -> None:
    for name, make in OPTIMIZERS.items():
        netter(make(), seed=5).fit(*classes(), epochs=3).save(tmp_path / name)
    subprocess.run([sys.executable, "-c", OTHER, str(tmp_path)], cwd=ROOT, check=True)
    for name, make in OPTIMIZERS.items():
        through = netter(make(), seed=5).fit(*classes(), epochs=6)
        assert same(netter(make()).load(tmp_path / name), through)


class Stop(Exception):
    """What breaks into training here."""


def stop_at(number: int) -> Callable[[Epoch], None]:
    def callback(epoch: Epoch) -> None:
        if epoch.number == number:
            raise Stop

    return callback


@pytest.mark.parametrize("patience", [1, 2, 4])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_patience_survives_an_interruption(at: int, patience: int, tmp_path: Path) -> None:
    """Whoever goes on from the checkpoint of a fit that was cut off gets what it would have got."""
    watch: dict[str, Any] = {"validation": against(), "patience": patience}
    through = liner(momentum(0.02)).fit(*points(), epochs=8, **watch)
    cut = liner(momentum(0.02))
    try:
        cut.fit(*points(), epochs=8, checkpoint=tmp_path / "a", callbacks=[stop_at(at)], **watch)
    except Stop:
        cut = liner(momentum(0.02)).load(tmp_path / "a")
        cut.fit(*points(), epochs=8 - at, checkpoint=tmp_path / "a", **watch)
    assert same(cut, through)
    assert same(liner(momentum(0.02)).load(tmp_path / "a"), through), "the file holds what fit ended with"


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop])
def test_an_interrupted_epoch_leaves_the_last_whole_one(error: type[BaseException]) -> None:
    through = netter(momentum(0.1)).fit(*classes(), epochs=3)
    model = netter(momentum(0.1)).fit(*classes(), epochs=2)
    before, step, steps = model.state, model.step, []

    def interrupted(*arrays: Any) -> Any:
        steps.append(0)
        if len(steps) == 3:
            raise error
        return step(*arrays)

    model.step = interrupted
    with pytest.raises(error):
        model.fit(*classes(), epochs=3)
    assert model.state.arrays is not before.arrays
    assert all(a is b for a, b in zip(model.state.arrays, before.arrays, strict=True))
    model.step = step
    assert same(model.fit(*classes(), epochs=1), through)


def test_an_interrupt_in_a_callback_keeps_the_epoch() -> None:
    def interrupt(epoch: Epoch) -> None:
        raise KeyboardInterrupt

    model = netter()
    with pytest.raises(KeyboardInterrupt):
        model.fit(*classes(), epochs=3, callbacks=[interrupt])
    assert same(model.fit(*classes(), epochs=2), netter().fit(*classes(), epochs=3))


ENDLESS = """
import sys
from tests.gradients.models import classes, netter
netter().fit(*classes(), epochs=10**6, checkpoint=sys.argv[1])
"""


def test_a_killed_run_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    path = tmp_path / "a"
    run = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)], cwd=ROOT)
    while not path.exists():
        assert run.poll() is None
        time.sleep(0.002)
    time.sleep(0.05)
    run.send_signal(signal.SIGKILL)
    run.wait()
    model = netter().load(path)
    assert model.state.epoch > 0
    assert same(model, netter().fit(*classes(), epochs=model.state.epoch))


def test_a_full_disk_stops_training_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    model = netter().fit(*classes(), epochs=1, checkpoint=path)
    kept = path.read_bytes()

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileProblem, match=f"cannot write {path}: No space left on device; nothing was changed"):
        model.fit(*classes(), epochs=3, checkpoint=path)
    assert path.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [path]
    assert same(model, netter().fit(*classes(), epochs=2))


def test_a_checkpoint_that_cannot_be_written_is_refused_before_training(tmp_path: Path) -> None:
    model = netter()
    for path in (tmp_path, tmp_path / "none" / "a"):
        with pytest.raises(FileProblem):
            model.fit(*classes(), epochs=1, checkpoint=path)
    assert model.losses == ()


# A loss that is not finite


def check_good(model: Learner, x: Any, y: Any) -> None:
    assert model.state.finite
    assert np.isfinite(model.loss(x, y))
    assert len(model.losses) == len(model.validation) == model.state.epoch


@pytest.mark.parametrize("n", [70, 3])
def test_a_rate_too_large_stops_at_a_good_state(n: int) -> None:
    """Every step makes things some times worse, until numbers end; one batch holds all, so a loss is that of all."""
    x, y = points(n)
    model = liner(gradient_descent(30.0), batch=n)
    with pytest.raises(Diverged) as caught:
        model.fit(x, y, epochs=10_000)
    check_good(model, x, y)
    step = model.state.step
    assert f"back at step {step}; try a smaller learning rate" in str(caught.value)
    assert f"fit: step {step + 2} (epoch {step + 2}) gave a loss or parameter that is not finite" in str(caught.value)
    assert step > 50
    with pytest.raises(Diverged):
        model.fit(x, y, epochs=10)
    check_good(model, x, y)


def test_the_last_copy_is_at_most_fifty_steps_back() -> None:
    x, y = np.ones((400, 2)), np.ones(400)
    model = liner(gradient_descent(2.5), batch=1, start={"w": [1e100, 1.0]})
    with pytest.raises(Diverged, match=r"fit: step (\d+) ") as caught:
        model.fit(x, y, epochs=9)
    at = int(str(caught.value).split()[2])
    assert model.state.step % 50 == 0
    assert 0 < at - model.state.step <= 52
    check_good(model, x, y)


def test_a_parameter_that_overflows_unseen_is_noticed() -> None:
    d = trace(lambda w, x: cl.tanh(w) * x, Real() @ Real(), "", ["w", "x"])
    model = supervised(d, dot_product, momentum(1e308), start={"w": 0.0}, batch=1)
    with pytest.raises(Diverged, match="step 3 "):
        model.fit([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], epochs=1)
    check_good(model, [1.0], [1.0])


def test_training_can_go_on_after_bad_data() -> None:
    x, y = points()
    model = liner().fit(x, y, epochs=2)
    state = model.state
    with pytest.raises(Diverged, match=r"step 11 \(epoch 3\)"):
        model.fit(x * 1e200, y, epochs=1)
    assert model.state.step >= state.step - 1
    model.fit(x, y, epochs=30)
    np.testing.assert_allclose(model.parameters["w"], [2.0, -1.0], atol=0.1)
    check_good(model, x, y)


def test_a_validation_loss_that_is_not_finite_stops_too() -> None:
    x, y = points()
    model = liner()
    with pytest.raises(Diverged, match=r"step 5 \(epoch 1\) gave a validation loss that is not finite"):
        model.fit(x, y, epochs=3, validation=(x * 1e200, y), patience=2)
    check_good(model, x, y)
    with pytest.raises(Diverged, match="the learner is back at step 4;"):
        model.fit(x * 1e200, y, epochs=1)


# What fits, and what does not


def test_kinds_of_arrays() -> None:
    x, y = points()
    wide = np.zeros((140, 4))
    wide[::2, ::2] = x
    forms = [(x.tolist(), y.tolist()), (wide[::2, ::2], y), (np.asfortranarray(x), y), (x[::-1][::-1], y[::-1][::-1])]
    wanted = liner().fit(x, y, epochs=2)
    assert all(same(liner().fit(*form, epochs=2), wanted) for form in forms)
    single = x.astype(np.float32), y.astype(np.float32)
    assert same(liner().fit(*single, epochs=1), liner().fit(*(a.astype(float) for a in single), epochs=1))
    x, y = classes()
    assert same(netter().fit(x, np.eye(3, dtype=bool)[y], epochs=1), netter().fit(x, y.astype("u1"), epochs=1))


def test_several_inputs_are_given_by_name() -> None:
    @cl.diagram
    def model(a: Real(2), w: Real(2), s: Real()):
        return w @ a * s

    x, y = points()
    made = supervised(model, quadratic, gradient_descent(0.1), inputs=["s", "a"])
    made.fit({"s": np.ones(70), "a": x}, y, epochs=2)
    assert made.predict({"a": x, "s": y}).shape == (70,)
    with pytest.raises(InputMismatch, match="the model needs them for a, s by name"):
        made.predict(x)
    assert supervised(model, quadratic, gradient_descent(0.1), inputs="a").parameters.keys() == {"w", "s"}


def test_predictions_of_more_axes() -> None:
    @cl.diagram
    def tokens(w: Real(3, 2), x: Real(5, 2)):
        return x @ cl.transpose(w)

    draw = np.random.default_rng(0)
    x = draw.normal(size=(40, 5, 2))
    y = (x @ draw.normal(size=(2, 3))).argmax(-1)
    model = supervised(tokens, softmax_cross_entropy, OPTIMIZERS["adam"]()).fit(x, y, epochs=40)
    assert model.predict(x).shape == (40, 5, 3)
    assert model.accuracy(x, y) > 0.9
    assert supervised(tokens, quadratic, momentum()).fit(x, np.zeros((40, 5, 3)), epochs=1).state.epoch == 1


def test_a_model_may_have_named_dimensions() -> None:
    @cl.diagram
    def rows(w: Real(2), x: Real("t", 2)):
        return x @ w

    x, model = np.ones((9, 4, 2)), supervised(rows, quadratic, gradient_descent(0.1))
    model.fit(x, np.ones((9, 4)), epochs=2).fit(x[:, :3], np.ones((9, 3)), epochs=1, validation=(x, np.ones((9, 4))))
    assert model.predict(x).shape == (9, 4)
    with pytest.raises(InputMismatch, match="must"):
        model.fit(x, np.ones((9, 3)), epochs=1)
    assert model.state.epoch == 3


def test_a_rate_and_a_start_of_ones_own() -> None:
    x, y = points()
    model = liner(start={"w": [2.0, -1.0], "b": 0.5}, rate=proportional_rate(0.1))
    assert model.loss(x, y) < 0.01
    assert model.fit(x, y, epochs=1).loss(x, y) < 0.01


def test_a_learner_draws_its_step() -> None:
    assert "<svg" in liner().draw().svg


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.ones((4, 2)), np.ones(3), "there are 4 samples and 3 targets"),
        (np.ones((0, 2)), np.ones(0), "there are no samples"),
        (np.ones((4, 3)), np.ones(4), "x: must have the shape (samples, 2), not (4, 3)"),
        (np.ones((4, 2)), np.ones((4, 1)), "target: must have the shape (samples,), not (4, 1)"),
        (np.array([[1.0, np.inf]]), [1.0], "x: the value at (0, 1) is inf"),
        (np.ones((1, 2)), [np.nan], "target: the value at (0,) is nan"),
        (np.ones((4, 2), complex), np.ones(4), "x: must hold real numbers, not complex128"),
    ],
)
def test_arrays_that_do_not_fit(x: Any, y: Any, said: str) -> None:
    model = liner()
    before = model.state
    uses = [
        lambda: model.fit(x, y),
        lambda: model.loss(x, y),
        lambda: model.accuracy(x, y),
        lambda: model.fit(np.ones((2, 2)), np.ones(2), validation=(x, y)),
    ]
    for use in uses:
        with pytest.raises(InputMismatch) as caught:
            use()
        assert said in str(caught.value)
    assert model.state is before


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": -1}, "epochs must be a whole number from 0 up, not -1"),
        ({"epochs": 1.5}, "epochs must be a whole number from 0 up, not 1.5"),
        ({"patience": 3}, "patience needs a validation set to watch"),
        ({"patience": 0, "validation": points()}, "patience must be a whole number from 1 up, not 0"),
        ({"validation": points()[0]}, "validation must be a pair, samples and targets"),
        ({"validation": (1, 2, 3)}, "validation must be a pair"),
        ({"callbacks": 3}, "callbacks must be a list of functions"),
        ({"callbacks": [print, "x"]}, "'x' is none"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], said: str) -> None:
    model = liner()
    before = model.state
    with pytest.raises(InputMismatch) as caught:
        model.fit(*points(), **settings)
    assert said in str(caught.value)
    assert model.state is before


def test_a_checkpoint_without_a_name_is_refused() -> None:
    for path in ("", 0):
        with pytest.raises(FileProblem):
            liner().fit(*points(), checkpoint=path)


def test_accuracy_is_of_classes() -> None:
    with pytest.raises(InputMismatch, match=r"a prediction Real\(\) tells no classes apart; use loss"):
        liner().accuracy(*points())


def of(f: Callable[..., Any], *types: Ty) -> Any:
    return trace(f, Ty.of(ob for ty in types for ob in ty.obs), "", [f"p{i}" for i in range(len(types))])


@pytest.mark.parametrize(
    ("model", "settings", "said"),
    [
        (line, {"batch": 0}, "batch must be a whole number from 1 up, not 0"),
        (line, {"batch": 1.5}, "batch must be a whole number from 1 up, not 1.5"),
        (line, {"seed": -1}, "seed must be a whole number from 0 up, not -1"),
        (line, {"seed": None}, "seed must be a whole number from 0 up, not None"),
        (line, {"inputs": []}, "of the inputs w, b, x none is left for the samples"),
        (line, {"inputs": ["w", "b", "x"]}, "of the inputs w, b, x none is left to be learned"),
        (line, {"inputs": ["y"]}, "the model has no input 'y'"),
        (line, {"start": {"x": 1}}, "'x' is no learned input"),
        (line, {"optimizer": momentum}, "an optimizer is made by a call such as adam()"),
        (line, {"loss": of(lambda p: p * p, Real())}, "a loss reads the prediction and one target"),
        (line, {"loss": of(lambda p, a, b: p * a * b, Real(), Real(), Real())}, "a loss reads the prediction and one"),
        (of(lambda x: x, Real(2)), {}, "of the inputs p0 none is left to be learned"),
        (of(lambda w, x: w @ w, Real(2), Real(2)), {}, "the prediction does not depend on p1"),
        (of(lambda w, x: (w @ x, x), Real(2), Real(2)), {}, "a model has inputs and one output"),
        (of(lambda: cl.full((), 1.0)), {}, "a model has inputs and one output"),
        (of(lambda w, x: w @ x, Real("n"), Real("n")), {}, 'p0 is Real("n"); a learned input is Real with numbers'),
        (of(lambda w, x: x, Real(2), Finite("no", "yes")), {"loss": of(lambda p, t: p, Real(), Real())}, "must read"),
        ("line", {}, "expected a diagram"),
    ],
)
def test_what_is_no_learner(model: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises((InputMismatch, TypeMismatch)) as caught:
        supervised(**{"model": model, "loss": quadratic, "optimizer": momentum(0.1), **settings})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parameters_without_elements_are_no_trouble(tmp_path: Path) -> None:
    d = trace(lambda e, b, x: cl.sum(e @ x) + b, Real(0, 2) @ Real() @ Real(2), "", ["e", "b", "x"])
    model = supervised(d, quadratic, OPTIMIZERS["adam"]()).fit(*points(), epochs=2)
    assert same(supervised(d, quadratic, OPTIMIZERS["adam"]()).load(model.save(tmp_path / "a")), model)


@pytest.mark.parametrize("show", [None, False, True])
def test_progress_is_shown_when_asked_for(show: bool | None, capfd: pytest.CaptureFixture[str]) -> None:
    liner().fit(*points(), epochs=2, validation=points(9, 1), show=show)
    out, err = capfd.readouterr()
    assert out == ""
    assert ("2/2" in err and "validation" in err) is bool(show)
