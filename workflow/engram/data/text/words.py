"""Sentences and tokens of running text, by rules that fit European languages and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["sentence_starts", "token_spans"]

# A number with its decimals, a word with its combining accents, or one sign. The underscore is a sign.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|(?:[^\W\d_][\u0300-\u036f]*)+|[^\w\s\ufeff]|_|\w")
#: Behind these a full stop ends no sentence; single letters, as of initials, never do.
_ENGLISH = "al approx ca cf dr eg etc fig figs ie mr mrs ms no nos prof resp sp spp st vs viz"
_GERMAN = "abb bzw evtl ggf inkl nr tab usw vgl"
_RUSSIAN = "гг др им кв коп млн млрд обл пос проф просп пр пп рис руб ред см ср ст стр табл тел тыс ул чел шт"
_ABBREVIATIONS = frozenset(f"{_ENGLISH} {_GERMAN} {_RUSSIAN}".split())
#: How many characters before a mark tell what it is.
_LOOK_BACK = 60
_BREAK = re.compile(
    # A full stop with what closes a quotation, then a blank and what may begin a sentence.
    r"""(?P<stop>[.!?…]+)["'»”’)\]]*\s+(?=["'«“„‘(\[—–-]*\s*[A-ZА-ЯЁÀ-ÖØ-Þ0-9Α-Ω])"""
    # Chinese and Japanese write no blank.
    r"""|(?P<wide>[。！？]+[”’」』）]*)"""
    r"""|(?P<line>[ \t]*(?:\r\n|\n|\r)\s*)"""
)


def token_spans(text: str, *, characters: bool = False) -> list[tuple[int, int]]:
    """Return where each token begins and ends; with ``characters``, each character but blanks is one."""
    if characters:
        return [(place, place + 1) for place, character in enumerate(text) if not character.isspace()]
    return [match.span() for match in _TOKEN.finditer(text)]


def sentence_starts(text: str) -> list[int]:
    """Return where sentences begin, from 0 on, ascending.

    A sentence ends at a full stop, question or exclamation mark before a capital letter or number, unless
    an abbreviation or the number of a heading stands before it; and at the end of a line, unless the next
    line goes on in small letters and no mark ends this one.
    """
    return [0, *_breaks(text)]


def _breaks(text: str) -> Iterator[int]:
    place = 0
    while (match := _BREAK.search(text, place)) is not None:
        place = match.end()
        # A stop at the end of a line is seen with the blanks behind it.
        if 0 < place < len(text) and _ends(text, match):
            yield place


def _ends(text: str, match: re.Match[str]) -> bool:
    if match["wide"]:
        return True
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()].rstrip()
    if match["line"] or "\n" in match[0] or "\r" in match[0]:
        behind = text[match.end() : match.end() + 1]
        return not (behind.islower() and before[-1:] not in ("", ".", "!", "?", ";", ":"))
    if match["stop"] != ".":
        return True
    return not _abbreviated(before)


def _abbreviated(before: str) -> bool:
    """Whether the text before a full stop ends in an abbreviation, an initial or a heading's number."""
    word = re.search(r"\w+\Z", before)
    if word is None:
        return False
    if word[0].isdigit():
        return bool(re.search(r"(?:\A|\n)[\d.\s]*\Z", before))
    return len(word[0]) == 1 or word[0].lower() in _ABBREVIATIONS
