"""Drugs of the exposure sheet that raise a blood value by themselves: G-CSF and erythropoietin."""

import math
from dataclasses import replace

from correlates.clinical.dosing.dosing import Dosing
from correlates.clinical.response.readings import Finding, History

G_CSF, EPO = "g_csf", "epo"
# As the columns that say the same (gcsf_7d): a dose counts on its day and the seven after it.
DAYS = 7


def with_support(finding: Finding, dosing: Dosing) -> Finding:
    """Return a finding that knows what the exposure sheet says was given.

    Parameters
    ----------
    finding
        What the sheets of assessments and of the laboratory say of it stays: a blank there is
        filled, and a yes of either sheet is a yes.
    dosing
        What the patient took.
    """
    return replace(
        finding,
        gcsf=finding.gcsf or _was_given(G_CSF, finding, "anc_10e9_l", dosing),
        epo=finding.epo or _was_given(EPO, finding, "hb_g_dl", dosing),
    )


def history_with_support(history: History, dosing: Dosing) -> History:
    """Return a history of which every finding knows what was given."""
    of_both = [
        tuple(with_support(one, dosing) for one in findings)
        for findings in (history.before, history.earlier)
    ]
    return History(*of_both)


def _was_given(drug: str, finding: Finding, measure: str, dosing: Dosing) -> bool:
    """Say whether a drug was given in the days before the blood of a measure was drawn."""
    drawn = finding.reading(measure).day
    day = math.floor(finding.day if drawn is None else drawn)
    return any(
        one.is_taken and one.first <= day and one.last >= day - DAYS
        for one in dosing.intervals(drug)
    )
