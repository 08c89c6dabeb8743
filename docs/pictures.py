"""Make the pictures of the README: `python -m docs.pictures`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import catlearn as cl
from catlearn import Real
from examples import missing_values

HERE = Path(__file__).parent / "pictures"


@cl.diagram
def layer(w: Real(10, 64), b: Real(10), x: Real(64)) -> Real(10):
    return cl.tanh(w @ x + b)


@cl.diagram
def hidden(w: Real(32, 64), b: Real(32), x: Real(64)) -> Real(32):
    return cl.relu(w @ x + b)


@cl.diagram
def scores(w: Real(10, 32), b: Real(10), h: Real(32)) -> Real(10):
    return w @ h + b


@cl.diagram
def network(w1: Real(32, 64), b1: Real(32), w2: Real(10, 32), b2: Real(10), x: Real(64)) -> Real(10):
    return scores(w2, b2, hidden(w1, b1, x))


def main() -> None:
    """Write all pictures, for light and for dark pages."""
    for theme in ("light", "dark"):
        layer.draw(HERE / f"layer-{theme}.svg", theme=theme, parameters=["w", "b"])
        cl.reverse(layer).draw(HERE / f"reverse-{theme}.svg", theme=theme, parameters=["w", "b"])
        network.draw(HERE / f"network-{theme}.svg", theme=theme, parameters=["w1", "b1", "w2", "b2"])
        turned = cl.reverse(network, fold=True)
        turned.draw(HERE / f"turned-{theme}.svg", theme=theme, parameters=["w1", "b1", "w2", "b2"])
    missing_values.main(str(HERE))
    messages()


def messages() -> None:
    """The messages on the tree of the README's section on smoothing."""
    X = Real()
    drift = cl.kernel("drift", X, X, forward=cl.SDE(lambda t, x: np.tanh(x), 0.5), guide=cl.LinearSDE(0.0, 0.0, 0.25))
    measured, root = cl.gaussian("measured", X, X, 1.0, 0.0, 0.1), cl.gaussian_state("root", X, 0.0, 1.0)
    tree = cl.read_newick("((human:0.3,chimp:0.3):0.4,gorilla:0.7);", edge=drift, leaf=measured, root=root)
    cl.bffg(tree).backward({"human": 0.9, "chimp": 1.1, "gorilla": -0.2}).draw(HERE / "messages.svg")


if __name__ == "__main__":
    main()
