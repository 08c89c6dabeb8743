"""A convolutional network on handwritten digits: windows of 3 by 3 pixels, the largest of each 2 by 2, then scores.

Convolution is no generator of its own here: it cuts the image into windows and multiplies matrices, and so its reverse
derivative needs nothing new either.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import catlearn as cl
from catlearn import Real

FILTERS = 32
FEATURES = 3 * 3 * FILTERS


# From 8 by 8 pixels to 6 by 6 places for a window, and to 3 by 3 after pooling.
@cl.diagram
def look(filters: Real(3, 3, 1, FILTERS), shift: Real(FILTERS), image: Real(8, 8, 1)) -> Real(3, 3, FILTERS):
    return cl.max_pool(cl.relu(cl.conv2d(image, filters) + shift), 2)


@cl.diagram
def decide(w: Real(10, FEATURES), b: Real(10), seen: Real(3, 3, FILTERS)) -> Real(10):
    return w @ cl.reshape(seen, FEATURES) + b


@cl.diagram
def convnet(
    filters: Real(3, 3, 1, FILTERS), shift: Real(FILTERS), w: Real(10, FEATURES), b: Real(10), image: Real(8, 8, 1)
) -> Real(10):
    return decide(w, b, look(filters, shift, image))


def data():
    """Training images and digits, then those held out: images of 8 by 8 pixels with one channel, from 0 to 1."""
    x, y = load_digits(return_X_y=True)
    images = x.reshape(-1, 8, 8, 1) / 16
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[360:], order[:360]
    return images[train], y[train], images[test], y[test]


def main(out: str = "out") -> dict[str, float]:
    """Train and draw; gives the accuracy on digits that were held out, and what one step costs."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    x, y, x_test, y_test = data()

    model = cl.learn.supervised(convnet, loss=cl.learn.softmax_cross_entropy, optimizer=cl.learn.adam(0.004), batch=32)
    model.fit(x, y, epochs=25)
    accuracy = model.accuracy(x_test, y_test)
    print(f"loss {model.losses[-1]:.4f}, accuracy on {len(y_test)} held-out digits {accuracy:.1%}")

    # The costs are counted on the program, before anything runs. Both passes take less than four times the first one.
    one, step = cl.compile(cl.batch(convnet, "n", over=["image"])).cost(n=32), model.step.cost(batch=32)
    print(f"32 images: the model takes {one.operations:,} operations, a whole training step {step.operations:,}")

    convnet.draw(folder / "convnet.svg", parameters=model.closed.learned, unfold=1)
    return {"accuracy": accuracy, "ratio": step.operations / one.operations}


if __name__ == "__main__":
    main()
