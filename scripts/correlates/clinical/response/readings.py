"""What was measured at one assessment, and what was known before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

FROM_ASSESSMENT = "assessment"
FROM_LABORATORY = "laboratory"
FROM_LESIONS = "lesions"
# Decimal fractions of a sheet are not exact in binary: 9.7 - 7.7 is less than 2.
_HAIR = 1e-9


@dataclass(frozen=True)
class Reading:
    """One value, and where it was read.

    Parameters
    ----------
    value
        A number, a truth value or a word; None if it is not known.
    day
        Study day on which it was measured.
    source
        ``assessment``, ``laboratory`` or ``lesions``.
    note
        Why it is not known, or what must be said with it.
    """

    value: float | bool | str | None = None
    day: float | None = None
    source: str = ""
    note: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None


UNKNOWN = Reading()


@dataclass(frozen=True)
class Lesion:
    """One lesion as it was on one day; None is a diameter that nobody measured."""

    name: str
    role: str
    ld_mm: float | None
    sd_mm: float | None
    status: str
    day: float


@dataclass(frozen=True)
class Finding:
    """Everything that was found at one assessment.

    Parameters
    ----------
    patient, day, visit
        Whose and when.
    readings
        By measure: ``spd_mm2``, ``longest_mm``, ``spleen_cm``, ``spleen_below_costal_cm``,
        ``liver_enlarged``, ``liver_cm``, ``symptoms``, ``alc_10e9_l``, ``plt_10e9_l``,
        ``hb_g_dl``, ``anc_10e9_l``, ``marrow``, ``marrow_lymphocytes_pct``, ``marrow_cll_pct``.
    lesions
        By name.
    row
        The row of the assessments sheet; empty where lesions were measured with no such row.
    transfused, gcsf, epo
        Whether what was given makes an improvement of a blood value worth nothing.
    """

    patient: str
    day: float
    visit: str
    readings: Mapping[str, Reading] = field(default_factory=dict)
    lesions: Mapping[str, Lesion] = field(default_factory=dict)
    row: Mapping = field(default_factory=dict)
    transfused: bool = False
    gcsf: bool = False
    epo: bool = False

    def reading(self, measure: str) -> Reading:
        """Return what was read of a measure; a reading without value if nothing was."""
        return self.readings.get(measure, UNKNOWN)

    def value(self, measure: str):
        """Return the value of a measure, None if it is not known."""
        return self.reading(measure).value


@dataclass(frozen=True)
class History:
    """What was known before an assessment: at baseline, and at earlier assessments.

    Parameters
    ----------
    before
        Findings up to the first ibrutinib dose, in the order of their days.
    earlier
        Findings under treatment before the one that is judged.
    """

    before: tuple[Finding, ...] = ()
    earlier: tuple[Finding, ...] = ()

    def with_finding(self, finding: Finding) -> "History":
        """Return the history as it stands for the next assessment."""
        return History(self.before, (*self.earlier, finding))

    def baseline(self, measure: str) -> Reading:
        """Return the last known reading up to the first ibrutinib dose (B0)."""
        known = (one.reading(measure) for one in reversed(self.before))
        return next((reading for reading in known if reading.is_known), UNKNOWN)

    def baseline_finding(self, measure: str) -> Finding | None:
        """Return the finding that the baseline of a measure was read at."""
        return next((one for one in reversed(self.before) if one.reading(measure).is_known), None)

    def lowest(self, measure: str) -> Reading:
        """Return the lowest reading of baseline and earlier assessments (the nadir)."""
        known = self.known(measure)
        return min(known, key=lambda reading: reading.value) if known else UNKNOWN

    def highest(self, measure: str) -> Reading:
        """Return the highest reading of baseline and earlier assessments."""
        known = self.known(measure)
        return max(known, key=lambda reading: reading.value) if known else UNKNOWN

    def known(self, measure: str) -> list[Reading]:
        """Return baseline and earlier readings that have a value, in order."""
        readings = [self.baseline(measure), *(one.reading(measure) for one in self.earlier)]
        return [reading for reading in readings if reading.is_known]

    def lesion(self, name: str) -> list[Lesion]:
        """Return the earlier states of a lesion whose longest diameter is known."""
        return [
            one.lesions[name]
            for one in self.findings
            if name in one.lesions and one.lesions[name].ld_mm is not None
        ]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All findings before the one that is judged, those before the first dose included."""
        return (*self.before, *self.earlier)


def at_least(value: float, limit: float) -> bool:
    """Compare as in decimals: what is a hair below a limit has reached it."""
    return value >= limit - _HAIR * max(1.0, abs(limit))


def at_most(value: float, limit: float) -> bool:
    """Compare as in decimals: what is a hair above a limit has not passed it."""
    return value <= limit + _HAIR * max(1.0, abs(limit))


def percent_change(value: float | None, reference: float | None) -> float | None:
    """Return the change from a reference in percent; None if either is missing, or it is 0."""
    if value is None or not reference:
        return None
    return 100 * (value - reference) / reference


def names_of(items: Iterable[str]) -> str:
    """Write names as a list."""
    return ", ".join(items)
