"""What one voting table does in a step, as the closed learner that it is: a diagram to draw, prove and compare with.

The model is `evaluate(t, x)`, whose reverse derivative sends a displacement d of its answer to d at the row that x
addresses: `R_t(x, d) = d * one_hot(x)`. The optimizer has counters for its state. It needs to know which bits should
be 1 and which 0, also of those that are so already, and one displacement does not tell. So the model has two rails:
the same table twice, with one displacement each, of what is wished up and of what is wished down. Which wishes there
are is for the vote to say; they come in as the target.

`learning.py` does the same on arrays, for all tables at once; the tests compare the two.

>>> closed = closed_table(inputs=2, classes=3, inertia=1)
>>> closed.step.names
('state_up', 'up', 'down', 'x', 'target')
>>> closed.step.cod[1:]
Bits(12) @ Bits(12) @ Bits(12)
"""

from __future__ import annotations

from catlearn.diagrams.diagram import identity
from catlearn.diagrams.optic import Optic, lens
from catlearn.diagrams.theories.boolean.bits import concatenate, constant, evaluate, mux
from catlearn.diagrams.theories.boolean.semiring import width
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Bits, Ty
from catlearn.diagrams.wire import Wire
from catlearn.interpreters.circuits.classifier.counters import Counters
from catlearn.interpreters.gradients.learner import Closed, close
from catlearn.interpreters.gradients.optimizers import Optimizer

__all__ = ["closed_table", "counting"]

Wires = tuple[Wire, ...]


def closed_table(inputs: int, classes: int, inertia: int) -> Closed:
    """The learner of a table of 2**inputs rows, with one bit a row for each class.

    The target is `Bits(2 * classes)`: which classes' bits are wished up, then which are wished down.

    Raises:
        ShapeMismatch: where the inertia is no whole number from 1 to 32768.
    """
    table, answers = Bits(classes << inputs), Bits(2 * classes)

    def twice(up: Wire, down: Wire, x: Wire) -> Wire:
        return concatenate([evaluate(up, x), evaluate(down, x)])

    model = trace(twice, table @ table @ Bits(inputs), "table", ["up", "down", "x"])
    loss = trace(lambda p, wishes: concatenate([p, wishes]), answers @ answers, "wishes", ["answers", "wishes"])
    return close(model, loss, counting(inertia), ["up", "down"], [])


def _wished(loss: Ty) -> Optic:
    """The rate that reads answers and wishes, and asks for just what is wished, whatever the answers are."""
    half = width(loss.obs[0]) // 2

    def asked(both: Wire) -> Wire:
        return concatenate([both[half:], constant([0] * half)])

    return lens(identity(loss), trace(asked, loss, "rate"))


def counting(inertia: int) -> Optimizer:
    """The optimizer that keeps a saturating counter in [-B, B - 1] behind each bit, as `Counters` does.

    Its parameters are two rails, both of which are the bits; the changes are where these are wished up, and down.
    A counter is a thermometer: wire k of 2 B - 1 says whether it is above k - B. To count up is to shift a 1 in from
    below, to count down a 0 from above, and no more is needed to saturate. The wire in the middle is the bit. Those
    below it are kept complemented, so that a state of zeros is a counter of -1.

    >>> counting(2).lens(Bits(8) @ Bits(8)).dom[0]
    Bits(8) @ Bits(8) @ Bits(8) @ Bits(8) @ Bits(8)

    Raises:
        ShapeMismatch: where the inertia is no whole number from 1 to 32768.
    """
    below = Counters(inertia).inertia - 1

    def plain(state: Wires) -> Wires:
        return *(~wire for wire in state[:below]), *state[below:]

    def put(state: Wires, rails: Wires, wishes: Wires) -> tuple[Wires, Wires]:
        up, down = wishes
        levels = plain(state)
        bits = width(up.ob)
        around = constant([1] * bits), *levels, constant([0] * bits)
        new = tuple(mux(up, around[k], mux(down, around[k + 2], level)) for k, level in enumerate(levels))
        return plain(new), (new[below], new[below])

    def held(rails: Ty) -> Ty:
        return Ty.of(rails.obs[:1] * (2 * below + 1))

    return Optimizer("counters", held, put, _wished)
