r"""Filename patterns: ``{patient:[A-Z]+\d+}_{visit}_{panel}.fcs`` read as an identity.

A placeholder is one of `PLACEHOLDERS`, with a regular expression of its own if need be. A pattern
is matched against the path of a file relative to the drop folder, folder by folder. A pattern that
can divide any name in more than one way is refused beforehand, so that a match is the only one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from correlates.intake.files.ambiguity import UnreadableRegexError, ambiguous_text
from correlates.intake.files.folder import FCS_ENDINGS
from correlates.intake.files.pattern_text import PatternError, Segment, segments_of
from correlates.intake.sheets.visits import VISIT, VISIT_SUFFIX
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
_TIMEPOINT = r"(?:[A-Za-z]+|[hH]\d+(?:\.\d+)?|\d+(?:\.\d+)?[hH])"
_DATE = r"\d{4}[-_.]?\d{2}[-_.]?\d{2}"
_SPECIMEN = r"(?i:fresh_wb|fresh_pbmc|cryo_pbmc|node_fna)"
_TUBE = r"(?i:probe_bg|beads_count|beads_mesf)|(?i:fmo|single|stim)[-_]"


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

    def match(self, relative: str) -> dict[str, str] | None:
        """Return what each placeholder holds in a path relative to the drop folder, or None."""
        found: dict[str, str] = {}
        parts = relative.split("/")
        if len(parts) != len(self._folders):
            return None
        for part, expression in zip(parts, self._folders, strict=True):
            hit = expression.fullmatch(part)
            if hit is None:
                return None
            found |= hit.groupdict()
        return {name: found[name] for name in self.names}

    def remedy(self, relative: str) -> str:
        """Return what may be the matter with a path that does not match."""
        loose = [re.compile(one.pattern, re.IGNORECASE) for one in self._folders]
        if Pattern(self.text, self.names, tuple(loose)).match(relative) is not None:
            return "Only capital and small letters differ: rename the file, or adapt the pattern."
        deeper = relative.count("/") + 1 - len(self._folders)
        if deeper > 0 and self.match(relative.split("/", deeper)[-1]) is not None:
            start = "{ignore}/" * deeper
            return f"It lies in a sub-folder: begin the pattern with '{start}', or move the file."
        return (
            f"Rename it to match {self.text}, adapt the pattern, or name it in the samples sheet."
        )


def compile_pattern(text: str) -> Pattern:
    """Read a pattern.

    Parameters
    ----------
    text
        Literal text and placeholders ``{name}`` or ``{name:regular expression}``; a quantifier such
        as ``{2,3}`` may stand in an expression, and folders are divided by ``/``.

    Raises
    ------
    PatternError
        If a placeholder is unknown, used twice or malformed, if patient or visit is missing, or if
        some name could be divided in more than one way; an example is given.
    """
    segments = list(segments_of(text))
    names = [segment.name for segment in segments if segment.name not in ("", "ignore")]
    _check_names(names)
    segments = [_with_expression(segment, segments) for segment in segments]
    _check_expressions(segments)
    _check_one_way(segments)
    return Pattern(text, tuple(names), tuple(_folders(segments)))


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


def _with_expression(segment: Segment, segments: list[Segment]) -> Segment:
    """Return a placeholder with its default expression where it has none of its own."""
    if not segment.name or segment.text:
        return segment
    literals = "".join(other.text for other in segments if not other.name)
    allowed = "".join(mark for mark in "+-" if mark not in literals)
    run = f"[A-Za-z0-9{allowed}]+"
    with_timepoint = any(other.name == "timepoint" for other in segments)
    default = {
        "visit": f"(?i:{VISIT if with_timepoint else VISIT + VISIT_SUFFIX})",
        "timepoint": _TIMEPOINT,
        "date": _DATE,
        "specimen": f"(?:{_SPECIMEN}|{run})",
        "tube": f"(?:{_TUBE}{run}|{run})",
    }
    return Segment(segment.name, default.get(segment.name, run))


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
    expressions = [
        (segment.text, "/") if segment.name else (re.escape(segment.text), "")
        for segment in segments
    ]
    try:
        found = ambiguous_text(expressions)
    except UnreadableRegexError as error:
        problem = f"an expression of the pattern cannot be checked: {error}"
        raise PatternError(problem, "Write it as a plain run, such as [A-Z]+\\d+.") from error
    if found is None:
        return
    names = [segment.name for segment in segments]
    ways = [
        ", ".join(
            f"{name} {mine!r}"
            for name, mine, other in zip(names, way, against, strict=True)
            if name and mine != other
        )
        for way, against in (found, found[::-1])
    ]
    problem = f"the pattern is ambiguous: {''.join(found[0])!r} could be {ways[0]}, or {ways[1]}"
    remedy = "Put a separator between placeholders that none of them may hold, such as _."
    raise PatternError(problem, remedy)


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
