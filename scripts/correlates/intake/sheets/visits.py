"""The grammar of visits, timepoints and tubes: one spelling for each."""

import re
from dataclasses import dataclass

CYCLE_DAYS = 28
"""Days of a cycle. Source: trial data model, cycles of 28 days, run-in is cycle 0."""

VISIT = r"(?:SCR|C\d{1,2}D\d{1,2}|EOT_LEN|EOT|PD|FU90|UNS\d+)"
VISIT_SUFFIX = r"(?:_(?:PRE|H\d+(?:\.\d+)?))?"
TIMEPOINT = r"(?:pre|PRE|[hH]\d+(?:\.\d+)?|[a-zA-Z][a-zA-Z0-9.]*)"

_PARTS = re.compile(rf"({VISIT})(?:_(PRE|H\d+(?:\.\d+)?))?")
_CYCLE_DAY = re.compile(r"C(\d{1,2})D(\d{1,2})")
_SPOKEN = re.compile(r"c(?:ycle)?[\W_]*(\d{1,2})[\W_]*d(?:ay)?[\W_]*(\d{1,2})", re.IGNORECASE)
_REDCAP_ARM = re.compile(r"_ARM_\d+[A-Z]?$")
_PLANNED = {"EOT_LEN": CYCLE_DAYS * 12 + 28}
_TUBE_OF = re.compile(r"(fmo|isotype|single|stim|beads|probe)[-_ ]+(.+)", re.IGNORECASE)
_VISIT_RULE = "Visits are SCR, C<cycle>D<day 1 to 28>, EOT_LEN, EOT, PD, FU90 or UNS<number>."


@dataclass(frozen=True)
class Visit:
    """A visit in its one spelling.

    Parameters
    ----------
    name
        ``C1D1``: without leading zeros, in capitals, without the timepoint.
    timepoint
        ``pre`` or ``h4`` where the text named it, else None.
    planned_day
        Study day by the schedule, 28 * cycle + day; None where the schedule does not give one.
    """

    name: str
    timepoint: str | None
    planned_day: int | None


def parse_visit(text: str) -> Visit | None:
    """Return the visit that a text names, whatever its case; None if it names none.

    An event name of a REDCap export (``c1d1_arm_1``) counts as its visit.
    Source: trial data model; ``^(SCR|C<n>D<n>|EOT_LEN|EOT|PD|FU90|UNS<n>)(_(PRE|H<hours>))?$``.
    """
    parts = _PARTS.fullmatch(_REDCAP_ARM.sub("", text.strip().upper()))
    if parts is None:
        return None
    name, timepoint = parts.groups()
    planned = _PLANNED.get(name)
    numbers = _CYCLE_DAY.fullmatch(name)
    if numbers:
        cycle, day = (int(number) for number in numbers.groups())
        if not 1 <= day <= CYCLE_DAYS:
            return None
        name, planned = f"C{cycle}D{day}", CYCLE_DAYS * cycle + day
    return Visit(name, timepoint and normal_timepoint(timepoint), planned)


def visit_remedy(text: str) -> str:
    """Return what to write instead of a text that names no visit."""
    spoken = _SPOKEN.search(text)
    if spoken:
        cycle, day = (int(number) for number in spoken.groups())
        if 1 <= day <= CYCLE_DAYS:
            return f"Did you mean 'C{cycle}D{day}'?"
        return "Days of a cycle run from 1 to 28; there is no day 0 (the day before C0D1 is SCR)."
    if re.match(r"(scr|base)", text.strip(), re.IGNORECASE):
        return "Did you mean 'SCR'?"
    if re.match(r"uns", text.strip(), re.IGNORECASE):
        return "Number unscheduled visits: 'UNS1'."
    if re.fullmatch(r"B[01]", text.strip(), re.IGNORECASE):
        return (
            "Baselines are found from the days; give the visit of the draw, such as C0D1 or C1D1."
        )
    return _VISIT_RULE


def normal_timepoint(text: str) -> str:
    """Return a timepoint in its one spelling: ``pre``, ``h4``, ``h0.5`` or a lower-case word."""
    word = text.strip().lower()
    if word in ("", "pre", "predose", "pre-dose", "pre_dose"):
        return "pre"
    hours = re.fullmatch(r"(?:h\s*(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*h)", word)
    if hours:
        return f"h{float(hours.group(1) or hours.group(2)):g}"
    return word


def tube_key(text: str) -> str:
    """Return what two names of one tube share: ``fmo_hladr`` for ``FMO HLA-DR`` and ``fmo_HLADR``.

    Case, blanks, dashes, dots and slashes of a marker do not tell tubes apart.
    """
    kind, mark, what = normal_tube(text).partition("_")
    return kind + mark + re.sub(r"[\s/_.-]", "", what).lower()


def normal_tube(text: str) -> str:
    """Return a tube in its one spelling: ``full``, or ``fmo_CD25`` for ``FMO-CD25``."""
    of_marker = _TUBE_OF.fullmatch(text.strip())
    if of_marker:
        kind, what = of_marker.groups()
        return f"{kind.lower()}_{what.lower() if kind.lower() in ('beads', 'probe') else what}"
    return text.strip().lower()
