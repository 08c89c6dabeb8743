"""Deep dreaming: the optimizer sits on the image, not on the weights (figure 7 of CFGBL, arXiv:2103.01931).

The learner is closed as always; only the input that it learns is another one. The loss is the score of one digit, the
learning rate asks for more of it, and the model's backward pass tells the image how to change.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import catlearn as cl
from catlearn import Real

STEPS = 60


@cl.diagram
def network(w1: Real(64, 64), b1: Real(64), w2: Real(10, 64), b2: Real(10), x: Real(64)) -> Real(10):
    return w2 @ cl.tanh(w1 @ x + b1) + b2


# What dreams is the network after a sigmoid: its input may be any number, its pixels are from 0 to 1.
@cl.diagram
def dreamer(w1: Real(64, 64), b1: Real(64), w2: Real(10, 64), b2: Real(10), ink: Real(64)) -> Real(10):
    return cl.log_softmax(network(w1, b1, w2, b2, cl.sigmoid(ink)))


def uphill(rate: float) -> cl.Optic:
    """A learning rate that asks for more: other than in training, the change asked of the loss is above zero."""
    return cl.lens(cl.identity(Real()), cl.trace(lambda score: cl.full((), rate), Real()))


def trained() -> dict[str, np.ndarray]:
    """Weights of a network that knows digits, also under heavy noise: so it dreams of strokes and not of specks."""
    x, y = load_digits(return_X_y=True)
    noisy = np.concatenate([x / 16 + np.random.default_rng(k).normal(0, 1, x.shape) for k in range(6)])
    model = cl.learn.supervised(network, loss=cl.learn.softmax_cross_entropy, optimizer=cl.learn.adam(0.003), batch=64)
    return model.fit(noisy, np.tile(y, 6), epochs=10).parameters


def main(out: str = "out") -> dict[str, float]:
    """Dream of every digit; gives the mean score before and after."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    weights = trained()
    closed = cl.learn.close(
        dreamer, cl.learn.dot_product, cl.learn.momentum(), learned=["ink"], batched=[], rate=uphill(1.0)
    )
    closed.draw(folder / "dream-step.svg")
    step = cl.compile(closed.step)
    print("inputs of a step:", ", ".join(closed.step.names))

    images, first, last = [], [], []
    for digit in range(10):
        speed, ink, seen = np.zeros(64), np.full(64, -2.0), []
        for _ in range(STEPS):
            score, speed, ink = step(state_ink=speed, ink=ink, target=np.eye(10)[digit], **weights)
            seen.append(float(score))
        images.append(1 / (1 + np.exp(-ink)))
        first.append(np.exp(seen[0]))
        last.append(np.exp(seen[-1]))
    print(f"the network's belief in the digit it dreams of: {np.mean(first):.1%} before, {np.mean(last):.1%} after")
    show(np.array(images), folder / "dream.png")
    return {"before": float(np.mean(first)), "after": float(np.mean(last)), "worst": float(min(last))}


def show(images: np.ndarray, path: Path) -> None:
    """Save ten images in two rows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.3), layout="constrained")
    for digit, axes in enumerate(figure.subplots(2, 5).flat):
        axes.imshow(images[digit].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(str(digit))
        axes.set_axis_off()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
