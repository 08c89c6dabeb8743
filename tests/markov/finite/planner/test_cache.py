from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.interpreters.markov.finite.planner import cache
from catlearn.interpreters.markov.finite.planner.hypergraph import hypergraph
from tests.markov.finite.hypergraphs import factors

GRAPH = hypergraph([(0, 1), (1, 2), (2, 0)], (2, 3, 5))
FOUND = cache.Found([(0, 1), (2, 3)], 15.0)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CATLEARN_CACHE", str(tmp_path))
    return tmp_path / "catlearn" / "plans" / f"{cache.key(GRAPH)}.json"


def test_what_is_stored_is_found(place):
    assert cache.load(GRAPH) is None
    cache.store(GRAPH, FOUND)
    assert place.is_file()
    assert cache.load(GRAPH) == FOUND


@given(factors(), st.permutations(range(6)))
def test_the_numbers_of_variables_do_not_matter(given, renamed):
    scopes = [tuple(renamed[v] for v in scope) for scope in given.scopes]
    sizes = [n for _, n in sorted(zip(renamed, given.sizes, strict=True))]
    other = hypergraph(scopes, sizes, tuple(renamed[v] for v in given.keep))
    assert cache.key(hypergraph(*given)) == cache.key(other)


def test_another_structure_has_another_key():
    scopes, sizes = [(0, 1), (1, 2), (2, 0)], (2, 3, 5)
    others = [
        hypergraph(scopes, (2, 3, 4)),
        hypergraph(scopes, sizes, (0,)),
        hypergraph(scopes, sizes, (1,)),
        hypergraph([*scopes, ()], sizes),
        hypergraph([(0, 1), (1, 2), (2,)], sizes),
    ]
    assert len({cache.key(graph) for graph in [GRAPH, *others]}) == 6


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b"null",
        b"{}",
        b'{"pairs": [[0, 1], [2, 3]]}',
        b'{"pairs": [[0, 1], [0, 3]], "seconds": 15.0}',
        b'{"pairs": [[0, 1]], "seconds": 15.0}',
        b'{"pairs": [[0, 1], [2, 3], [4, 4]], "seconds": 15.0}',
        b'{"pairs": [[0, 1.0], [2, 3]], "seconds": 15.0}',
        b'{"pairs": [[0, 1], [2, "3"]], "seconds": 15.0}',
        b'{"pairs": [[0, 1], [2, true]], "seconds": 15.0}',
        b'{"pairs": [[0, 1, 2], [2, 3]], "seconds": 15.0}',
        b'{"pairs": [[-1, 1], [2, 3]], "seconds": 15.0}',
        b'{"pairs": "no", "seconds": 15.0}',
        b'{"pairs": [[0, 1], [2, 3]], "seconds": NaN}',
        b'{"pairs": [[0, 1], [2, 3]], "seconds": "15"}',
        b'{"pairs": [[0, 1], [2, 3]], "seconds": -1}',
    ],
)
def test_a_broken_or_foreign_file_is_ignored_and_written_over(place, content):
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    assert cache.load(GRAPH) is None
    cache.store(GRAPH, FOUND)
    assert cache.load(GRAPH) == FOUND


def test_a_file_that_is_far_too_large_is_not_read(place, monkeypatch):
    cache.store(GRAPH, FOUND)
    monkeypatch.setattr(cache, "LARGEST", 10)
    assert cache.load(GRAPH) is None


def test_a_folder_in_the_place_of_the_file_is_no_error(place):
    place.mkdir(parents=True)
    cache.store(GRAPH, FOUND)
    assert cache.load(GRAPH) is None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CATLEARN_CACHE", str(tmp_path / "file"))
    cache.store(GRAPH, FOUND)
    assert cache.load(GRAPH) is None
    monkeypatch.setenv("CATLEARN_CACHE", "/proc/nowhere")
    cache.store(GRAPH, FOUND)
    assert cache.load(GRAPH) is None


def test_where_plans_are_kept(monkeypatch, tmp_path):
    assert cache.folder() == tmp_path / "catlearn" / "plans"
    monkeypatch.setenv("CATLEARN_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "catlearn" / "plans"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache.folder() == tmp_path / ".cache" / "catlearn" / "plans"


def test_without_a_home_there_is_no_cache(monkeypatch):
    def homeless():
        raise RuntimeError("no home")

    monkeypatch.setenv("CATLEARN_CACHE", "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert cache.folder() is None
    cache.store(GRAPH, FOUND)
    assert cache.load(GRAPH) is None


def test_a_file_holds_pairs_and_seconds_only(place):
    cache.store(GRAPH, FOUND)
    assert json.loads(place.read_text()) == {"pairs": [[0, 1], [2, 3]], "seconds": 15.0}
