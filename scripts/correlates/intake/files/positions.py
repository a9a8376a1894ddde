"""Regular expressions as positions: which character may stand where, and what may follow it.

The construction is Glushkov's: one position for each place of an expression that takes a character,
no empty moves. A set of characters is a bit mask over an alphabet of stand-ins.
"""

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from re import IGNORECASE

# Python's own parser of regular expressions, as a tree; there is no public door to it. The project
# is pinned to one minor version of Python, and the tests fail if the tree changes.
from re import _constants as op
from re import _parser as parser

MAX_POSITIONS = 2_000
ALPHABET = string.ascii_uppercase + string.digits + string.ascii_lowercase + "_-.+ /é٣—"
ALPHABET += "".join(mark for mark in string.punctuation if mark not in ALPHABET)

_CATEGORIES = {
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_WORD: lambda character: character.isalnum() or character == "_",
}
_NEGATED = {
    op.CATEGORY_NOT_DIGIT: op.CATEGORY_DIGIT,
    op.CATEGORY_NOT_SPACE: op.CATEGORY_SPACE,
    op.CATEGORY_NOT_WORD: op.CATEGORY_WORD,
}
_CHARACTER = {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY}
_REPEAT = {op.MAX_REPEAT, op.MIN_REPEAT}


class UnreadableRegexError(ValueError):
    """A regular expression that divides text in ways this module does not follow."""


@dataclass(frozen=True)
class Part:
    """A part of an expression: whether it may be empty, and where it begins and ends."""

    nullable: bool
    first: frozenset[int]
    last: frozenset[int]


NOTHING = Part(True, frozenset(), frozenset())


@dataclass
class Automaton:
    """Positions with their characters and segments, and which may follow which."""

    characters: list[int] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    follow: list[set[int]] = field(default_factory=list)

    def add(self, characters: int, segment: int) -> Part:
        """Add one position; ``UnreadableRegexError`` is raised when there are too many."""
        if len(self.segments) >= MAX_POSITIONS:
            msg = "it is too long: shorten what it repeats"
            raise UnreadableRegexError(msg)
        place = frozenset([len(self.segments)])
        self.characters.append(characters)
        self.segments.append(segment)
        self.follow.append(set())
        return Part(False, place, place)

    def join(self, left: Part, right: Part) -> Part:
        """Put one part behind another."""
        for place in left.last:
            self.follow[place] |= right.first
        first = left.first | right.first if left.nullable else left.first
        last = left.last | right.last if right.nullable else right.last
        return Part(left.nullable and right.nullable, first, last)


@dataclass
class Builder:
    """Turns parsed expressions into parts of an automaton, one segment at a time."""

    alphabet: str
    automaton: Automaton = field(default_factory=Automaton)
    segment: int = 0
    forbidden: str = ""

    def expression(self, text: str) -> Part:
        """Add a regular expression; `re.error` is raised for what is none."""
        tree = parser.parse(text)
        return self.sequence(tree, tree.state.flags)

    def sequence(self, nodes: Iterable, flags: int) -> Part:
        """Add parsed nodes one behind another."""
        whole = NOTHING
        for node in nodes:
            whole = self.automaton.join(whole, self.part(node, flags))
        return whole

    def part(self, node: tuple, flags: int) -> Part:
        """Add one parsed node."""
        kind, value = node
        if kind in _CHARACTER:
            return self.automaton.add(self.mask(node, flags), self.segment)
        if kind is op.BRANCH:
            return _either([self.sequence(branch, flags) for branch in value[1]])
        if kind is op.SUBPATTERN:
            _, added, removed, nodes = value
            return self.sequence(nodes, (flags | added) & ~removed)
        if kind in _REPEAT:
            return self.repeat(*value, flags)
        msg = "it looks around, refers back or holds an anchor, which a placeholder may not"
        raise UnreadableRegexError(msg)

    def repeat(self, low: int, high: int, nodes: Iterable, flags: int) -> Part:
        """Add nodes as often as a quantifier says, each time with positions of their own."""
        whole = NOTHING
        for _ in range(low):
            whole = self.automaton.join(whole, self.sequence(nodes, flags))
        if high is op.MAXREPEAT:
            again = self.sequence(nodes, flags)
            self.automaton.join(again, again)
            rest = Part(True, again.first, again.last)
        else:
            rest = NOTHING
            for _ in range(high - low):
                # from the inside out, x(x(x)?)?, so that each copy leads only to the next
                longer = self.automaton.join(self.sequence(nodes, flags), rest)
                rest = Part(True, longer.first, longer.last)
        return self.automaton.join(whole, rest)

    def mask(self, node: tuple, flags: int) -> int:
        """Return which characters of the alphabet one node takes."""
        mask = 0
        for bit, character in enumerate(self.alphabet):
            cases = {character}
            if flags & IGNORECASE:
                cases |= {character.lower(), character.upper()}
            if character not in self.forbidden and any(_takes(node, case) for case in cases):
                mask |= 1 << bit
        return mask


def _either(parts: Sequence[Part]) -> Part:
    return Part(
        any(part.nullable for part in parts),
        frozenset().union(*(part.first for part in parts)),
        frozenset().union(*(part.last for part in parts)),
    )


def _takes(node: tuple, character: str) -> bool:
    """Tell whether one node of a parsed expression takes a character."""
    kind, value = node
    if kind is op.LITERAL:
        return ord(character) == value
    if kind is op.NOT_LITERAL:
        return ord(character) != value
    if kind is op.RANGE:
        return value[0] <= ord(character) <= value[1]
    if kind is op.CATEGORY:
        if value in _NEGATED:
            return not _CATEGORIES[_NEGATED[value]](character)
        return _CATEGORIES[value](character)
    if kind is op.IN:
        negated = value[0][0] is op.NEGATE
        return any(_takes(item, character) for item in value[negated:]) != negated
    return kind is op.ANY
