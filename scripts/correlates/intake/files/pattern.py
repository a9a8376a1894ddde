r"""Filename patterns: ``{patient:[A-Z]+\d+}_{visit}_{panel}.fcs`` read as an identity.

A placeholder is one of `PLACEHOLDERS`, with a regular expression of its own if need be. A pattern
is matched against the path of a file relative to the drop folder, folder by folder. A pattern that
can divide any name in more than one way is refused beforehand, so that a match is the only one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from correlates.intake.files.ambiguity import UnreadableRegexError, ambiguous_text
from correlates.intake.files.defaults import with_defaults
from correlates.intake.files.folder import FCS_ENDINGS
from correlates.intake.files.pattern_text import PatternError, Segment, segments_of
from correlates.problems import did_you_mean

PLACEHOLDERS = {
    "patient": "patient, as in the patients sheet",
    "visit": "visit, such as C1D1 or C1D1_H4",
    "panel": "panel, as in the panels sheet",
    "timepoint": "time of the draw, such as pre or h4",
    "specimen": "specimen, such as fresh_wb",
    "tube": "tube, such as full or fmo_CD25",
    "batch": "batch",
    "date": "date, for order only",
    "ignore": "anything that says nothing; may stand more than once",
}
# Expressions to propose where a pattern is ambiguous; each is tried before it is shown.
_NARROWER = {
    "patient": (r"[A-Z]+\d+", r"\d+"),
    "visit": (r"C\d+D\d+",),
    "timepoint": (r"H\d+", r"[a-z]+"),
    "panel": (r"[a-z]+",),
    "batch": (r"[a-z]+\d+", r"\d+"),
    "date": (r"\d{8}",),
    "ignore": (r"\d+", r"[A-Z]\d+"),
}


@dataclass(frozen=True)
class Pattern:
    """A pattern that divides a name in one way at most.

    Parameters
    ----------
    text
        The pattern as the user wrote it.
    names
        Its placeholders, without ``ignore``.
    """

    text: str
    names: tuple[str, ...]
    _folders: tuple[re.Pattern, ...] = field(repr=False)
    _of_any_words: tuple[re.Pattern, ...] = field(repr=False)

    def match(self, relative: str) -> dict[str, str] | None:
        """Return what each placeholder holds in a path relative to the drop folder, or None."""
        return self._match(self._folders, relative)

    def match_wrong_words(self, relative: str) -> dict[str, str] | None:
        """Return what the placeholders would hold if panel, tube and the like were any words.

        It tells which part of a name is wrong, and never who a file belongs to.
        """
        return self._match(self._of_any_words, relative)

    def _match(self, folders: Sequence[re.Pattern], relative: str) -> dict[str, str] | None:
        found: dict[str, str] = {}
        parts = relative.split("/")
        if len(parts) != len(folders):
            return None
        for part, expression in zip(parts, folders, strict=True):
            hit = expression.fullmatch(part)
            if hit is None:
                return None
            found |= hit.groupdict()
        return {name: found[name] for name in self.names}

    def remedy(self, relative: str) -> str:
        """Return what may be the matter with a path that does not match."""
        loose = [re.compile(one.pattern, re.IGNORECASE) for one in self._folders]
        if self._match(loose, relative) is not None:
            return "Only capital and small letters differ: rename the file, or adapt the pattern."
        deeper = relative.count("/") + 1 - len(self._folders)
        if deeper > 0 and self.match(relative.split("/", deeper)[-1]) is not None:
            start = "{ignore}/" * deeper
            return f"It lies in a sub-folder: begin the pattern with '{start}', or move the file."
        return (
            f"Rename it to match {self.text}, adapt the pattern, or name it in the samples sheet."
        )


def compile_pattern(text: str, panels: Iterable[str] = ()) -> Pattern:
    """Read a pattern.

    Parameters
    ----------
    text
        Literal text and placeholders ``{name}`` or ``{name:regular expression}``; a quantifier such
        as ``{2,3}`` may stand in an expression, and folders are divided by ``/``.
    panels
        The study's panels, which ``{panel}`` holds where it has no expression of its own.

    Raises
    ------
    PatternError
        If a placeholder is unknown, used twice or malformed, if patient or visit is missing, or if
        some name could be divided in more than one way; an example is given.
    """
    written = list(segments_of(text))
    names = [segment.name for segment in written if segment.name not in ("", "ignore")]
    _check_names(names)
    segments = with_defaults(written, panels)
    _check_expressions(segments)
    _check_one_way(segments)
    of_any_words = with_defaults(written, panels, or_any_word=True)
    return Pattern(text, tuple(names), tuple(_folders(segments)), tuple(_folders(of_any_words)))


def _check_names(names: list[str]) -> None:
    for name in names:
        if name not in PLACEHOLDERS:
            problem = f"the placeholder {{{name}}} is not known"
            raise PatternError(problem, did_you_mean(name, list(PLACEHOLDERS)))
        if names.count(name) > 1:
            problem = f"the placeholder {{{name}}} is used twice"
            raise PatternError(problem, "Keep one of them, and write {ignore} for the other.")
    for name in ("patient", "visit"):
        if name not in names:
            problem = f"the placeholder {{{name}}} is missing"
            remedy = f"Say where the {name} stands; if names do not tell it, use a samples sheet."
            raise PatternError(problem, remedy)


def _check_expressions(segments: list[Segment]) -> None:
    for segment in segments:
        if not segment.name:
            continue
        try:
            re.compile(f"(?:{segment.text})")
        except re.error as error:
            problem = f"the expression of {{{segment.name}}} is no regular expression ({error})"
            raise PatternError(problem, f"It reads {segment.text!r}.") from error
        if "(?P<" in segment.text:
            problem = f"the expression of {{{segment.name}}} names a group"
            raise PatternError(problem, "Write (?:...) for a group; placeholders are the names.")
        if "/" in segment.text:
            problem = f"the expression of {{{segment.name}}} holds a /"
            remedy = "A placeholder stands within one name; write the / between placeholders."
            raise PatternError(problem, remedy)


def _check_one_way(segments: list[Segment]) -> None:
    try:
        found = _two_ways(segments)
    except UnreadableRegexError as error:
        problem = f"an expression of the pattern cannot be checked: {error}"
        raise PatternError(problem, "Write it as a plain run, such as [A-Z]+\\d+.") from error
    if found is None:
        return
    parted = [
        number
        for number, (segment, mine, other) in enumerate(zip(segments, *found, strict=True))
        if segment.name and mine != other
    ]
    ways = [", ".join(f"{segments[one].name} {way[one]!r}" for one in parted) for way in found]
    problem = f"the pattern is ambiguous: {''.join(found[0])!r} could be {ways[0]}, or {ways[1]}"
    raise PatternError(problem, _one_way_remedy(segments, parted))


def _two_ways(segments: list[Segment]) -> tuple[list[str], list[str]] | None:
    return ambiguous_text(
        [
            (segment.text, "/") if segment.name else (re.escape(segment.text), "")
            for segment in segments
        ]
    )


def _one_way_remedy(segments: list[Segment], parted: Sequence[int]) -> str:
    """Return what to do: an expression that leaves one reading, if one of the usual ones does."""
    touching = any(there - here == 1 for here, there in pairwise(parted))
    separator = ", or put a separator between them that neither may hold, such as _"
    end = f"{separator}." if touching else "."
    for narrower in _narrower(segments, parted):
        if _two_ways([narrower.get(at, segment) for at, segment in enumerate(segments)]) is None:
            names = " and ".join(f"{{{one.name}}}" for one in narrower.values())
            shown = " and ".join(f"{{{one.name}:{one.text}}}" for one in narrower.values())
            return f"Say what {names} may hold in your names, such as {shown}{end}"
    names = " and ".join(f"{{{segments[at].name}}}" for at in parted)
    return f"Give {names} narrower expressions, such as {{panel:[a-z]+}}{end}"


def _narrower(segments: list[Segment], parted: Sequence[int]) -> Iterator[dict[int, Segment]]:
    """Yield narrower expressions for placeholders that hold different parts: one, then all."""
    usual = {
        at: [Segment(segments[at].name, one) for one in _NARROWER.get(segments[at].name, ())]
        # a narrower visit would leave out SCR and the like, so it is proposed last
        for at in sorted(parted, key=lambda at: segments[at].name == "visit")
    }
    for at, narrower in usual.items():
        yield from ({at: one} for one in narrower)
    yield {at: narrower[0] for at, narrower in usual.items() if narrower}


def _folders(segments: list[Segment]) -> Iterator[re.Pattern]:
    """Yield one expression per folder, and one for the file's name."""
    expression = ""
    for number, segment in enumerate(segments, start=1):
        if segment.name == "ignore":
            expression += f"(?:{segment.text})"
        elif segment.name:
            expression += f"(?P<{segment.name}>{segment.text})"
        else:
            *whole, last = segment.text.split("/")
            for folder in whole:
                yield re.compile(expression + re.escape(folder))
                expression = ""
            expression += re.escape(last)
            if number == len(segments) and last.lower().endswith(FCS_ENDINGS):
                # instruments write .fcs and .FCS alike
                expression = (
                    expression[: -len(re.escape(last[-4:]))] + f"(?i:{re.escape(last[-4:])})"
                )
    yield re.compile(expression)
