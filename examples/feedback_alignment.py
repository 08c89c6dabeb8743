"""Feedback alignment: a backward pass that is not the derivative, and learns all the same (Lillicrap et al., 2016).

The true derivative sends errors back through the transpose of the forward weights, which brains hardly know. Here they
go back through a fixed random matrix. A lens is a forward pass with any backward pass, so this is only another lens;
the learner takes it where the reverse derivative would stand. In training the forward weights turn until what comes
back is of use: the angle between the two backward passes falls from about 90 degrees.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import catlearn as cl
from catlearn import Real

HIDDEN = 64
BATCH = cl.learn.BATCH  # the name that the learner gives to the axis of samples
MATRIX = np.random.default_rng(1).normal(0, 0.3, (10, HIDDEN))  # drawn once, and never learned


@cl.diagram
def hidden(w: Real(HIDDEN, 64), b: Real(HIDDEN), x: Real(64)) -> Real(HIDDEN):
    return cl.tanh(w @ x + b)


@cl.diagram
def scores(w: Real(10, HIDDEN), b: Real(10), h: Real(HIDDEN)) -> Real(10):
    return w @ h + b


@cl.diagram
def network(w2: Real(10, HIDDEN), b2: Real(10), w1: Real(HIDDEN, 64), b1: Real(HIDDEN), x: Real(64)) -> Real(10):
    return scores(w2, b2, hidden(w1, b1, x))


# The backward pass of `scores` for a batch. The true one would end in `dy @ w`.
@cl.diagram
def back(w: Real(10, HIDDEN), b: Real(10), h: Real(BATCH, HIDDEN), dy: Real(BATCH, 10)):
    return cl.einsum("nk,nh->kh", dy, h), cl.sum(dy, 0), dy @ cl.constant(MATRIX)


def feedback() -> cl.Optic:
    """The whole network as a lens for a batch: hidden layer with its derivative, scores with the pass above."""
    wide_hidden, wide_scores = cl.batch(hidden, BATCH, over=["x"]), cl.batch(scores, BATCH, over=["h"])
    first = cl.learn.identity_lens(scores.dom[:2]) @ cl.optic(wide_hidden, cl.SMOOTH)
    return first >> cl.lens(wide_scores, back)


def angle_below(model: cl.learn.Learner, x: np.ndarray, y: np.ndarray) -> float:
    """The angle between the error that reaches the hidden layer and the true one, on these samples."""
    known, n = model.parameters, len(x)
    h = np.tanh(x @ known["w1"].T + known["b1"])

    def last(h):
        return h @ cl.constant(known["w2"].T) + cl.constant(np.tile(known["b2"], (n, 1)))

    def loss(scores):
        return cl.mean(cl.cross_entropy(scores, cl.constant(np.eye(10)[y])))

    above = cl.trace(last, Real(n, HIDDEN), "last")
    random = cl.trace(lambda h, dy: dy @ cl.constant(MATRIX), Real(n, HIDDEN) @ Real(n, 10))
    error = cl.trace(loss, Real(n, 10), "loss")
    return cl.angle(cl.lens(above, random) >> cl.optic(error, cl.SMOOTH), above >> error, [h])


def main(out: str = "out") -> dict[str, object]:
    """Train with the random backward pass and with the true one; gives both accuracies, and the angle by epochs."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[360:], order[:360]
    x = x / 16

    found = {}
    for name, lens in (("true", None), ("random", feedback())):
        model = cl.learn.supervised(
            network, loss=cl.learn.softmax_cross_entropy, optimizer=cl.learn.gradient_descent(0.2), batch=32, lens=lens
        )
        angles = [angle_below(model, x[test[:64]], y[test[:64]])]
        model.fit(x[train], y[train], epochs=30, callbacks=[
            lambda epoch, angles=angles: angles.append(angle_below(epoch.learner, x[test[:64]], y[test[:64]])) is None
        ])  # fmt: skip
        found[name] = model.accuracy(x[test], y[test])
    print(f"accuracy on held-out digits: true derivative {found['true']:.1%}, random feedback {found['random']:.1%}")
    print(f"angle to the true derivative: {angles[0]:.0f} degrees before training, {angles[-1]:.0f} after")
    # In this picture w2 does not reach the backward pass: nothing is sent back through it.
    model.draw(folder / "feedback-step.svg")
    return {**found, "angles": angles}


if __name__ == "__main__":
    main()
