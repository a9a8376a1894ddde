"""What was judged of a patient: each assessment's category, and the course that they make."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from correlates.clinical.dosing.dosing import FIRST_IBRUTINIB_DAY

ORDER = ("CR", "CRi", "nPR", "PR", "PR-L", "SD", "PD", "NE")
"""Categories from the best to the one that says nothing (reference 4.1)."""
RANK = {category: rank for rank, category in enumerate(ORDER)}
RESPONSES = frozenset({"CR", "CRi", "nPR", "PR"})
RESPONSES_WITH_LYMPHOCYTOSIS = RESPONSES | {"PR-L"}
DEPTH = {"CR": 3, "CRi": 3, "nPR": 2, "PR": 2, "PR-L": 1, "SD": 0, "PD": 0}
"""Ordinal depth; of a response that is not evaluable there is none."""

CONFIRMED = "yes"
REFUTED = "no"
PENDING = "not_yet"

FLARE = "flare"

COMPUTED = "computed"
INVESTIGATOR = "investigator"
TYPED = "patients"


@dataclass(frozen=True)
class Judged:
    """One assessment under treatment, judged.

    Parameters
    ----------
    study_day, visit
        When it was.
    category
        CR, CRi, nPR, PR, PR-L, SD, PD or NE.
    confirmed
        Whether the response or the progression was confirmed: ``yes``, ``no`` or ``not_yet``;
        empty where there is nothing to confirm (SD, NE).
    is_progression
        Whether it is a progression that counts: a PD that waits for its confirmation may not.
    exemption
        ``flare`` where growth was judged a tumor flare reaction and no progression; else empty.
    reason
        By which parameters the category came about.
    spd_pct_change
        Change of the sum of products from baseline, in percent; None if not evaluable.
    """

    study_day: float
    visit: str
    category: str
    confirmed: str = ""
    is_progression: bool = False
    exemption: str = ""
    reason: str = ""
    spd_pct_change: float | None = None

    @property
    def is_adequate(self) -> bool:
        """Whether it tells if the disease has progressed: everything but NE does."""
        return self.category != "NE"

    @property
    def is_neutral(self) -> bool:
        """Whether it says nothing against a response that came before it.

        A flare and a progression that does not count do not, nor does what is not evaluable.
        """
        waits = self.category == "PD" and not self.is_progression
        return waits or self.exemption == FLARE or not self.is_adequate


@dataclass(frozen=True)
class Course:
    """All judged assessments of a patient under treatment, and what follows from them.

    Parameters
    ----------
    patient
        Whose course it is.
    criteria
        Version of the criteria: ``iwCLL2018`` or ``iwCLL2008``.
    source
        ``computed`` from the assessments, ``investigator`` where the categories are his,
        ``patients`` where only the patients sheet has a response and nothing is known by day.
    assessments
        In the order of their days; none before the first dose.
    best
        Best response, confirmed or not as the config demands; None if nothing is recorded.
    best_confirmed, best_unconfirmed
        Both readings of it.
    first_progression_day
        Study day of the first progression that counts; None if there was none.
    first_response_day
        Study day of the first PR or better (confirmed, if the config demands it) before any
        progression; None if there was none.
    first_response_l_day
        The same for PR-L or better.
    first_dose_day
        Study day of the first ibrutinib dose, from which times count.
    new_therapy_day
        Study day on which another therapy of the leukemia began; what is assessed later is no
        response to this one. None if none did.
    reason
        Why the best response is what it is, where that is not plain.
    """

    patient: str
    criteria: str
    source: str
    assessments: tuple[Judged, ...] = ()
    best: str | None = None
    best_confirmed: str | None = None
    best_unconfirmed: str | None = None
    first_progression_day: float | None = None
    first_response_day: float | None = None
    first_response_l_day: float | None = None
    first_dose_day: float = FIRST_IBRUTINIB_DAY
    new_therapy_day: float | None = None
    reason: str = ""

    @property
    def counted(self) -> tuple[Judged, ...]:
        """Assessments of this treatment: those up to the day on which another therapy began."""
        until = math.inf if self.new_therapy_day is None else self.new_therapy_day
        return tuple(one for one in self.assessments if one.study_day <= until)

    @property
    def adequate_days(self) -> tuple[float, ...]:
        """Study days of the assessments that tell whether the disease has progressed."""
        return tuple(one.study_day for one in self.assessments if one.is_adequate)

    def days_from_first_dose(self, study_day: float | None) -> float | None:
        """Return the days from the first ibrutinib dose to a study day, None for none."""
        return None if study_day is None else study_day - self.first_dose_day

    @property
    def last_adequate_day(self) -> float | None:
        """Study day of the last adequate assessment; None if there was none."""
        return max(self.adequate_days, default=None)


ResponseSettings = Mapping
"""The config's block ``clinical.response``."""
