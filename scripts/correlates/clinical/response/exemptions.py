"""What looks like progression and is none: lymphocytosis on ibrutinib, and tumor flare reaction.

Source: redistribution lymphocytosis, Blood 2014;123:4132; tumor flare, Cancer 2011;117:2127. The
windows are project defaults.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from correlates.clinical.dosing.dosing import IBRUTINIB, LENALIDOMIDE, Dosing
from correlates.clinical.response.judged import FLARE, ResponseSettings
from correlates.clinical.response.readings import Finding
from correlates.clinical.response.verdicts import WORSE, Verdict, Verdicts

LYMPHOCYTOSIS = "ibrutinib_lymphocytosis"


def is_on_ibrutinib(dosing: Dosing, day: float, days_after: float) -> bool:
    """Say whether ibrutinib was taken on a day, or within so many days before it."""
    return any(
        one.first <= math.floor(day) <= one.last + days_after
        for one in dosing.intervals(IBRUTINIB)
        if one.is_taken
    )


def exempt_lymphocytosis(
    verdicts: Verdicts, finding: Finding, dosing: Dosing, settings: ResponseSettings
) -> dict[str, Verdict]:
    """Exempt a rise of the lymphocytes on a BTK inhibitor: it is never progression alone."""
    found = dict(verdicts)
    lymphocytes = found["lymphocytes"]
    days_after = settings["ibrutinib_days_after"]
    if lymphocytes.verdict == WORSE and is_on_ibrutinib(dosing, finding.day, days_after):
        note = "lymphocytosis on ibrutinib is no progression by itself"
        found["lymphocytes"] = replace(lymphocytes, exemption=LYMPHOCYTOSIS, reason=note)
    return found


def flare_window(
    finding: Finding,
    dosing: Dosing,
    events: Sequence[tuple[float, float]],
    settings: ResponseSettings,
) -> tuple[bool, str]:
    """Say whether growth began soon enough after lenalidomide, and which signs there were.

    Parameters
    ----------
    finding
        The assessment at which it was seen.
    dosing
        What the patient took; its first dose of lenalidomide and every rise open a window.
    events
        First and last day of each recorded flare.
    settings
        ``flare.window_days``.

    Returns
    -------
    Whether the assessment, or the onset of a flare that still goes on then, lies within the window
    of a dose; and the signs of a flare in words, empty without any.
    """
    length = settings["flare"]["window_days"]
    inside, signs = False, []
    for dose_day in dosing.increases(LENALIDOMIDE):
        seen_inside = 0 <= finding.day - dose_day <= length
        inside = inside or seen_inside
        for onset, last in events:
            began_inside = 0 <= onset - dose_day <= length and onset <= finding.day
            if began_inside and finding.day <= last:
                inside = True
            if began_inside and (seen_inside or finding.day <= last):
                signs.append(f"flare recorded from day {onset:g}")
    if finding.row.get("tender_nodes"):
        signs.append("tender nodes")
    return inside, ", ".join(dict.fromkeys(signs)) if inside else ""


def flare_parameters(verdicts: Verdicts, settings: ResponseSettings) -> tuple[str, ...]:
    """Return the worsened parameters that a flare can explain."""
    exempts = settings["flare"]["exempts"]
    return tuple(name for name, one in verdicts.items() if one.is_progression and name in exempts)


def exempt_flare(verdicts: Verdicts, names: Sequence[str], why: str) -> dict[str, Verdict]:
    """Mark parameters as worsened by a flare."""
    found = dict(verdicts)
    for name in names:
        reason = "; ".join(filter(None, [found[name].reason, why]))
        found[name] = replace(found[name], exemption=FLARE, reason=reason)
    return found
