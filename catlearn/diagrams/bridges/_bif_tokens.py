"""The words of a BIF text, and on which line each of them stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Never

from catlearn.errors import FileProblem, short

__all__ = ["SIGNS", "Words", "flat", "grouped", "names", "plain", "quoted"]

SIGNS = frozenset("{}()[]|,;")
"""What stands for itself; it also ends a word, so that a name with one of these in it is quoted."""

# No part can match in two ways, and what has matched is never tried again (`++`): the time is that of one pass.
_NAME = r"""(?:[^\s{}()\[\]|,;"/]++|/(?![/*]))++"""
_QUOTED = r'''"(?:[^"\\]++|\\[\s\S])*+"'''
_WORD = re.compile(rf"//[^\n]*+|/\*(?:[\s\S]*?\*/|[\s\S]*+)|{_QUOTED}|[{{}}()\[\]|,;]|{_NAME}|\S")
_PLAIN = re.compile(r"""(?:[^\s{}()\[\]|,;"/\\']++|/(?![/*]))++""")


class Words:
    """The words of a text, comments left out, and how far one has read."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where, self.at = text, where, 0
        self.words: list[str] = _WORD.findall(text)
        if "//" in text or "/*" in text:
            self._leave_comments_out()
        if '"' in text and '"' in self.words:
            raise self.fault(self.words.index('"'), "a quote is opened here and not closed; close it")

    def _leave_comments_out(self) -> None:
        last = self.words[-1]
        self.words = [word for word in self.words if not _is_comment(word)]
        if last.startswith("/*") and not last.endswith("*/", 2):
            self.cut_short("a comment")

    def line(self, at: int) -> int:
        """The line of a word; only errors ask, so it is found by reading the text again."""
        places = (m.start() for m in _WORD.finditer(self.text) if not _is_comment(m.group()))
        start = next((place for k, place in enumerate(places) if k == at), len(self.text.rstrip()))
        return self.text.count("\n", 0, start) + 1

    def fault(self, at: int, message: str) -> FileProblem:
        """The error that something is wrong at a word."""
        # A name may hold half the file, where a quote is missing.
        said = " ".join(message.split())
        return FileProblem(f"{self.where}, line {self.line(at)}: {said if len(said) <= 400 else f'{said[:396]} ...'}")

    def cut_short(self, what: str) -> Never:
        """Refuse a text that ends too early."""
        raise self.fault(len(self.words), f"the file ends inside {what}; it was cut short, get it again")

    def next(self, what: str) -> str:
        """The next word, which is read."""
        if self.at >= len(self.words):
            self.cut_short(what)
        self.at += 1
        return self.words[self.at - 1]

    def expect(self, sign: str, what: str) -> None:
        """Read one word, which must be this."""
        if (found := self.next(what)) != sign:
            raise self.fault(self.at - 1, f"expected {sign} in {what}, not {short(found)}")

    def until(self, sign: str, what: str) -> list[str]:
        """The words before the next such sign; all are read, and the sign too."""
        try:
            end = self.words.index(sign, self.at)
        except ValueError:
            self.cut_short(what)
        start, self.at = self.at, end + 1
        return self.words[start:end]

    def statements(self, what: str) -> Iterator[int]:
        """Read a block: for each statement the place of its first word, which whoever asked then reads to its end."""
        self.expect("{", what)
        while (word := self.next(what)) != "}":
            if word != ";":
                self.at -= 1
                yield self.at


def _is_comment(word: str) -> bool:
    return word.startswith(("//", "/*"))


def plain(word: str) -> str:
    """The name that a word spells: without quotes, where it has some."""
    return re.sub(r'\\(["\\])', r"\1", word[1:-1]) if word.startswith('"') else word


def quoted(name: str) -> str:
    """How a name is spelled: in quotes where it would not be read as one word.

    >>> quoted("Asy/Patch"), quoted("wind (m/s)")
    ('Asy/Patch', '"wind (m/s)"')
    """
    if _PLAIN.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def names(words: list[str], count: int) -> tuple[str, ...]:
    """Names in a list: between commas, where there are so many of them; else each word is one, as BIF has it."""
    found = grouped(words)
    return found if len(found) == count else flat(words)


def grouped(words: list[str]) -> tuple[str, ...]:
    """Names between commas; one may be several words."""
    if words[1::2].count(",") * 2 + 1 == len(words):
        return tuple([plain(word) for word in words[::2]])
    groups: list[list[str]] = [[]]
    for word in words:
        if word == ",":
            groups.append([])
        else:
            groups[-1].append(plain(word))
    return tuple(" ".join(group) for group in groups if group)


def flat(words: list[str]) -> tuple[str, ...]:
    """Names of one word each."""
    return tuple(plain(word) for word in words if word != ",")
