"""Trees in Newick against dendropy and cogent3, and texts that are no trees."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn import Finite, Real, channel, gaussian, state, variables
from catlearn.diagrams.bridges.newick import read_newick
from catlearn.errors import FileProblem, InputMismatch, TypeMismatch
from catlearn.interpreters.bffg.sites.tree import read_tree

X = Real()
Y = Finite("no", "yes")


def drift(length):
    return gaussian("drift", X, X, 1.0, 0.0, length)


@st.composite
def texts(draw):
    """A random tree with labels that need quotes, comments, blanks and any number of children."""
    names = iter(draw(st.permutations([f"t{k}" for k in range(40)])))
    blank = st.sampled_from(["", " ", "\n"])

    def length():
        return draw(st.sampled_from([":0.5", ":1e-3", ": 2", ":.25E+1", ":0"]))

    def node(depth):
        width = draw(st.integers(1, 3)) if depth else 0
        if not width:
            name = next(names)
            return (f"'{name}''s own (x)'" if draw(st.booleans()) else name) + length()
        inside = ("," + draw(blank)).join(
            node(depth - draw(st.integers(1, 2)) if depth > 1 else 0) for _ in range(width)
        )
        label = draw(st.sampled_from(["", "95", "[a [nested] note]", "inner_" + next(names)]))
        return f"({inside}){label}{draw(blank)}{length()}"

    return f"({node(2)},{node(3)});"


@given(texts())
def test_trees_are_those_of_dendropy(text):
    dendropy = pytest.importorskip("dendropy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = dendropy.Tree.get(data=text, schema="newick", preserve_underscores=True, rooting="force-rooted")
    tree = read_newick(text, drift)
    found = read_tree_of_numbers(tree)
    leaves = [leaf.taxon.label for leaf in peer.leaf_node_iter()]
    names = variables(tree)
    assert [names[wire] for wire in tree.wiring.outputs.tolist()] == leaves
    for leaf in peer.leaf_node_iter():
        lengths, at = [], leaf
        while at.parent_node is not None:
            lengths.append(at.edge_length)
            at = at.parent_node
        assert found[leaf.taxon.label] == pytest.approx(lengths)


def read_tree_of_numbers(tree):
    """For each wire by name, the lengths of the edges from it to the root."""
    names, lengths = variables(tree), {0: []}
    for box, reads, made in tree.wiring.steps():
        lengths[made[0]] = [box.data[0].S.item(), *lengths[reads[0]]]
    return {names[wire]: each for wire, each in lengths.items()}


def test_a_tree_of_cogent3():
    cogent3 = pytest.importorskip("cogent3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = cogent3.get_dataset("murphy-tree")
        text, tips = peer.get_newick(), peer.get_tip_names()
    tree = read_newick(text, drift, default_length=1.0)
    names = variables(tree)
    assert {names[wire] for wire in tree.wiring.outputs.tolist()} == set(tips)


def test_wires_bear_the_names_of_nodes():
    tree = read_newick("((a:1,b:2)95:1,('c d':1,e_f:0)mid:3,n1:4)top:7;", drift)
    assert tree.names == ("top",)
    assert variables(tree) == ("top", "n2", "a", "b", "mid", "c d", "e_f", "n1")


def test_leaves_are_seen_by_their_names():
    seen = channel("seen", Y, Y, [[0.9, 0.1], [0.2, 0.8]])
    edge = channel("edge", Y, Y, [[0.9, 0.1], [0.2, 0.8]])
    root = state("start", Y, [0.5, 0.5])
    tree = read_newick("(a:1,b:2);", lambda _: edge, leaf=lambda name: seen, root=root)
    assert variables(tree) == ("start", "a.state", "a", "b.state", "b")
    assert read_tree(tree).parents == (-1, 0, 1, 0, 3)
    assert variables(read_newick("(a:1,b:2)top;", lambda _: edge, root=root))[0] == "top"


def test_a_tree_may_be_as_deep_as_it_likes():
    depth = 50_000
    text = "(" * depth + "t0:1" + "".join(f",t{k}:1):1" for k in range(1, depth + 1)) + ";"
    box = drift(1.0)
    tree = read_newick(text, lambda _: box)
    assert len(tree.cod) == depth + 1


def test_files(tmp_path):
    path = tmp_path / "tree.nwk"
    path.write_text("(a:1,b:2);")
    assert variables(read_newick(path, drift)) == ("root", "a", "b")
    with pytest.raises(FileProblem, match="cannot be read"):
        read_newick(tmp_path / "none.nwk", drift)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("tree.nwk", "is no tree in Newick; give the text, or pathlib.Path"),
        ("(a:1,b:1", "column 1: a bracket is opened here and not closed"),
        ("(a:1,b:1));", "column 10: '\\)' closes more brackets than were opened"),
        ("(a:1,b:1),c:1;", "is outside of all brackets"),
        ("(a:1,a:1);", "column 2: 2 leaves are called 'a'"),
        ("((a:1,b:1)x:1,(c:1,d:1)x:1);", "2 nodes are called 'x'"),
        ("(a:-1,b:1);", "column 4: '-1' is no length"),
        ("(a:nan,b:1);", "'nan' is no length"),
        ("(a:1e999,b:1);", "'1e999' is no length"),
        ("(a:1_0,b:1);", "'1_0' is no length"),
        ("(a:1,b:1);(c:1,d:1);", "the tree has ended but"),
        ("(a,b:1);", "column 2: the edge to 'a' has no length; write one after a colon, or give default_length="),
        ("(a:,b:1);", "no length follows this colon"),
        ("(a:1,:1);", "a leaf has no name"),
        ("();", "a leaf has no name"),
        ("(a b:1,c:1);", "put a name with blanks in quotes"),
        ("(a:1)(b:1);", "a bracket opens after a name"),
        ("(a:1,\n('b:1,c:1));", "line 2, column 2: a quote is opened"),
        ("(a:1,b:1)[x;", "a comment is opened here"),
        ("(a:1,b:1)];", "a comment is closed here"),
        ("a:1;", "there is no tree with an edge"),
    ],
)
def test_texts_that_are_no_trees(text, said):
    with pytest.raises(FileProblem, match=said) as caught:
        read_newick(text, drift)
    assert "\n" not in str(caught.value)


def test_boxes_that_do_not_fit():
    wide = gaussian("wide", X, Real(2), [[1.0], [1.0]], 0.0, [[1.0, 0.0], [0.0, 1.0]])
    text = "(a:1,b:2);"
    with pytest.raises(TypeMismatch, match="keeps the type"):
        read_newick(text, lambda _: wide)
    with pytest.raises(TypeMismatch, match="edge is a function"):
        read_newick(text, "drift")
    with pytest.raises(TypeMismatch, match="give a box"):
        read_newick(text, lambda length: length)
    with pytest.raises(TypeMismatch, match="root is a box without inputs"):
        read_newick(text, drift, root=drift(1.0))
    with pytest.raises(TypeMismatch, match="leaf, at 'a'"):
        read_newick(text, drift, leaf=channel("seen", Y, Y, [[0.9, 0.1], [0.2, 0.8]]))
    with pytest.raises(InputMismatch, match="default_length"):
        read_newick(text, drift, default_length=-1.0)
    with pytest.raises(FileProblem, match="a.state"):
        read_newick("(a:1,'a.state':1);", drift, leaf=drift(1.0))
