"""Whether a sequence of regular expressions can divide some text in more than one way.

The expressions, one a segment, become one automaton of positions. Two readings of a text are walked
side by side: the sequence is ambiguous exactly if both can end after some character went to
different segments. The search is breadth first, so that the example it finds is a shortest one.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from correlates.intake.files.positions import (
    ALPHABET,
    NOTHING,
    Automaton,
    Builder,
    Part,
    UnreadableRegexError,
)

MAX_PAIRS = 100_000


def ambiguous_text(segments: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]] | None:
    """Find a shortest text that a sequence of expressions can divide in two ways.

    Parameters
    ----------
    segments
        Regular expressions in their order, each with the characters that it may never take.

    Returns
    -------
    Two divisions of one text into the segments, or None if every text has at most one.

    Raises
    ------
    UnreadableRegexError
        If an expression looks around, refers back, holds an anchor, or is too long.
    re.error
        If an expression is none.
    """
    builder = Builder(_alphabet(segments))
    whole = NOTHING
    for builder.segment, (expression, builder.forbidden) in enumerate(segments):
        whole = builder.automaton.join(whole, builder.expression(expression))
    walk = _walk_pairs(builder.automaton, whole)
    return None if walk is None else _divisions(walk, builder, len(segments))


def _alphabet(segments: Iterable[tuple[str, str]]) -> str:
    """Return characters that stand for all: the usual ones, and each that an expression names."""
    named = {character for expression, _ in segments for character in expression}
    return ALPHABET + "".join(sorted(named - set(ALPHABET)))


def _walk_pairs(automaton: Automaton, whole: Part) -> list[tuple[int, int]] | None:
    """Return the shortest walk of two positions that ends well and was once in two segments."""
    before: dict[tuple, tuple | None] = {}
    waiting = deque()

    def reach(pairs: Iterator[tuple[int, int]], came: tuple | None) -> None:
        for left, right in pairs:
            if not automaton.characters[left] & automaton.characters[right]:
                continue
            parted = automaton.segments[left] != automaton.segments[right]
            state = (left, right, parted or (came is not None and came[2]))
            if state not in before:
                before[state] = came
                waiting.append(state)

    reach(((a, b) for a in whole.first for b in whole.first), None)
    while waiting:
        state = waiting.popleft()
        left, right, parted = state
        if parted and left in whole.last and right in whole.last:
            return _trace(state, before)
        if len(before) > MAX_PAIRS:
            msg = "it can be read in too many ways to compare: make its expressions narrower"
            raise UnreadableRegexError(msg)
        follow = automaton.follow
        reach(((a, b) for a in sorted(follow[left]) for b in sorted(follow[right])), state)
    return None


def _trace(state: tuple | None, before: dict) -> list[tuple[int, int]]:
    walk = []
    while state is not None:
        walk.append(state[:2])
        state = before[state]
    return walk[::-1]


def _divisions(
    walk: list[tuple[int, int]], builder: Builder, count: int
) -> tuple[list[str], list[str]]:
    automaton = builder.automaton
    first, second = [""] * count, [""] * count
    for left, right in walk:
        common = automaton.characters[left] & automaton.characters[right]
        character = builder.alphabet[(common & -common).bit_length() - 1]
        first[automaton.segments[left]] += character
        second[automaton.segments[right]] += character
    return first, second
