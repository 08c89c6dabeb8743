"""A model drawn in DisCoPy, compiled and trained here.

DisCoPy knows the boxes of this model by their names and types only. A table says what they mean, and from then on the
diagram is like any other: it is drawn, turned round, compiled and trained.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from discopy import markov
from sklearn.datasets import load_digits

import catlearn as cl
from catlearn import Real

# The picture, in DisCoPy. A residual block: what goes into the box `mix` also goes around it, and `join` adds the two.
W, M, V, X, H, Y = (markov.Ty(name) for name in ("W", "M", "V", "X", "H", "Y"))
enter, mix = markov.Box("enter", W @ X, H), markov.Box("mix", M @ H, H)
join, leave = markov.Box("join", H @ H, H), markov.Box("leave", V @ H, Y)

block = M @ markov.Diagram.copy(H) >> mix @ H >> join
model_in_discopy = V @ M @ enter >> V @ block >> leave

# What the names mean.
TYPES = {"W": Real(64, 64), "M": Real(64, 64), "V": Real(10, 64), "X": Real(64), "H": Real(64), "Y": Real(10)}
TABLE = {
    "enter": cl.trace(lambda w, x: cl.tanh(w @ x), TYPES["W"] @ TYPES["X"]),
    "mix": cl.trace(lambda m, h: cl.relu(m @ h), TYPES["M"] @ TYPES["H"]),
    "join": cl.trace(lambda a, b: a + b, TYPES["H"] @ TYPES["H"]),
    "leave": cl.trace(lambda v, h: v @ h, TYPES["V"] @ TYPES["H"]),
}


def main(out: str = "out") -> dict[str, object]:
    """Read, draw, train; gives the accuracy, and whether the diagram is the same after going there and back."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    print("in DisCoPy:", model_in_discopy)

    # Read as it is, its boxes mean nothing yet; but the way back gives the same diagram.
    drawn = cl.from_discopy(model_in_discopy)
    same = cl.from_discopy(cl.to_discopy(drawn)) == drawn
    drawn.draw(folder / "discopy-model.svg")

    # With the table it is a smooth map: three matrices of weights, and the image last.
    model = cl.from_discopy(model_in_discopy, TABLE, TYPES)
    print("here:", model.dom, "->", model.cod)
    cl.reverse(model).draw(folder / "discopy-reverse.svg")

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[360:], order[:360]
    learner = cl.learn.supervised(model, loss=cl.learn.softmax_cross_entropy, optimizer=cl.learn.adam(0.003), batch=32)
    learner.fit(x[train] / 16, y[train], epochs=30)
    accuracy = learner.accuracy(x[test] / 16, y[test])
    print(f"accuracy on {len(test)} held-out digits {accuracy:.1%}")
    return {"accuracy": accuracy, "same": same, "boxes": len(cl.flatten(drawn).boxes)}


if __name__ == "__main__":
    main()
