"""What is known of one patient over time, as far as it decides on a time to event."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NOT_EVALUABLE = "NE"


@dataclass(frozen=True)
class Assessed:
    """One assessment of response.

    Parameters
    ----------
    day
        Study day.
    category
        Category that it came to, after flare and confirmation; ``NE`` where it came to none, which
        makes it no adequate assessment.
    """

    day: float
    category: str

    @property
    def is_adequate(self) -> bool:
        """Say whether progression could have been seen."""
        return bool(self.category) and self.category != NOT_EVALUABLE


@dataclass(frozen=True)
class History:
    """What is known of one patient; days are study days, None where there is no such day.

    Parameters
    ----------
    patient
        Key of the patient.
    start_day
        Day of the first ibrutinib dose (C0D1), from which PFS and OS count.
    cycle_days
        Day on which each cycle began that did begin; cycle 1 with the first lenalidomide dose.
    assessed
        Assessments of response in order of their day.
    progression_day
        First progression after the start, by the source of responses that was chosen.
    response_day, response_l_day
        First response of PR or better, and of PR-L or better, that stands.
    death_day
        Day of death.
    is_dead
        Whether the patient died, with or without a day.
    new_therapy_day
        Day on which another therapy of the leukemia began.
    off_study_day, off_study_reason
        When and why the patient left.
    last_known_day
        Last day of which anything is known.
    cut
        Name of the data cut, empty without one.
    """

    patient: str
    start_day: float | None
    cycle_days: Mapping[int, float] = field(default_factory=dict)
    assessed: tuple[Assessed, ...] = ()
    progression_day: float | None = None
    response_day: float | None = None
    response_l_day: float | None = None
    death_day: float | None = None
    is_dead: bool = False
    new_therapy_day: float | None = None
    off_study_day: float | None = None
    off_study_reason: str = ""
    last_known_day: float | None = None
    cut: str = ""

    def adequate_until(self, day: float, inclusive: bool = True) -> float | None:
        """Return the day of the last adequate assessment after the start and until a day."""
        days = [
            one.day
            for one in self.assessed
            if one.is_adequate
            and one.day > self.start_day
            and (one.day <= day if inclusive else one.day < day)
        ]
        return max(days, default=None)
