"""DisCoPy both ways, and DisCoPy as the oracle of our equality."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import discopy.cat as dcat
import discopy.feedback as dfeedback
import discopy.frobenius as dfrobenius
import discopy.markov as dm
import discopy.monoidal as dmonoidal
import discopy.rigid as drigid
import discopy.symmetric as dsymmetric
import discopy.traced as dtraced
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn.diagrams.bridges.discopy import (
    as_diagram,
    escaped,
    from_discopy,
    to_discopy,
    to_hypergraph,
    to_tikz,
)
from catlearn.diagrams.diagram import Box, Diagram, Wires, copy, discard, identity, permutation, swap
from catlearn.diagrams.trace import diagram
from catlearn.diagrams.types import Bits, Finite, Ob, Real, Ty
from catlearn.diagrams.wiring import Graph, flatten, graph
from catlearn.errors import CatlearnError, FileProblem, NotSupported, TypeMismatch, UnknownBox
from tests.diagrams.random_diagrams import diagrams

X, Y = Ty("x"), Ty("y")
f, g = Box("f", X @ X, Y), Box("g", Y, X)
x, y = dm.Ty("x"), dm.Ty("y")
df, dg = dm.Box("f", x @ x, y), dm.Box("g", y, x)

EXAMPLES = settings(max_examples=60)


@EXAMPLES
@given(diagrams())
def test_to_discopy_and_back_is_exact(d: Diagram) -> None:
    theirs = to_discopy(d)
    again = from_discopy(theirs)
    assert again == d
    assert sorted(map(folded, flatten(again).boxes)) == sorted(map(folded, flatten(d).boxes))
    dmonoidal.Diagram(theirs.inside, theirs.dom, theirs.cod)  # DisCoPy's own check that every layer fits the next


def folded(box: Box) -> tuple[str, str, bool]:
    return box.name, repr(box.data), box.inside is not None


@EXAMPLES
@given(diagrams())
def test_hypergraphs_and_back_are_exact(d: Diagram) -> None:
    assert from_discopy(to_hypergraph(d)) == d


@settings(max_examples=40)
@given(diagrams(5, plain=True))
def test_the_way_through_us_is_an_equality_in_discopy(d: Diagram) -> None:
    theirs = to_discopy(d)
    assert theirs.to_hypergraph() == to_hypergraph(d)
    assert to_discopy(from_discopy(theirs)).to_hypergraph() == theirs.to_hypergraph()


THEIRS = [
    dm.Id(),
    dm.Id(x @ y),
    df,
    dm.Swap(x, y),
    dm.Copy(x),
    dm.Copy(x, 3),
    dm.Discard(x),
    dm.Diagram.copy(x @ y),
    dm.Diagram.discard(x @ y),
    dm.Diagram.permutation([2, 0, 1], x @ y @ x),
    dm.Copy(x) >> df >> dm.Copy(y) >> dg @ dg,
    (df @ dg >> dg @ x).foliation(),
    dm.Box("data", x, y, data=(0.5, "a", None)) >> dg.dagger().dagger(),
    dg.dagger() @ dm.Box("s", dm.Ty(), dm.Ty()) @ dm.Box("state", dm.Ty(), x) @ dm.Box("effect", y, dm.Ty()),
    dm.Diagram.from_callable(x, y @ x)(lambda a: (df(a, a), a)),
]


@pytest.mark.parametrize("d", THEIRS, ids=str)
def test_from_discopy_and_back_is_an_equality_in_discopy(d: dm.Diagram) -> None:
    assert to_discopy(from_discopy(d)).to_hypergraph() == d.to_hypergraph()
    assert from_discopy(d.to_hypergraph()) == from_discopy(d)


def test_what_each_piece_becomes() -> None:
    assert from_discopy(dm.Swap(x, y)) == swap(X, Y)
    assert from_discopy(dm.Diagram.copy(x @ y)) == copy(X @ Y)
    assert from_discopy(dm.Diagram.discard(x @ y)) == discard(X @ Y)
    assert from_discopy(dm.Diagram.permutation([2, 0, 1], x @ y @ x)) == permutation(X @ Y @ X, [2, 0, 1])
    assert from_discopy(dm.Copy(x) >> df) == copy(X) >> f
    assert from_discopy(dm.Box("h", x, y, data=3)) == Box("h", X, Y, 3)
    assert from_discopy(dg.dagger()) == Box("g[::-1]", X, Y)
    assert to_discopy(Box("g[::-1]", X, Y)).inside[0].boxes == [dg.dagger()]
    assert flatten(from_discopy(df)).boxes[0] == f


@pytest.mark.parametrize("module", [dmonoidal, dsymmetric, dtraced, dfeedback, dfrobenius, drigid])
def test_boxes_of_other_categories_of_discopy(module: object) -> None:
    a, b = module.Ty("x"), module.Ty("y")
    one, two = module.Box("f", a @ a, b), module.Box("g", b, a)
    assert from_discopy(one @ two >> two @ a) == (f @ g) >> (g @ identity(X))


def test_spiders_that_copy_are_copies() -> None:
    a = dfrobenius.Ty("x")
    assert from_discopy(dfrobenius.Spider(1, 2, a)) == copy(X)
    assert from_discopy(dfrobenius.Spider(1, 0, a)) == discard(X)
    with pytest.raises(NotSupported, match="Spider"):
        from_discopy(dfrobenius.Spider(2, 2, a))
    with pytest.raises(NotSupported, match="Spider"):
        from_discopy(dfrobenius.Spider(1, 2, a, data=0.5))


def test_users_own_classes_of_boxes_are_boxes() -> None:
    class Gate(dm.Box):
        """A box with a name of its own."""

    assert from_discopy(Gate("f", x @ x, y)) == f
    assert as_diagram(Gate("f", x @ x, y)) == f


OBJECTS = [
    *(
        Real(),
        Real(10, 784),
        Real("n"),
        Bits(8),
        Bits("n"),
        Finite("no", "yes"),
        Finite('a "b"'),
        Ty("Real(3)"),
        Ty(""),
    ),
    *(Ty("Ob('a')"), Ty("a @ b"), Ty(Ob("Tree", (2, "d"))), Ty(Ob("Real", (-1,))), Ty("Real(-1)"), Ty("Bits()")),
    *(Ty("Finite"), Ty("Real(open('x'))"), Ty("Real((1)"), Ty("Real(\n3)"), Ty("é\n")),
]


@pytest.mark.parametrize("ty", OBJECTS, ids=repr)
def test_objects_go_by_names_that_bring_them_back(ty: Ty) -> None:
    assert from_discopy(to_discopy(identity(ty @ ty))) == identity(ty @ ty)
    assert len(to_discopy(identity(ty)).dom) == 1


def test_sized_objects_are_named_by_their_repr() -> None:
    assert to_discopy(identity(Real(10, 784) @ X)).dom == dm.Ty("Real(10, 784)", "x")
    assert from_discopy(dm.Id(dm.Ty("Real( 10 ,'n')"))).dom == Real(10, "n")
    with pytest.raises(NotSupported, match="has none"):
        to_discopy(identity(Ty(Ob("X", (len,)))))  # type: ignore[arg-type]


def test_data_and_folds_are_carried() -> None:
    @diagram
    def inner(v: X) -> X:
        return g(f(v, v))

    @diagram
    def outer(v: X) -> X:
        return inner(inner(v))

    scan = Box("scan", X, X, (inner, Box("b", X, X)))
    body = Box("body", X, X, Box("b", X, X))
    none = Box("none", X, X, None)
    d = outer >> scan >> body >> none >> Box("inner", X, X, (), inner)
    theirs = to_discopy(d)
    again = flatten(from_discopy(theirs)).boxes
    assert [box.name for box in again] == ["inner", "inner", "scan", "body", "none", "inner"]
    assert [(box.data, box.inside) for box in again] == [(box.data, box.inside) for box in flatten(d).boxes]
    turned = from_discopy(to_discopy(scan).inside[0].boxes[0].dagger())
    assert flatten(turned).boxes[0].name == "scan[::-1]"
    turned = from_discopy(to_discopy(none).inside[0].boxes[0].dagger())
    assert flatten(turned).boxes[0] == Box("none[::-1]", X, X)


def test_tables() -> None:
    d = dm.Copy(x) >> df >> dg
    assert from_discopy(d, {"f": f, "g": g}) == copy(X) >> f >> g
    assert from_discopy(d, {"f": f, "g": Box("k", Y, X)}) == copy(X) >> f >> Box("k", Y, X)
    assert from_discopy(d, {"f": df, "g": dg}) == copy(X) >> f >> g
    assert from_discopy(d, lambda box: box) == copy(X) >> f >> g
    with pytest.raises(UnknownBox, match="no image for g; add it"):
        from_discopy(d, {"f": f})
    with pytest.raises(TypeMismatch, match="^g: its image must be"):
        from_discopy(d, {"f": f, "g": f})
    with pytest.raises(TypeMismatch, match="expected a diagram"):
        from_discopy(d, {"f": f, "g": "g"})


def test_types_by_name() -> None:
    d = dm.Copy(x) >> df >> dg
    square = Box("square", Real(3) @ Bits(2) @ Real(3) @ Bits(2), Y)
    types = {"x": (Real(3), Bits(2))}
    image = from_discopy(d, {"f": square, "g": Box("g", Y, Real(3) @ Bits(2))}, types)
    assert image == copy(Real(3) @ Bits(2)) >> square >> Box("g", Y, Real(3) @ Bits(2))
    assert from_discopy(dg, types=types) == Box("g", Y, Real(3) @ Bits(2))
    fold = to_discopy(Box("h", X, X, 2, copy(X) >> f >> g))
    inner = flatten(from_discopy(fold, types={"x": Real(3)})).boxes[0]
    assert inner.inside == copy(Real(3)) >> Box("f", Real(3) @ Real(3), Y) >> Box("g", Y, Real(3))
    assert (inner.name, inner.data, inner.dom) == ("h", 2, Real(3))


def test_merge_is_read_only_as_what_the_caller_says() -> None:
    d = dm.Copy(x) >> dm.Merge(x)
    with pytest.raises(NotSupported, match=r"^Merge\(x\): in DisCoPy it undoes a copy.*give merge="):
        from_discopy(d)
    with pytest.raises(NotSupported, match="merge="):
        from_discopy(d, {"f": f})
    assert from_discopy(d, merge=add) == copy(X) >> add(X, 2)
    assert from_discopy(dm.Merge(x, 0), merge=add) == Box("add", Ty(), X)
    assert from_discopy(d >> dm.Copy(x) >> df, {"f": f}, merge=add) == copy(X) >> add(X, 2) >> copy(X) >> f
    real = from_discopy(d, types={"x": Real(3)}, merge=add)
    assert real == copy(Real(3)) >> add(Real(3), 2)
    assert from_discopy(dfrobenius.Spider(2, 1, dfrobenius.Ty("x")), merge=add) == add(X, 2)
    assert from_discopy(dm.Merge(x, 1)) == identity(X)


def add(ty: Ty, n: int) -> Box:
    return Box("add", ty**n, ty)


def test_discopy_takes_copy_then_merge_for_the_identity_and_we_do_not() -> None:
    """Spiders are special; addition is not: copying and then adding doubles."""
    theirs = dm.Copy(x) >> dm.Merge(x)
    assert theirs.to_hypergraph() == dm.Id(x).to_hypergraph()
    assert from_discopy(theirs, merge=add) != identity(X)


class Kind(dcat.Ob):
    """An object with more to it than a name."""


def traced() -> object:
    return dtraced.Box("f", dtraced.Ty("x", "x"), dtraced.Ty("x", "x")).trace()


REFUSED = {
    "Trace": traced(),
    "Sum": df + df,
    "Bubble": dmonoidal.Box("f", dmonoidal.Ty("x"), dmonoidal.Ty("x")).bubble(),
    "type x @ x.r: .* more than a name": drigid.Cup(drigid.Ty("x"), drigid.Ty("x").r),
    "type x.r: .* more than a name": drigid.Id(drigid.Ty("x").r),
    "type x.d: .* more than a name": dfeedback.Id(dfeedback.Ty("x").delay()),
    "type x: .* more than a name": dmonoidal.Id(dmonoidal.Ty(Kind("x"))),
    "f.*Box has no counterpart": drigid.Box("f", drigid.Ty(), drigid.Ty()).r,
    "PRO": dmonoidal.Id(dmonoidal.PRO(2)),
    "spider 0 of type x is given by 0 ports": dfrobenius.Hypergraph.spiders(0, 0, dfrobenius.Ty("x")),
    "spider 0 of type x is given by 2 ports": dm.Hypergraph.spiders(2, 1, x),
    "box 'k' reads what comes of its output": dm.Hypergraph(
        x, dm.Ty(), (dm.Box("k", x @ x, x),), ((0,), (((0, 1), (1,)),), ()), (x, x)
    ),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_has_no_counterpart_is_refused_in_one_line(words: str) -> None:
    with pytest.raises(NotSupported, match=words) as caught:
        from_discopy(REFUSED[words])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("thing", [3, None, "f", [f], x, dcat.Box("f", dcat.Ob("x"), dcat.Ob("y")), dm.Diagram, dm])
def test_what_is_no_diagram_is_refused(thing: object) -> None:
    for read in (as_diagram, from_discopy, to_discopy):
        with pytest.raises(TypeMismatch, match="expected a diagram") as caught:
            read(thing)
        assert "\n" not in str(caught.value)


def lying(layers: list[dm.Box], dom: dm.Ty, cod: dm.Ty) -> dm.Diagram:
    """A diagram that DisCoPy was told not to check."""
    inside = tuple(dm.Diagram.layer_factory(dm.Ty(), box, dm.Ty()) for box in layers)
    return dm.Diagram(inside, dom, cod, _scan=False)


def test_diagrams_that_contradict_themselves_are_refused() -> None:
    for d, words in (
        (lying([], x, y), "says that it gives"),
        (lying([dm.Swap(x, y)], x, y @ x), r"has 1 wires where Swap\(x, y\) reads 2"),
        (lying([dg], x, x), r"box 0 \(g\) reads"),
        (lying([df], x, y), r"has 1 wires where f reads 2"),
    ):
        with pytest.raises(TypeMismatch, match=words):
            from_discopy(d)


def test_tables_that_are_none() -> None:
    with pytest.raises(TypeMismatch, match="a table is a dictionary or a function"):
        from_discopy(dg, [g])
    with pytest.raises(TypeMismatch, match="types are a dictionary"):
        from_discopy(dg, types=[X])
    with pytest.raises(TypeMismatch, match="expected a type"):
        from_discopy(dg, types={"x": 3})


def test_spiders_in_hypergraphs_are_wires() -> None:
    h = (dm.Copy(x, 3) >> x @ df).to_hypergraph().make_bijective()
    assert from_discopy(h) == copy(X, 3) >> (identity(X) @ f)


def test_data_that_cannot_be_hashed_is_refused() -> None:
    with pytest.raises(CatlearnError, match="hashable"):
        from_discopy(dm.Box("f", x, y, data=[1]))


def test_as_diagram() -> None:
    assert as_diagram(f) is f
    assert as_diagram(df) == f
    assert as_diagram(df.to_hypergraph()) == f
    assert as_diagram(df, {"f": f}) == f


def test_as_diagram_does_not_import_discopy() -> None:
    code = (
        "import sys\n"
        "from catlearn.diagrams.bridges.discopy import as_diagram\n"
        "from catlearn.diagrams.diagram import Box\nfrom catlearn.diagrams.types import Ty\n"
        "as_diagram(Box('f', Ty('x'), Ty()))\n"
        "sys.exit('discopy' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_layers_are_few_and_long_diagrams_are_no_trouble() -> None:
    d = copy(X, 3) >> (identity(X) @ f) >> (identity(X) @ g) >> f
    assert str(to_discopy(d)) == "Copy(x, 3) >> x @ f >> x @ g >> f"
    chain = identity(Y)
    for _ in range(1_000):
        chain = chain >> g >> copy(X) >> f
    theirs = to_discopy(chain)
    assert len(theirs.inside) == 3_000
    assert from_discopy(theirs) == chain


@settings(max_examples=100)
@given(diagrams(6, plain=True), st.randoms(use_true_random=False))
def test_our_equality_agrees_with_discopys_on_what_is_nearly_the_same(d: Diagram, r: random.Random) -> None:
    other = shuffled(changed(d, r), r)
    assert (d == other) == (to_hypergraph(d) == to_hypergraph(other))
    same = shuffled(d, r)
    assert d == same
    assert hash(d) == hash(same)
    assert to_hypergraph(d) == to_hypergraph(same)


def shuffled(d: Diagram, r: random.Random) -> Graph:
    """The same boxes and wires, in another order in which they can run."""
    left = [(box, reads, list(out)) for box, reads, out in flatten(d).steps()]
    number = {i: i for i in range(len(d.dom))}
    steps = []
    while left:
        ready = [k for k, (_, reads, _) in enumerate(left) if all(wire in number for wire in reads)]
        box, reads, out = left.pop(r.choice(ready))
        steps.append((box, [number[wire] for wire in reads]))
        number |= {wire: len(number) + i for i, wire in enumerate(out)}
    return graph(d.dom, steps, [number[wire] for wire in flatten(d).outputs.tolist()])


def changed(d: Diagram, r: random.Random) -> Graph:
    """One port reads another wire of the same type, or one box has another name."""
    wiring = flatten(d)
    steps = [(box, list(reads), out.start) for box, reads, out in wiring.steps()]
    ports = [(k, i) for k, (_, reads, _) in enumerate(steps) for i in range(len(reads))]
    outputs = wiring.outputs.tolist()
    if ports and r.random() < 0.7:
        k, i = r.choice(ports)
        reads, start = steps[k][1:]
        reads[i] = r.choice([w for w in range(start) if wiring.obs[w] == wiring.obs[reads[i]]])
    elif outputs and r.random() < 0.5:
        i = r.randrange(len(outputs))
        outputs[i] = r.choice([w for w, ob in enumerate(wiring.obs) if ob == wiring.obs[outputs[i]]])
    elif steps:
        k = r.randrange(len(steps))
        box = steps[k][0]
        steps[k] = (Box(r.choice("fg"), box.dom, box.cod), *steps[k][1:])
    return graph(d.dom, [step[:2] for step in steps], outputs)


def test_tikz(tmp_path: Path) -> None:
    d = Box("w_1 & b", Real(3), X) >> copy(X) >> f
    text = to_tikz(d, tmp_path / "d.tikz")
    assert (tmp_path / "d.tikz").read_text() == text
    assert text.startswith(r"\begin{tikzpicture}")
    assert text.endswith("\\end{tikzpicture}\n")
    assert r"{w\_1 \& b}" in text
    assert "{Real(3)}" in text
    assert "{$x_1$}" in to_tikz(Box("$x_1$", X, X), label=str)
    assert r"{\$x\_1\$}" in to_tikz(Box("$x_1$", X, X))
    assert "{x}" not in to_tikz(identity(X), wire_labels=False)
    assert "tikzpicture" in to_tikz(df)
    assert [p.name for p in tmp_path.iterdir()] == ["d.tikz"]
    with pytest.raises(FileProblem, match="there is no folder"):
        to_tikz(d, tmp_path / "no" / "d.tikz")


@pytest.mark.parametrize("d", [identity(Ty()), identity(X), discard(X), Box("s", Ty(), Ty()), Wires(X, X @ X, (0, 0))])
def test_tikz_of_small_things(d: Diagram) -> None:
    assert to_tikz(d).count("tikzpicture") == 2


def test_escaped_names() -> None:
    assert escaped("a_b^c~\\{}#%&$") == r"a\_b\textasciicircum{}c\textasciitilde{}\textbackslash{}\{\}\#\%\&\$"
