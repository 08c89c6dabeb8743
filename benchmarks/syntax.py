"""How fast are diagrams written, flattened, mapped, compared and stored; with DisCoPy beside where it can?

Every case prepares its input for a size and gives what is timed. Results are checked before anything is timed.

>>> [row.case for row in rows(sizes=(10,), rounds=1)]  # doctest: +NORMALIZE_WHITESPACE
['chain by >>, flattened', 'n boxes side by side', 'functor f -> f >> f on a chain', 'equality of random graphs',
 'tracing a random graph', 'JSON, there and back']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from importlib.util import find_spec
from operator import matmul, rshift
from random import Random
from time import perf_counter
from typing import Any
from warnings import catch_warnings, simplefilter

from benchmarks.rows import Row, interleaved
from catlearn.diagrams.diagram import Box, Diagram, identity
from catlearn.diagrams.equality import equal
from catlearn.diagrams.functor import Functor
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import flatten, graph

__all__ = ["SIZES", "rows"]

SIZES = (100, 1_000, 10_000, 100_000)
LARGEST = 1_000
"""The largest size for DisCoPy."""
LIMIT = 4.0
"""It is left out where one run would take more seconds than this."""

X = Ty("X")
F, G = Box("f", X, X), Box("g", X @ X, X)

Prepare = Callable[[int], Callable[[], Any]]


@dataclass(frozen=True)
class Case:
    """A task, ours and DisCoPy's: functions from the size to what is timed.

    What they give is brought down to a number, which must be `expected` at that size before anything is timed.
    """

    name: str
    expected: Callable[[int], int]
    ours: Prepare
    number: Callable[[Any], int]
    peer: Prepare
    peer_number: Callable[[Any], int]


def rows(sizes: Iterable[int] = SIZES, rounds: int = 5) -> Iterable[Row]:
    """Measure every case at every size; a row comes as soon as it is measured."""
    for case in CASES:
        yield from (_row(case, n, rounds) for n in sizes)


def _row(case: Case, n: int, rounds: int) -> Row:
    run = case.ours(n)
    _check(case, n, case.number(run()))
    with catch_warnings():
        simplefilter("ignore")  # DisCoPy's calls of networkx warn
        peer, note = _peer(case, n)
        ours, *theirs = interleaved([run, *peer], rounds)
    return Row(case.name, f"{n:,}", ours, {"DisCoPy": theirs[0]} if theirs else {}, note)


def _check(case: Case, n: int, number: int) -> None:
    if number != case.expected(n):
        raise AssertionError(f"{case.name}: {number} at size {n}, where {case.expected(n)} is right")


def _peer(case: Case, n: int) -> tuple[list[Callable[[], Any]], str]:
    """What DisCoPy runs, if it can in time; a tenth of the size is tried first, as most of these grow as a square."""
    if find_spec("discopy") is None:
        return [], "DisCoPy is not installed"
    if n > LARGEST:
        return [], ""
    try:
        for size, growth in ((max(n // 10, 1), 20), (n, 1)):
            run = case.peer(size)
            start = perf_counter()
            result = run()
            if (perf_counter() - start) * growth > LIMIT:
                return [], f"DisCoPy needs over {LIMIT:g} s"
            _check(case, size, case.peer_number(result))
    except (TypeError, RecursionError) as error:
        return [], f"DisCoPy fails: {type(error).__name__}"
    return [run], ""


def _one_by_one(join: Callable[[Any, Any], Any], start: Any, part: Any, n: int) -> Any:
    d = start
    for _ in range(n):
        d = join(d, part)
    return d


def _chain(n: int) -> Diagram:
    d: Diagram = _one_by_one(rshift, identity(X), F, n)
    return d


def _functor(n: int) -> Callable[[], Any]:
    chain, double = _chain(n), Functor(Ty, lambda box: box >> box)
    flatten(chain)
    return lambda: double.wiring(chain)


def _reads(n: int) -> list[tuple[int, int]]:
    """For each of n boxes, two wires made a little before it."""
    rng = Random(0)
    return [(rng.randrange(max(0, i - 8), i + 1), rng.randrange(max(0, i - 8), i + 1)) for i in range(n)]


def _write(box: Callable[[Any, Any], Any], reads: Sequence[tuple[int, int]]) -> Callable[[Any], Any]:
    """The function that draws the random graph."""

    def draw(x: Any) -> Any:
        wires = [x]
        for i, j in reads:
            wires.append(box(wires[i], wires[j]))
        return wires[-1]

    return draw


def _equality(n: int) -> Callable[[], bool]:
    reads = _reads(n)
    one, other = trace(_write(G, reads), X), _reordered(reads)
    return lambda: equal(one, other)


def _reordered(reads: Sequence[tuple[int, int]]) -> Diagram:
    """The same graph with its boxes in another order: each waits for its inputs and then for its turn by lot."""
    rng, place = Random(1), {0: 0}
    ready: list[tuple[float, int]] = []
    steps = []
    readers: list[list[int]] = [[] for _ in range(len(reads) + 1)]
    missing = [len(set(pair)) for pair in reads]
    for k, pair in enumerate(reads):
        for wire in set(pair):
            readers[wire].append(k)
    made = [0]
    while made:
        for k in readers[made.pop()]:
            missing[k] -= 1
            if not missing[k]:
                heappush(ready, (rng.random(), k))
        if ready:
            _, k = heappop(ready)
            steps.append((G, [place[wire] for wire in reads[k]]))
            place[k + 1] = len(steps)
            made.append(k + 1)
    return graph(X, steps, [place[len(reads)]])


def _json(n: int) -> Callable[[], tuple[Diagram, Diagram]]:
    from catlearn.diagrams.bridges.json import dumps, loads

    chain = _chain(n)
    return lambda: (chain, loads(dumps(chain)))


def _discopy_chain(n: int) -> Callable[[], Any]:
    from discopy.symmetric import Box as Theirs
    from discopy.symmetric import Diagram as Drawn
    from discopy.symmetric import Ty as Type

    x = Type("x")
    start, f = Drawn.id(x), Theirs("f", x, x)
    return lambda: _one_by_one(rshift, start, f, n)


def _discopy_row(n: int) -> Callable[[], Any]:
    from discopy.symmetric import Box as Theirs
    from discopy.symmetric import Ty as Type

    f = Theirs("f", Type("x"), Type("x"))
    return lambda: _one_by_one(matmul, f, f, n - 1)


def _discopy_functor(n: int) -> Callable[[], Any]:
    from discopy.symmetric import Box as Theirs
    from discopy.symmetric import Functor as Mapping
    from discopy.symmetric import Ty as Type

    x = Type("x")
    f = Theirs("f", x, x)
    double, chain = Mapping(ob={x: x}, ar={f: f >> f}), _discopy_chain(n)()
    return lambda: double(chain)


def _discopy_trace(n: int) -> Callable[[], Any]:
    from discopy.markov import Box as Theirs
    from discopy.markov import Hypergraph
    from discopy.markov import Ty as Type

    x, reads = Type("x"), _reads(n)
    g = Theirs("g", x @ x, x)
    return lambda: Hypergraph.from_callable(x, x)(_write(g, reads))


def _discopy_equality(n: int) -> Callable[[], Any]:
    make = _discopy_trace(n)
    one, other = make(), make()
    return lambda: one == other


def _discopy_json(n: int) -> Callable[[], Any]:
    from discopy.utils import dumps, loads

    chain = _discopy_chain(n)()
    return lambda: loads(dumps(chain))


def _boxes(d: Any) -> int:
    return len(d.boxes)


CASES = (
    Case("chain by >>, flattened", int, lambda n: lambda: flatten(_chain(n)), _boxes, _discopy_chain, _boxes),
    Case(
        "n boxes side by side",
        int,
        lambda n: lambda: flatten(_one_by_one(matmul, F, F, n - 1)),
        _boxes,
        _discopy_row,
        _boxes,
    ),
    Case("functor f -> f >> f on a chain", lambda n: 2 * n, _functor, _boxes, _discopy_functor, _boxes),
    Case("equality of random graphs", lambda n: 1, _equality, int, _discopy_equality, int),
    Case(
        "tracing a random graph",
        int,
        lambda n: lambda: trace(_write(G, _reads(n)), X),
        lambda d: _boxes(flatten(d)),
        _discopy_trace,
        _boxes,
    ),
    Case(
        "JSON, there and back",
        int,
        _json,
        lambda pair: _boxes(flatten(pair[1])) if pair[0] == pair[1] else -1,
        _discopy_json,
        _boxes,
    ),
)
