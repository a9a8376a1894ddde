r"""The text of a filename pattern, divided into literal text and placeholders.

A placeholder is ``{name}`` or ``{name:regular expression}``; braces of the expression, such as the
quantifier ``{2,3}``, belong to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


class PatternError(ValueError):
    """A pattern that cannot be used.

    Parameters
    ----------
    problem, remedy
        As in a ``Problem``.
    """

    def __init__(self, problem: str, remedy: str):
        super().__init__(f"{problem}. {remedy}")
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True)
class Segment:
    """Literal text, or a placeholder with its expression ("" until the default is set)."""

    name: str
    text: str


def segments_of(text: str) -> Iterator[Segment]:
    """Divide a pattern into literal text and placeholders."""
    place = 0
    while place < len(text):
        opening = re.compile(r"[{}]").search(text, place)
        end = len(text) if opening is None else opening.start()
        if end > place:
            yield Segment("", text[place:end])
        if opening is None:
            return
        if opening.group() == "}":
            problem = f"the brace at character {end + 1} closes nothing"
            raise PatternError(problem, "Write placeholders as {patient} or {patient:P\\d+}.")
        place = _closing(text, end) + 1
        name, colon, expression = text[end + 1 : place - 1].partition(":")
        if colon and not expression:
            problem = f"the placeholder {{{name}:}} has an empty regular expression"
            raise PatternError(
                problem, f"Write {{{name}}} for any, or an expression after the colon."
            )
        yield Segment(name.strip() or "?", expression)


def _closing(text: str, opening: int) -> int:
    """Return the place of the brace that closes a placeholder; braces of its expression are not."""
    depth, in_class, place = 0, False, opening
    while place < len(text):
        mark = text[place]
        if mark == "\\":
            place += 1
        elif in_class:
            # a ] right after [ or [^ stands for itself
            in_class = mark != "]" or text[place - 1] == "[" or text[place - 2 : place] == "[^"
        elif mark == "[" and depth:
            in_class = True
        elif mark in "{}":
            depth += 1 if mark == "{" else -1
            if depth == 0:
                return place
        place += 1
    problem = f"the brace at character {opening + 1} is never closed"
    raise PatternError(problem, "Write placeholders as {patient} or {patient:P\\d+}.")
