"""Branching logic: whether a field was shown on a line, as far as the line can tell."""

import re
from collections.abc import Callable

from correlates.intake.redcap.dictionary import box_column

_TOKEN = re.compile(
    r"\s*(?:(?P<field>\[[a-z0-9_]+(?:\([^)\]]+\))?\])|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<mark><=|>=|<>|!=|=|<|>|\(|\))|(?P<word>and|or)\b)",
    re.IGNORECASE,
)
_COMPARE = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


class _Unreadable(ValueError):
    """Logic of a kind that is not followed here: other events, functions, smart variables."""


def is_shown(logic: str, value_of: Callable[[str], str]) -> bool | None:
    """Say whether a field's branching logic shows it.

    Parameters
    ----------
    logic
        As in the data dictionary: comparisons of fields of the same line, ``and``, ``or`` and
        brackets. Empty logic shows always.
    value_of
        Text of a column of the line.

    Returns
    -------
    None if the logic asks for what the line does not tell.
    """
    if not logic.strip():
        return True
    try:
        parser = _Parser(_tokens(logic), value_of)
        shown = parser.either()
        parser.expect_end()
    except _Unreadable:
        return None
    return shown


def _tokens(logic: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    logic = logic.strip()
    while place < len(logic):
        found = _TOKEN.match(logic, place)
        if found is None:
            raise _Unreadable
        tokens.append((found.lastgroup, found[found.lastgroup]))
        place = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], value_of: Callable[[str], str]):
        self.tokens, self.value_of, self.place = tokens, value_of, 0

    def either(self) -> bool:
        shown = self.both()
        while self._word("or"):
            # both sides are read whatever the first one says
            other = self.both()
            shown = shown or other
        return shown

    def both(self) -> bool:
        shown = self.one()
        while self._word("and"):
            other = self.one()
            shown = shown and other
        return shown

    def one(self) -> bool:
        if self._peek() == ("mark", "("):
            self.place += 1
            shown = self.either()
            self._take("mark", ")")
            return shown
        left = self._operand()
        sign = self._take("mark")
        if sign not in _COMPARE:
            raise _Unreadable
        return _compare(left, sign, self._operand())

    def expect_end(self) -> None:
        if self.place != len(self.tokens):
            raise _Unreadable

    def _peek(self) -> tuple[str, str] | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _word(self, word: str) -> bool:
        token = self._peek()
        found = token is not None and token[0] == "word" and token[1].lower() == word
        self.place += found
        return found

    def _take(self, kind: str, text: str | None = None) -> str:
        token = self._peek()
        if token is None or token[0] != kind or text not in (None, token[1]):
            raise _Unreadable
        self.place += 1
        return token[1]

    def _operand(self) -> str:
        token = self._peek()
        if token is None or token[0] not in ("field", "text", "number"):
            raise _Unreadable
        self.place += 1
        kind, text = token
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return text
        name, _, code = text.strip("[]").rstrip(")").partition("(")
        return self.value_of(box_column(name, code) if code else name)


def _compare(left: str, sign: str, right: str) -> bool:
    try:
        return _COMPARE[sign](float(left), float(right))
    except ValueError:
        if sign not in ("=", "<>", "!="):
            # an empty field is neither more nor less than anything
            return False
        return _COMPARE[sign](left, right)
