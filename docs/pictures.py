"""Make the pictures of the README: `python -m docs.pictures`."""

from __future__ import annotations

from pathlib import Path

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


if __name__ == "__main__":
    main()
