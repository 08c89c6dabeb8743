"""A two-layer network on scikit-learn's 1,797 handwritten digits.

The model is written for one image and says nothing of batches, losses or gradients. Those come with the learner, which
is composed from lenses and is a diagram like the model, so it can be drawn too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import catlearn as cl
from catlearn import Real


@cl.diagram
def hidden(w: Real(256, 64), b: Real(256), x: Real(64)) -> Real(256):
    return cl.relu(w @ x + b)


@cl.diagram
def scores(w: Real(10, 256), b: Real(10), h: Real(256)) -> Real(10):
    return w @ h + b


# A diagram called in a diagram is one box of the picture.
@cl.diagram
def network(w1: Real(256, 64), b1: Real(256), w2: Real(10, 256), b2: Real(10), x: Real(64)) -> Real(10):
    return scores(w2, b2, hidden(w1, b1, x))


def data():
    """Training images and digits, then those held out: 64 pixels from 0 to 1 for each image."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[360:], order[:360]
    return x[train] / 16, y[train], x[test] / 16, y[test]


def learner() -> cl.learn.Learner:
    """The model closed by a loss and an optimizer. All its inputs but the last one are learned."""
    return cl.learn.supervised(network, loss=cl.learn.softmax_cross_entropy, optimizer=cl.learn.momentum(0.1), batch=32)


def main(out: str = "out") -> dict[str, float]:
    """Train, draw, save; gives the accuracy on digits that were held out."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    x, y, x_test, y_test = data()

    # All inputs but the last one are learned. Adam would do as well: cl.learn.adam(0.003).
    model = cl.learn.supervised(
        network, loss=cl.learn.softmax_cross_entropy, optimizer=cl.learn.momentum(0.1), batch=32
    )
    model.fit(x, y, epochs=40, validation=(x_test, y_test))
    accuracy = model.accuracy(x_test, y_test)
    print(f"loss {model.losses[-1]:.4f}, accuracy on {len(y_test)} held-out digits {accuracy:.1%}")

    # What was learned can be saved; a learner of the same model goes on from it.
    model.save(folder / "digits.safetensors")
    again = cl.learn.supervised(
        network, loss=cl.learn.softmax_cross_entropy, optimizer=cl.learn.momentum(0.1), batch=32
    )
    again.load(folder / "digits.safetensors")
    same = bool((again.predict(x_test) == model.predict(x_test)).all())

    # Four pictures: the model, the model turned round, the training step that both are part of, and how it went.
    network.draw(folder / "digits-model.svg", parameters=model.closed.learned)
    cl.reverse(network).draw(folder / "digits-reverse.svg", parameters=model.closed.learned)
    model.draw(folder / "digits-learner.svg")
    model.curve(folder / "digits-training.svg")
    return {"accuracy": accuracy, "loss": model.losses[-1], "same_after_loading": same}


if __name__ == "__main__":
    main()
