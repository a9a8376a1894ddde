"""Where a file's name leaves a pattern: the first part that does not fit, and what stands there."""

import re
from functools import cache

from correlates.intake.files.defaults import with_defaults
from correlates.intake.files.folder import FCS_ENDINGS
from correlates.intake.files.pattern_text import Segment, segments_of


def first_misfit(text: str, relative: str) -> str:
    """Say which part of a name does not fit a pattern.

    Parameters
    ----------
    text
        The pattern as the user wrote it.
    relative
        A path below the drop folder that does not match it.

    Returns
    -------
    Half a sentence, such as ``{visit} cannot be 'baseline'``.
    """
    segments, beginnings = _beginnings(text)
    depth = relative.count("/")
    wanted = sum(segment.text.count("/") for segment in segments if not segment.name)
    if depth != wanted:
        return f"it lies {_folders(depth)}, by the pattern {_folders(wanted)}"
    count, hit = next(
        (count, hit)
        for count in range(len(beginnings) - 1, -1, -1)
        if (hit := beginnings[count].match(relative))
    )
    starts = [hit.start(f"part{number}") for number in range(count)] + [hit.end()]
    rest = segments[count:]
    if count and segments[count - 1].name and not (rest and rest[0].name):
        # what fits may be the beginning only of what stands there
        start, last = starts[count - 1], segments[count - 1]
        seen = _until(relative, start, rest[0].text if rest else "")
        if not re.fullmatch(last.text, seen):
            return _cannot_be(last, seen)
    if rest and rest[0].name:
        return _cannot_be(
            rest[0], _until(relative, starts[count], rest[1].text if rest[1:] else "")
        )
    expected = repr(rest[0].text) if rest else "nothing"
    return f"it has {relative[starts[count] :]!r} where the pattern has {expected}"


@cache
def _beginnings(text: str) -> tuple[list[Segment], list[re.Pattern]]:
    """Return a pattern's segments, and an expression for the first none, one, two ... of them."""
    segments = with_defaults(list(segments_of(text)), or_any_word=True)
    parts = [""]
    for number, segment in enumerate(segments):
        part = segment.text if segment.name else re.escape(segment.text)
        if not segment.name and segment.text.lower().endswith(FCS_ENDINGS):
            part = f"(?i:{part})"
        parts.append(f"(?P<part{number}>{part})")
    return segments, [re.compile("".join(parts[: count + 1])) for count in range(len(parts))]


def _until(relative: str, start: int, literal: str) -> str:
    """Return what stands before a literal, or before the ending if the literal is not there."""
    ends = [
        relative.lower().find(one, start) for one in (literal.lower(), "/", *FCS_ENDINGS) if one
    ]
    if literal and ends[0] >= 0:
        return relative[start : ends[0]]
    return relative[start : min((end for end in ends if end >= 0), default=None)]


def _cannot_be(segment: Segment, seen: str) -> str:
    return f"{{{segment.name}}} cannot be {seen!r}" if seen else f"{{{segment.name}}} is missing"


def _folders(count: int) -> str:
    if count == 0:
        return "in no sub-folder"
    return "in a sub-folder" if count == 1 else f"{count} sub-folders deep"
