"""The demo: a two-layer network learns real handwritten digits, and leaves its pictures and figures in a folder.

It is what `catlearn demo` runs. The 1,797 digits are those of scikit-learn, 8 by 8 pixels; 360 of them are held out.

>>> [name for name, ob in zip(network.names, network.dom)]
['w1', 'b1', 'w2', 'b2', 'x']
>>> network.cod
Real(10)
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.smooth.arithmetic import relu
from catlearn.diagrams.theories.smooth.reverse import reverse
from catlearn.diagrams.trace import diagram
from catlearn.diagrams.types import Real
from catlearn.diagrams.wire import Wire
from catlearn.errors import FileProblem, MissingExtra
from catlearn.files import write_beside
from catlearn.interpreters.gradients import Learner, momentum, softmax_cross_entropy, supervised

__all__ = ["Digits", "Figures", "digits", "learner", "network", "run"]

HIDDEN, HELD_OUT = 256, 360
EPOCHS = 40


@diagram(w=Real(HIDDEN, 64), b=Real(HIDDEN), x=Real(64))
def hidden(w: Wire, b: Wire, x: Wire) -> Wire:
    """The first layer."""
    return relu(w @ x + b)


@diagram(w=Real(10, HIDDEN), b=Real(10), h=Real(HIDDEN))
def scores(w: Wire, b: Wire, h: Wire) -> Wire:
    """The second layer: a score for each digit."""
    return w @ h + b


@diagram(w1=Real(HIDDEN, 64), b1=Real(HIDDEN), w2=Real(10, HIDDEN), b2=Real(10), x=Real(64))
def network(w1: Wire, b1: Wire, w2: Wire, b2: Wire, x: Wire) -> Wire:
    """Both layers: 64 pixels to 10 scores."""
    made: Wire = scores(w2, b2, hidden(w1, b1, x))
    return made


@dataclass(frozen=True)
class Digits:
    """Images as rows of 64 numbers from 0 to 1, with the digits that they show: for training, and held out."""

    x: NDArray[np.float64]
    y: NDArray[np.int64]
    x_test: NDArray[np.float64]
    y_test: NDArray[np.int64]


@dataclass(frozen=True)
class Figures:
    """What the demo measured; `demo.json` holds the same.

    Attributes:
        test_accuracy: the share of held-out digits that are recognized.
        train_accuracy: that of the digits which were trained on.
        train_loss: the mean training loss of the last epoch.
        test_loss: the mean loss on the digits held out.
        seconds: that training took, compiling the training step included.
        epochs, parameters, train_samples, test_samples: how many.
        seed: of the first parameters and of the order of samples; the split is always the same.
    """

    test_accuracy: float
    train_accuracy: float
    train_loss: float
    test_loss: float
    seconds: float
    epochs: int
    parameters: int
    train_samples: int
    test_samples: int
    seed: int


def digits() -> Digits:
    """scikit-learn's digits, always split in the same way. Raises `MissingExtra` without scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingExtra('the demo needs scikit-learn: `pip install "catlearn-diagrams[demo]"`') from None
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    test, train = order[:HELD_OUT], order[HELD_OUT:]
    return Digits(x[train] / 16, y[train], x[test] / 16, y[test])


def learner(seed: int = 0) -> Learner:
    """The network with its loss and its optimizer, not yet trained."""
    return supervised(network, loss=softmax_cross_entropy, optimizer=momentum(0.1), batch=32, seed=seed)


def run(out: str | os.PathLike[str] = "out", seed: int = 0, show: bool | None = None) -> Figures:
    """Train, measure, and write pictures, figures and the model into a folder, which is made if it is not there.

    Args:
        out: the folder.
        seed: of the first parameters and of the order of samples.
        show: whether to show a progress bar; by default on a terminal only.

    Raises:
        MissingExtra: when scikit-learn or matplotlib is not installed; nothing is written then.
        FileProblem: when the folder or a file cannot be written.
    """
    data = digits()
    _need_matplotlib()
    folder = _folder(out)
    from threadpoolctl import threadpool_limits  # scikit-learn brings it

    # Threads gain nothing on matrices of this size, and where other work is running they wait for one another.
    with threadpool_limits(1):
        begin = time.perf_counter()
        model = learner(seed)
        model.fit(data.x, data.y, epochs=EPOCHS, validation=(data.x_test, data.y_test), show=show)
        seconds = time.perf_counter() - begin
    found = _measure(model, data, seconds)
    _pictures(model, folder)
    model.save(folder / "digits.safetensors")
    write_beside(folder / "demo.json", json.dumps(asdict(found), indent=2) + "\n")
    return found


def _measure(model: Learner, data: Digits, seconds: float) -> Figures:
    return Figures(
        test_accuracy=model.accuracy(data.x_test, data.y_test),
        train_accuracy=model.accuracy(data.x, data.y),
        train_loss=model.losses[-1],
        test_loss=model.loss(data.x_test, data.y_test),
        seconds=round(seconds, 3),
        epochs=model.state.epoch,
        parameters=sum(value.size for value in model.parameters.values()),
        train_samples=len(data.x),
        test_samples=len(data.x_test),
        seed=model.state.seed,
    )


def _pictures(model: Learner, folder: Path) -> None:
    learned: dict[str, Any] = {"parameters": model.closed.learned}
    network.draw(folder / "model.svg", unfold=True, title="the model", **learned)
    reverse(network).draw(folder / "reverse.svg", title="its reverse derivative", **learned)
    model.draw(folder / "learner.svg", title="the closed learner: one training step")
    model.curve(folder / "training.svg")


def _need_matplotlib() -> None:
    try:
        import_module("matplotlib")
    except ImportError:
        raise MissingExtra('the demo needs matplotlib: `pip install "catlearn-diagrams[demo]"`') from None


def _folder(out: str | os.PathLike[str]) -> Path:
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileProblem(f"cannot make the folder {folder}: {error.strerror}; give another with --out") from error
    return folder
