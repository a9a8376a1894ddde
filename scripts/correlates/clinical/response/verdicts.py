"""What one parameter says at one assessment."""

from collections.abc import Mapping
from dataclasses import dataclass

from correlates.clinical.response.readings import UNKNOWN, Reading

NORMAL = "CR"
HYPOCELLULAR = "CRi"
NODULES = "nPR"
IMPROVED = "PR"
STABLE = "SD"
WORSE = "PD"
UNKNOWN_VERDICT = "NE"

TUMOUR = ("nodes", "spleen", "liver", "symptoms", "lymphocytes")
BLOOD_LINES = ("platelets", "hemoglobin", "neutrophils")
# They tell progression alone: nothing of them improves.
PROGRESSION_ONLY = ("single_site", "new_lesion", "nontarget", "new_organ", "transformation")
PARAMETERS = (*TUMOUR, *BLOOD_LINES, "marrow", *PROGRESSION_ONLY)
GROUP_OF = (
    dict.fromkeys(TUMOUR, "A")
    | dict.fromkeys((*BLOOD_LINES, "marrow"), "B")
    | dict.fromkeys(PROGRESSION_ONLY, "progression")
)


@dataclass(frozen=True)
class Verdict:
    """What one parameter says.

    Parameters
    ----------
    parameter
        One of ``PARAMETERS``.
    verdict
        ``CR`` (normal), ``CRi`` (hypocellular marrow), ``nPR`` (nodules in the marrow), ``PR``
        (improved), ``SD``, ``PD`` (worse) or ``NE`` (not known).
    reading, baseline, reference
        Now, before the first ibrutinib dose, and what worsening is measured from.
    unit
        Unit of the three.
    change_pct
        Change that was compared, in percent.
    threshold
        The limits that it was compared with, in words.
    was_abnormal
        Whether it was abnormal at baseline; None if that is not known.
    exemption
        Why a worsening is no progression: ``ibrutinib_lymphocytosis`` or ``flare``; else empty.
    reason
        What must be said with it.
    """

    parameter: str
    verdict: str
    reading: Reading = UNKNOWN
    baseline: Reading = UNKNOWN
    reference: Reading = UNKNOWN
    unit: str = ""
    change_pct: float | None = None
    threshold: str = ""
    was_abnormal: bool | None = None
    exemption: str = ""
    reason: str = ""

    @property
    def is_progression(self) -> bool:
        """Whether it is a worsening that nothing exempts."""
        return self.verdict == WORSE and not self.exemption

    @property
    def has_improved(self) -> bool:
        """Whether it is normal or down by as much as a response demands."""
        return self.verdict in (NORMAL, HYPOCELLULAR, NODULES, IMPROVED)


Verdicts = Mapping[str, Verdict]
"""Verdicts by parameter."""
