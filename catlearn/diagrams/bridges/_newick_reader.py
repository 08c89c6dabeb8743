"""From a Newick text to the nodes of its tree; `catlearn.diagrams.bridges.newick` says what they mean."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from catlearn.errors import FileProblem, short

__all__ = ["Node", "parse"]

_WORD = re.compile(r"""\s++|'(?:[^']|'')*+'|"(?:[^"]|"")*+"|[(),:;\[]|[^\s(),:;\[\]'"]++|.""", re.DOTALL)
_BRACKET = re.compile(r"[\[\]]")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_LENGTH = re.compile(_NUMBER)
# Programs write how well a branch is supported where a name would be, as in 95, 0.99 and 88.3/97.
_SUPPORT = re.compile(rf"{_NUMBER}(?:/{_NUMBER})*")
_SIGNS = frozenset("(),:;")

Word = tuple[str, int]


@dataclass(slots=True)
class Node:
    """A node while it is read: its parent's number, where it begins in the text, its name and the edge above it."""

    parent: int
    at: int
    name: str = ""
    length: float = math.nan
    inner: bool = False
    named: bool = False
    words: list[Word] = field(default_factory=list)


def parse(text: str, where: str, default_length: float | None) -> list[Node]:
    """The nodes of a tree, each after its parent, names made up where there are none. Raises `FileProblem`."""
    return _Reader(text, where).tree(default_length)


class _Reader:
    """A text, and where it came from for errors."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, where

    def fault(self, at: int, message: str) -> FileProblem:
        """The error that something is wrong at a place of the text."""
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        return FileProblem(f"{self.where}, line {line}, column {column}: {message}")

    def words(self) -> Iterator[Word]:
        """The words with their places, without blanks and comments."""
        at = 0
        while at < len(self.text):
            found = _WORD.match(self.text, at)
            word = found.group() if found else self.text[at]
            if word == "[":
                at = self._after_comment(at)
                continue
            if word in ("'", '"'):
                raise self.fault(at, "a quote is opened here and not closed; close it")
            if word == "]":
                raise self.fault(at, "a comment is closed here that was not opened; write [ before it")
            if not word.isspace():
                yield word, at
            at += len(word)

    def _after_comment(self, start: int) -> int:
        depth = 0
        for sign in _BRACKET.finditer(self.text, start):
            depth += 1 if sign.group() == "[" else -1
            if depth == 0:
                return sign.end()
        raise self.fault(start, "a comment is opened here and not closed; write ] after it")

    def tree(self, default_length: float | None) -> list[Node]:
        nodes = self._shape()
        for node in nodes:
            self._read_words(node)
        self._name(nodes)
        for node in nodes[1:]:
            if math.isnan(node.length) and default_length is None:
                said = "has no length; write one after a colon, or give default_length="
                raise self.fault(node.at, f"the edge to {node.name!r} {said}")
            node.length = node.length if default_length is None or not math.isnan(node.length) else default_length
        return nodes

    def _shape(self) -> list[Node]:
        """Nodes by brackets and commas; the words that belong to each are kept for later."""
        nodes = [Node(-1, 0)]
        at, closed, ended = 0, False, False
        for word, place in self.words():
            if ended:
                raise self.fault(place, f"the tree has ended but {short(word)} follows; give one tree at a time")
            if word == "(":
                if closed or nodes[at].words:
                    raise self.fault(place, "a bracket opens after a name; write a comma before it")
                nodes[at].inner, nodes[at].at = True, place
                nodes.append(Node(at, place + 1))
                at = len(nodes) - 1
            elif word in (",", ")"):
                at, closed = nodes[at].parent, word == ")"
                if at < 0:
                    said = "closes more brackets than were opened" if closed else "is outside of all brackets"
                    raise self.fault(place, f"{short(word)} {said}; check the brackets")
                if not closed:
                    nodes.append(Node(at, place + 1))
                    at = len(nodes) - 1
            elif word == ";":
                ended = True
            else:
                nodes[at].words.append((word, place))
        return self._finished(nodes, at)

    def _finished(self, nodes: list[Node], at: int) -> list[Node]:
        """The nodes, when the text ends at the root. Raises `FileProblem`."""
        if at:
            raise self.fault(
                nodes[nodes[at].parent].at, "a bracket is opened here and not closed; is the text cut short?"
            )
        if len(nodes) == 1:
            raise self.fault(0, "there is no tree with an edge; write one such as (human:0.1,mouse:0.3);")
        return nodes

    def _read_words(self, node: Node) -> None:
        """The name and the length that stand after a node's bracket, or in place of one."""
        words = node.words
        if words and words[0][0] != ":":
            word, node.at = words.pop(0)
            quoted = word[0] in "'\""
            node.name = word[1:-1].replace(word[0] * 2, word[0]) if quoted else word
            if node.inner and not quoted and _SUPPORT.fullmatch(word):
                node.name = ""
            node.named = bool(node.name)
        if words and words[0][0] == ":":
            colon = words.pop(0)[1]
            if not words:
                raise self.fault(colon, "no length follows this colon; write a number")
            node.length = self._length(*words.pop(0))
        if words:
            said = "write a comma before it, or put a name with blanks in quotes"
            raise self.fault(words[0][1], f"{short(words[0][0])} stands where a comma or a bracket is expected; {said}")
        if not node.inner and not node.name:
            raise self.fault(node.at, "a leaf has no name; give it one")

    def _length(self, word: str, at: int) -> float:
        length = float(word) if _LENGTH.fullmatch(word) else math.nan
        if not 0 <= length < math.inf:
            raise self.fault(at, f"{short(word)} is no length of an edge; lengths are finite numbers from 0 up")
        return length

    def _name(self, nodes: list[Node]) -> None:
        """Names for the nodes without one; an error where two are called the same."""
        times = Counter(node.name for node in nodes if node.name)
        for node in nodes:
            if times[node.name] > 1 and node.name:
                kind = "nodes" if any(n.inner for n in nodes if n.name == node.name) else "leaves"
                raise self.fault(
                    node.at, f"{times[node.name]} {kind} are called {short(node.name)}; rename all but one"
                )
        count = 0
        for node in nodes:
            while not node.name:
                count += node.parent >= 0
                name = f"n{count}" if node.parent >= 0 else "root"
                if name not in times:
                    node.name = name
                elif node.parent < 0:
                    node.name = _fresh(name, times)


def _fresh(name: str, taken: Counter[str]) -> str:
    while name in taken:
        name += "_"
    return name
