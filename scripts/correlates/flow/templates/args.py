"""The arguments of a template row: openCyto's R-like text, read without evaluating anything.

``gate_range=c(100,5e3), adjust=0.8`` becomes ``{"gate_range": (100.0, 5000.0), "adjust": 0.8}``;
``cd4_pos & !(cd8_pos | mono)`` becomes a tree of :class:`Not`, :class:`Join` and names.
"""

import math
import re
from dataclasses import dataclass
from typing import NoReturn

_WORDS = {
    "TRUE": True,
    "T": True,
    "FALSE": False,
    "F": False,
    "Inf": math.inf,
    "NA": None,
    "NULL": None,
}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?(?![\w.])")
_NAME = re.compile(r"[A-Za-z_.][\w.]*")
_POPULATION = re.compile(r"[\w.+/-]+")


class ArgumentsError(ValueError):
    """Text that cannot be read, with what was expected and where."""


@dataclass(frozen=True)
class Not:
    """Events outside one operand."""

    operand: object


@dataclass(frozen=True)
class Join:
    """Events in all (``and``) or any (``or``) of two or more operands."""

    operation: str
    operands: tuple


class _Reader:
    """A position in a text."""

    def __init__(self, text: str):
        self.text = text
        self.at = 0

    def skip_blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def is_at_end(self) -> bool:
        self.skip_blanks()
        return self.at >= len(self.text)

    def take(self, mark: str) -> bool:
        """Step over ``mark`` if it is next."""
        self.skip_blanks()
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def match(self, pattern: re.Pattern) -> str | None:
        """Step over what ``pattern`` matches here and return it."""
        self.skip_blanks()
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            self.fail(f"{mark!r}")

    def fail(self, wanted: str) -> NoReturn:
        found = repr(self.text[self.at :]) if self.at < len(self.text) else "the end"
        msg = f"expected {wanted} at character {self.at + 1}, found {found}"
        raise ArgumentsError(msg)


def parse_arguments(text: str) -> dict[str, object]:
    """Read ``name=value`` pairs separated by commas.

    Parameters
    ----------
    text
        The ``gating_args`` of a row. Values are numbers (``1e5``, ``10L``, ``-Inf``), ``TRUE`` and
        ``FALSE``, quoted text, bare names, and ``c(...)`` or ``list(...)`` of these.

    Returns
    -------
    Values by name: float, bool, str, None (``NA``, ``NULL``), a tuple for ``c(...)``, a dict for
    ``c(t=..., b=...)``.

    Raises
    ------
    ArgumentsError
        If the text is anything else, an argument has no name, or a name stands twice.
    """
    reader = _Reader(text)
    if reader.is_at_end():
        return {}
    pairs = _items(reader)
    if not reader.is_at_end():
        reader.fail("a comma or the end")
    return _named(pairs)


def parse_expression(text: str):
    """Read a boolean expression of population names with ``&``, ``|``, ``!`` and parentheses.

    Returns
    -------
    A name (str), :class:`Not` or :class:`Join`; ``&`` binds before ``|``, as in R.

    Raises
    ------
    ArgumentsError
        If the text is no such expression.
    """
    reader = _Reader(text)
    tree = _any_of(reader)
    if not reader.is_at_end():
        reader.fail("'&', '|' or the end")
    return tree


def names_in(tree) -> list[str]:
    """Return the population names of an expression, each once, in the order in which they stand."""
    if isinstance(tree, str):
        return [tree]
    operands = (tree.operand,) if isinstance(tree, Not) else tree.operands
    return list(dict.fromkeys(name for operand in operands for name in names_in(operand)))


def _named(pairs: list[tuple[str | None, object]]) -> dict[str, object]:
    values = {}
    for name, value in pairs:
        if name is None:
            msg = f"the value {value!r} has no name; arguments are written name=value"
            raise ArgumentsError(msg)
        if name in values:
            msg = f"{name!r} is given twice"
            raise ArgumentsError(msg)
        values[name] = value
    return values


def _items(reader: _Reader) -> list[tuple[str | None, object]]:
    items = [_item(reader)]
    while reader.take(","):
        items.append(_item(reader))
    return items


def _item(reader: _Reader) -> tuple[str | None, object]:
    start = reader.at
    name = reader.match(_NAME)
    if name is not None and reader.take("="):
        return name, _value(reader)
    reader.at = start
    return None, _value(reader)


def _value(reader: _Reader):
    number = reader.match(_NUMBER)
    if number is not None:
        return float(number.removesuffix("L"))
    for quote in "\"'":
        if reader.take(quote):
            return _quoted(reader, quote)
    if reader.take("-"):
        if reader.match(_NAME) != "Inf":
            reader.fail("a number")
        return -math.inf
    name = reader.match(_POPULATION)
    if name is None:
        reader.fail("a value")
    if name in ("c", "list") and reader.take("("):
        return _collection(reader)
    if reader.take("("):
        msg = f"{name}() is not understood: only c() and list() hold several values"
        raise ArgumentsError(msg)
    return _WORDS.get(name, name)


def _quoted(reader: _Reader, quote: str) -> str:
    end = reader.text.find(quote, reader.at)
    if end < 0:
        reader.fail(f"a closing {quote}")
    text = reader.text[reader.at : end]
    reader.at = end + 1
    return text


def _collection(reader: _Reader) -> tuple | dict:
    if reader.take(")"):
        return ()
    items = _items(reader)
    reader.expect(")")
    if any(name is not None for name, _ in items):
        return _named(items)
    return tuple(value for _, value in items)


def _any_of(reader: _Reader):
    return _joined(reader, "|", "or", _all_of)


def _all_of(reader: _Reader):
    return _joined(reader, "&", "and", _term)


def _joined(reader: _Reader, mark: str, operation: str, read_operand):
    operands = [read_operand(reader)]
    while reader.take(mark):
        operands.append(read_operand(reader))
    return operands[0] if len(operands) == 1 else Join(operation, tuple(operands))


def _term(reader: _Reader):
    if reader.take("!"):
        return Not(_term(reader))
    if reader.take("("):
        inner = _any_of(reader)
        reader.expect(")")
        return inner
    name = reader.match(_POPULATION)
    if name is None:
        reader.fail("a population name, '!' or '('")
    return name
