"""What a placeholder of a filename pattern may hold where the user gives it no expression.

The defaults hold what is legal and no more, cut so that ordinary patterns divide any name in one
way. Names of the study's own grammar would overlap otherwise: ``EOT_LEN`` is one visit, or ``EOT``
and a time of the draw; ``fmo_full`` is one tube, or something called fmo and the tube ``full``.
"""

import re
from collections.abc import Iterable

from correlates.intake.files.pattern_text import Segment
from correlates.intake.sheets.schemas import load_schema
from correlates.intake.sheets.visits import VISIT, VISIT_SUFFIX

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_DATE = r"\d{4}[-_.]?\d{2}[-_.]?\d{2}"
_HOURS = r"h\d+(?:\.\d+)?|\d+(?:\.\d+)?h"
_ONE_WORD_TUBES = ("full", "unstained", "unstim", "total", "probe")
# what only a list of legal names holds, so that a wrong name is no match
_LISTED = ("panel", "timepoint", "specimen", "tube")


def with_defaults(
    segments: list[Segment], panels: Iterable[str] = (), *, or_any_word: bool = False
) -> list[Segment]:
    """Give each placeholder an expression.

    Parameters
    ----------
    segments
        Literal text and placeholders.
    panels
        The study's panels, of which ``{panel}`` holds one, in capitals or not. If none is given,
        it holds any word.
    or_any_word
        Whether panel, timepoint, specimen and tube hold any other word as well. Such a pattern
        may be ambiguous; it serves to tell which part of a name is wrong.
    """
    names = {segment.name for segment in segments}
    literals = "".join(segment.text for segment in segments if not segment.name)
    characters = _LETTERS + _DIGITS + "".join(mark for mark in "+-" if mark not in literals)
    word = f"[{re.escape(_LETTERS.upper() + characters)}]+"
    default = {
        "visit": f"(?i:{VISIT if 'timepoint' in names else VISIT + VISIT_SUFFIX})",
        "timepoint": f"(?i:{_word_but(['len'], _LETTERS)}|{_HOURS})",
        "date": _DATE,
        "specimen": _one_of(load_schema("samples")["properties"]["specimen"]["enum"]),
        "tube": _tube(characters),
        "panel": _one_of(panels) or word,
    }
    if or_any_word:
        default |= {name: f"(?:{default[name]}|{word})" for name in _LISTED}
    return [
        Segment(segment.name, segment.text or default.get(segment.name, word))
        if segment.name
        else segment
        for segment in segments
    ]


def _one_of(names: Iterable[str]) -> str:
    """Return an expression of names, in capitals or not; empty if there is none."""
    either = "|".join(re.escape(name) for name in names)
    return either and f"(?i:{either})"


def _tube(characters: str) -> str:
    """Return an expression of tubes: one word, or two of which the last is never a tube itself."""
    one_word = "|".join(_ONE_WORD_TUBES)
    tubes = [*_ONE_WORD_TUBES, "probe-bg", "beads-count", "beads-mesf"]
    marker = _word_but([*tubes, "fmo-*", "isotype-*", "single-*", "stim-*"], characters)
    of_marker = rf"(?:fmo|isotype|single|stim)[-_]{marker}"
    return f"(?i:{one_word}|{of_marker}|probe[-_]bg|beads[-_](?:count|mesf))"


def _word_but(words: Iterable[str], characters: str) -> str:
    """Return an expression of words in small letters that are none of some words.

    It looks nowhere ahead, so that the check of ambiguity can follow it. A ``*`` at the end of a
    word stands for any rest.
    """
    return _rest_but({"", *words}, characters)


def _rest_but(rests: set[str], characters: str) -> str:
    by_head = {rest[0]: set() for rest in sorted(rests) if rest and rest[0] in characters}
    for rest in rests:
        if rest[:1] in by_head:
            by_head[rest[0]].add(rest[1:])
    others = "".join(one for one in characters if one not in by_head)
    ways = [f"[{re.escape(others)}][{re.escape(characters)}]*"]
    for head, more in by_head.items():
        if "*" not in more:
            ways.append(re.escape(head) + _rest_but(more, characters))
    return f"(?:{'|'.join(ways)})" + ("" if "" in rests else "?")
