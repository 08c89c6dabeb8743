"""BIF is read as it is meant, written so that it is read back, and what is wrong with a file is said with its line."""

from __future__ import annotations

import contextlib
import gzip
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Box, Finite, Ty, channel, effect, graph, state
from catlearn.diagrams.bridges.bif import dumps_bif, loads_bif, read_bif, write_bif
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.errors import CatlearnError, FileProblem, NotNormalized, NotSupported, TooLarge
from tests.networks import DISCRETE, network

GREENHOUSE = Path(__file__).parents[1] / "data" / "greenhouse.bif"
X = Finite("no", "yes")
RAIN, WET = state("rain", X, [0.8, 0.2]), channel("wet", X, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
MODEL = graph(Ty(), [(RAIN, []), (WET, [0])], [0, 1], "weather")
VARIABLES = """network weather {}
variable rain { type discrete [ 2 ] { no, yes }; }
variable wet { type discrete [ 2 ] { dry, wet }; }
"""
TABLES = """probability ( rain ) { table 0.8, 0.2; }
probability ( wet | rain ) { (no) 0.9, 0.1; (yes) 0.2, 0.8; }
"""


def tables(d) -> dict[str, np.ndarray]:
    return {box.name: box.data[0].values for box in d.wiring.boxes}


# Reading


def test_a_network_with_all_the_odd_spellings_is_read() -> None:
    d = read_bif(GREENHOUSE)
    assert (d.name, d.dom, d.names) == ("winter greenhouse", Ty(), ())
    assert variables(d) == ("night", "heater", "air temperature", "soil", "tomatoes", "alarm")
    assert [ob.sizes for ob in d.cod.obs] == [
        ("clear/frosty", "cloudy", "snow (wet)"),
        ("on", "off"),
        ("<5", "5-12", ">=12"),
        ("damp", "dry+cracked"),
        ("thrive", "sulk", "die"),
        ("yes", "no"),
    ]
    found = tables(d)
    np.testing.assert_array_equal(found["heater"], [[0.9, 0.1], [0.4, 0.6], [0.9, 0.1]])
    assert found["air temperature"].shape == (3, 2, 3)
    np.testing.assert_allclose(found["air temperature"][1], [[0.05, 0.35, 0.6], [0.3, 0.6, 0.1]])
    np.testing.assert_allclose(found["tomatoes"][2, 1], [1 / 3] * 3, rtol=1e-15)
    np.testing.assert_allclose(found["tomatoes"][2, 0], [0.9, 0.08, 0.02])


def by_lines(text: str) -> dict[str, tuple[list[str], dict[tuple[str, ...], list[float]]]]:
    """Another reader, for files of one row a line and no quotes, such as those of the collection."""
    found: dict[str, tuple[list[str], dict[tuple[str, ...], list[float]]]] = {}
    for line in map(str.strip, text.splitlines()):
        if line.startswith("probability"):
            head, _, rest = line[line.index("(") + 1 : line.rindex(")")].partition("|")
            found[head.strip()] = ([p.strip() for p in rest.split(",") if p.strip()], {})
        elif line.startswith(("(", "table")):
            label, _, numbers = line.rstrip(";").rpartition(")") if line[0] == "(" else ("(", "", line[5:-1])
            key = tuple(p.strip() for p in label[1:].split(",") if p.strip())
            found[list(found)[-1]][1][key] = [float(p) for p in numbers.split(",")]
    return found


@pytest.mark.parametrize("name", DISCRETE)
def test_the_collection_is_read_as_another_reader_reads_it(name: str) -> None:
    path = network(name)
    d = read_bif(path)
    assert d.name == name
    assert dict(zip(variables(d), d.wiring.boxes, strict=True)).keys() == {box.name for box in d.wiring.boxes}
    outcomes = {box.name: box.cod.obs[0].sizes for box in d.wiring.boxes}
    found, expected = tables(d), by_lines(gzip.decompress(path.read_bytes()).decode())
    reads = {box.name: [variables(d)[k] for k in wires] for box, wires, _ in d.wiring.steps()}
    assert found.keys() == expected.keys()
    for variable, (parents, rows) in expected.items():
        assert reads[variable] == parents
        combinations = list(product(*(outcomes[parent] for parent in parents)))
        wanted = np.array([rows[c] for c in combinations]).reshape(found[variable].shape)
        np.testing.assert_allclose(found[variable], wanted, rtol=1e-6, atol=0)
        np.testing.assert_allclose(found[variable].sum(-1), 1, rtol=1e-12)
    assert loads_bif(dumps_bif(d)) == d


@pytest.mark.parametrize(
    "tables",
    [
        TABLES,
        "probability ( wet | rain ) { default 0.9, 0.1; (yes) 0.2 0.8; } probability ( rain ) { table 0.8 0.2; }",
        "probability(rain){table 8e-1,.2;}probability(wet|rain){table .9,.2,.1,.8;}",
        'probability("rain") { (  ) 0.8 0.2; } probability("wet" "rain") { ("no") 0.9 0.1; ("yes") 0.2 0.8; }',
        "probability(rain){property a;table .8 .2;}/*}*/ // {\n probability(wet, rain) {default .9 .1; (yes) .2 .8;;}",
        "probability ( rain ) { table 0.8000001, 0.2000001; }" + TABLES.splitlines()[1],
    ],
)
def test_all_spellings_of_a_table_mean_the_same(tables: str) -> None:
    d = loads_bif(VARIABLES + tables)
    assert [box.name for box in d.wiring.boxes] == ["rain", "wet"]
    assert d == MODEL or "000001" in tables
    np.testing.assert_allclose(d.wiring.boxes[0].data[0].values, [0.8, 0.2], atol=1e-6)


@pytest.mark.parametrize(
    "states",
    ['"very low", low', "very low, low", '"very low" "low"', '{"very low" /* , */, low, }'[1:-1], '"very\\ low", low'],
)
def test_names_of_several_words(states: str) -> None:
    d = loads_bif(f"variable x {{ type discrete[2] {{ {states} }}; }} probability ( x ) {{ table 1 0; }}")
    assert [str(s).replace("\\", "") for s in d.cod.obs[0].sizes] == ["very low", "low"]


def test_variables_of_several_words_without_quotes() -> None:
    text = (VARIABLES + TABLES).replace("rain", "heavy rain")
    assert variables(loads_bif(text)) == ("heavy rain", "wet")


def test_the_order_of_the_file_is_that_of_the_outputs_and_parents_come_first() -> None:
    lines = VARIABLES.splitlines()
    d = loads_bif("\n".join((lines[2], lines[1], TABLES)))
    assert variables(d) == ("rain", "wet")
    assert d == graph(Ty(), [(RAIN, []), (WET, [0])], [1, 0])


def test_a_network_without_a_name_is_called_as_its_file(tmp_path: Path) -> None:
    for k, head in enumerate(("network unknown {}", "", "network {}")):
        path = tmp_path / f"w{k}.bif"
        path.write_text("\ufeff" + VARIABLES.replace("network weather {}", head) + TABLES, encoding="utf-8")
        assert read_bif(path).name == f"w{k}"
    assert loads_bif(VARIABLES + TABLES, "mine").name == "weather"


def test_windows_line_ends_and_a_compressed_file_make_no_difference(tmp_path: Path) -> None:
    (tmp_path / "a.bif").write_bytes(GREENHOUSE.read_bytes().replace(b"\n", b"\r\n"))
    (tmp_path / "a.bif.gz").write_bytes(gzip.compress(GREENHOUSE.read_bytes()))
    assert read_bif(tmp_path / "a.bif") == read_bif(tmp_path / "a.bif.gz") == read_bif(GREENHOUSE)


def test_a_thousand_variables_with_one_text_each_are_read() -> None:
    n = 1000
    text = "".join(f"variable v{k} {{ type discrete [ 2 ] {{ a, b }}; }}\n" for k in range(n))
    text += "probability ( v999 ) { table 0.5, 0.5; }\n"
    text += "".join(f"probability ( v{k} | v{k + 1} ) {{ default 0.25, 0.75; }}\n" for k in range(n - 1))
    d = loads_bif(text)
    assert variables(d)[0] == "v999"
    assert d.wiring.outputs.tolist() == list(range(n))[::-1]


# What is wrong


def wrong(old: str, new: str) -> str:
    assert old in VARIABLES + TABLES
    return (VARIABLES + TABLES).replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (wrong("{ no, yes }", "{ no, yes, maybe }"), 2, "variable rain says [ 2 ] but lists 3 states"),
        (wrong("{ no, yes }", "{ no, no }"), 2, "variable rain has the state 'no' twice"),
        (wrong("type discrete [ 2 ] { no, yes };", ""), 2, "variable rain has no states; write type discrete"),
        (wrong("discrete [ 2 ] { no", "continuous [ 2 ] { no"), 2, "only discrete variables can be read"),
        (wrong("variable wet", "variable rain"), 3, "variable rain is defined twice"),
        (wrong("variable wet", "variabel wet"), 3, "expected network, variable or probability, not 'variabel'"),
        (wrong("( rain )", "( rian )"), 4, "there is no variable 'rian'; did you mean 'rain'?"),
        (wrong("| rain", "| rian"), 5, "there is no variable 'rian'; did you mean 'rain'?"),
        (wrong("| rain", "| rain, rain"), 5, "wet has the parent rain twice"),
        (wrong("| rain", "| wet"), 5, "wet -> wet is a cycle"),
        (wrong("(yes)", "(yse)"), 5, "probability ( wet ): there is no state 'yse'; did you mean 'yes'?"),
        (wrong("(yes)", "(yes, no)"), 5, "a row names 2 states for 1 parents: (yes, no)"),
        (wrong("(yes)", "(no)"), 5, "the row (no) is given twice"),
        (wrong("(yes) 0.2, 0.8;", ""), 5, "1 of 2 rows are missing, such as (yes); give them, or a default row"),
        (wrong("(yes) 0.2, 0.8;", "(yes) 0.2, 0.8, 0.1;"), 5, "3 numbers where 2 are needed"),
        (wrong("0.8, 0.2;", "0.8;"), 4, "probability ( rain ): 1 numbers where 2 are needed"),
        (wrong("table 0.8, 0.2;", ""), 4, "1 of 1 rows are missing; give"),
        (wrong("0.8, 0.2;", "0.8, O.2;"), 4, "'O.2' is not a number"),
        (wrong("0.8, 0.2;", "0_8, 0.2;"), 4, "'0_8' is not a number"),
        (wrong("0.1; (yes)", "0.1\n (yes)"), 6, "'(' is not a number; is a ; missing before it?"),
        (wrong("table 0.8", "tabel 0.8"), 4, "expected (states), table, default or property, not 'tabel'"),
        (wrong("0.2; }", "0.2; \n"), 6, "expected (states), table, default or property, not 'probability'"),
        (wrong("probability ( rain )", "probability ( )"), 4, "names no variable"),
        (wrong("variable rain", "variable "), 2, "a variable has no name"),
        (wrong("[ 2 ] { no", "[ 2 { no"), 2, "expected ] in variable rain, not '{'"),
        (wrong("type discrete", "sort discrete"), 2, "expected type or property, not 'sort'"),
        (VARIABLES + TABLES + TABLES.splitlines()[0], 6, "variable rain has two probability blocks"),
        (VARIABLES + TABLES.splitlines()[0], 3, "variable wet has no probability block; the file may be cut short"),
        (VARIABLES + 'variable "x', 4, "a quote is opened here and not closed"),
        (VARIABLES + TABLES + "/* to be", 6, "the file ends inside a comment"),
        (VARIABLES + "probability ( rain ) {\n table 0.8,\n 0.2", 6, "it was cut short, get it again"),
        (
            VARIABLES.replace("variable wet", 'variable "wet\nor" x', 1) + TABLES.splitlines()[0],
            3,
            "variable wet or x has no probability block",
        ),
        ("", 1, "there are no variables; is this a BIF file?"),
        ("<?xml version='1.0'?>\n<BIF/>", 1, "is this a BIF file?"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(FileProblem) as caught:
        loads_bif(text)
    message = str(caught.value)
    assert message.startswith(f"BIF text, line {line}: ")
    assert said in message
    assert "\n" not in message


def test_a_row_that_is_no_distribution_is_refused_with_its_line() -> None:
    with pytest.raises(NotNormalized, match=r"line 5: wet: the row of \(yes\) sums to 1.01, not to 1"):
        loads_bif(wrong("0.2, 0.8;", "0.2, 0.81;"))
    for number in ("-0.8", "nan", "inf"):
        with pytest.raises(NotNormalized, match=r"line 4: rain: .* is no probability"):
            loads_bif(wrong("0.8, 0.2", f"{number}, 0.2"))


def test_a_cycle_is_named() -> None:
    names = ("a", "b", "c", "d")
    text = "".join(f"variable {name} {{ type discrete [ 1 ] {{ x }}; }}\n" for name in names)
    text += "probability ( a | c ) { (x) 1; } probability ( b | a ) { (x) 1; } probability ( c | b ) { (x) 1; }"
    text += "probability ( d ) { table 1; }"
    with pytest.raises(FileProblem, match=r"BIF text: (a -> b -> c -> a|b -> c -> a -> b|c -> a -> b -> c) is a cycle"):
        loads_bif(text)


def test_a_default_row_for_more_rows_than_there_is_memory_is_refused() -> None:
    names = [f"v{k}" for k in range(40)]
    text = "".join(f"variable {name} {{ type discrete [ 2 ] {{ x, y }}; }}\n" for name in names)
    text += f"probability ( v0 | {', '.join(names[1:])} ) {{ default 0.5, 0.5; }}"
    with pytest.raises(TooLarge, match=r"line 41: .* 39 parents make 549,755,813,888 rows"):
        loads_bif(text)


def test_a_file_that_is_cut_short_anywhere_is_refused() -> None:
    text = GREENHOUSE.read_text()
    for end in range(0, len(text.rstrip()), 7):
        with pytest.raises(CatlearnError) as caught:
            loads_bif(text[:end])
        assert "\n" not in str(caught.value)


@given(st.integers(0, 10_000), st.sampled_from(['"', "{", "}", ";", ",", "|", "(", ")", "/*", "//", "x", "", " 0.1 "]))
def test_a_file_with_a_slip_is_read_or_refused_and_nothing_else(at: int, slip: str) -> None:
    text = GREENHOUSE.read_text()
    at %= len(text)
    with contextlib.suppress(CatlearnError):
        loads_bif(text[:at] + slip + text[at + 1 :])


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    whole = gzip.compress(GREENHOUSE.read_bytes())
    bad = {"cut.bif.gz": whole[:-40], "broken.bif.gz": whole[:50] + b"\0\0\0\0" + whole[54:], "latin.bif": b"\xe9t\xe9"}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    for name, said in (
        ("cut.bif.gz", "no whole gzip file"),
        ("broken.bif.gz", "no whole gzip file"),
        ("latin.bif", "not text in UTF-8 (byte 0)"),
        ("absent.bif", "No such file"),
        (".", "Is a directory"),
        ("a\0b", "not the name of a file"),
    ):
        with pytest.raises(FileProblem) as caught:
            read_bif(str(tmp_path / name) if name != "a\0b" else name)
        assert said in str(caught.value)
    with pytest.raises(FileProblem, match="not the name of a file"):
        read_bif(3)


def test_an_error_in_a_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.bif").write_text(wrong("| rain", "| rian"))
    with pytest.raises(FileProblem, match=r"x\.bif, line 5: there is no variable"):
        read_bif(tmp_path / "x.bif")


# Writing

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
ODD = st.sampled_from(['say "x"', "a\\", "//", "/*", "{", "a, b", " ", "\n", "table", "Asy/Patch", "<5", "|", "'", "é"])


@st.composite
def networks(draw):
    """A network of single-output tables, with names of any signs, its wires leaving in any order."""
    count = draw(st.integers(1, 5))
    names = draw(st.lists(NAMES | ODD, min_size=count, max_size=count, unique=True))
    types, steps = [], []
    for k, name in enumerate(names):
        types.append(Finite(*draw(st.lists(st.text(max_size=3) | ODD, min_size=1, max_size=3, unique=True))))
        reads = draw(st.lists(st.integers(0, k - 1), max_size=3, unique=True)) if k else []
        dom = Ty.of(ob for i in reads for ob in types[i].obs)
        shape = [len(ob.sizes) for ob in (*dom.obs, *types[k].obs)]
        weights = np.random.default_rng(draw(st.integers(0, 99))).dirichlet(np.ones(shape[-1]), shape[:-1])
        steps.append((channel(name, dom, types[k], weights), reads))
    return graph(Ty(), steps, draw(st.permutations(range(count))), draw(NAMES))


@st.composite
def encodable(draw):
    d = draw(networks())
    try:
        dumps_bif(d).encode()
    except UnicodeEncodeError:
        return MODEL
    return d


@given(encodable())
def test_what_is_written_is_read_back(d) -> None:
    text = dumps_bif(d)
    back = loads_bif(text)
    assert back == d
    assert back.name == (d.name if d.name != "unknown" else "")
    assert tables(back).keys() == tables(d).keys()
    assert dumps_bif(back) == dumps_bif(loads_bif(dumps_bif(back)))


def test_numbers_are_written_to_the_last_bit() -> None:
    p = 0.1 + 1e-17 + 2**-56
    d = state("x", X, [p, 1 - p])
    assert loads_bif(dumps_bif(d)).wiring.boxes[0].data[0].values.tolist() == d.data[0].values.tolist()


def test_files_are_written_whole_plain_and_compressed(tmp_path: Path) -> None:
    for name in ("w.bif", "w.bif.gz"):
        write_bif(MODEL, tmp_path / name)
        assert read_bif(tmp_path / name) == MODEL
    assert (tmp_path / "w.bif.gz").read_bytes()[:2] == b"\x1f\x8b"
    before = (tmp_path / "w.bif").read_bytes()
    with pytest.raises(NotSupported):
        write_bif(effect("e", X, [1, 0]), tmp_path / "w.bif")
    assert (tmp_path / "w.bif").read_bytes() == before
    with pytest.raises(FileProblem):
        write_bif(MODEL, tmp_path / "none" / "w.bif")
    for name in ("s.bif", "s.bif.gz"):
        with pytest.raises(FileProblem, match="cannot write"):
            write_bif(state("\ud800", X, [1, 0]), tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.bif", "w.bif.gz"]


def test_variables_that_do_not_leave_are_written_after_those_that_do() -> None:
    assert loads_bif(dumps_bif(RAIN >> WET)) == graph(Ty(), [(RAIN, []), (WET, [0])], [1, 0])
    folded = Box("both", Ty(), MODEL.cod, (), MODEL)
    assert loads_bif(dumps_bif(folded)) == MODEL


def test_boxes_of_one_name_are_written_as_their_variables_are_called() -> None:
    drift = channel("drift", X, X, [[0.9, 0.1], [0.2, 0.8]])
    assert variables(loads_bif(dumps_bif(RAIN >> drift >> drift))) == ("rain", "drift", "drift#2")


@pytest.mark.parametrize(
    ("d", "said"),
    [
        (WET, "BIF holds no inputs, and there is 'x0'"),
        (RAIN >> effect("seen", X, [0, 1]), "box 'seen' is an effect"),
        (state("pair", X @ X, np.full((2, 2), 0.25)), "box 'pair' is a table with 2 outputs"),
        (Box("f", Ty(), X), "box 'f' is no table"),
        (state("x", X, [Fraction(1, 3), Fraction(2, 3)]), "box 'x' has fractions"),
        (RAIN >> cl.copy() >> channel("both", X @ X, X, np.full((2, 2, 2), 0.5)), "box 'both' reads a variable twice"),
    ],
)
def test_what_bif_cannot_hold_is_refused_by_the_name_of_the_box(d, said: str) -> None:
    with pytest.raises(NotSupported, match=said):
        dumps_bif(d)


def test_a_table_that_is_no_distribution_is_not_written() -> None:
    with pytest.raises(NotNormalized, match="x: its numbers sum to 0.5"):
        dumps_bif(Box("x", Ty(), X, (cl.Table([0.25, 0.25]),)))
