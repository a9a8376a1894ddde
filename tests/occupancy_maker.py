"""Rows of occupancy as the assay measures them, for the question that is asked of them."""

import pandas as pd

from correlates.analyses.occupancy.settings import OccupancySettings
from correlates.measurements import COLUMNS, conform

BLOCK = {
    "margin_points": {"btk": 5, "itk": 10},
    "alone": "C1D1 pre",
    "combination": "C2D1 pre",
    "later": ["C4D1 pre"],
    "peak_alone": "C0D28 h4",
    "peak_combination": "C2D1 h4",
    "needs_hours": False,
    "missed_dose_hours": 72,
    "confidence": 0.90,
    "reference_medians": {"btk": {"peak": 95, "trough": 90}},
    "resynthesis": {"k_per_day": {"btk": 0.144}, "ff_4h": 0.01, "tolerance_points": 10},
}
VISITS = {
    "hold_days": 7,
    "steroids": {"drugs": [], "days": 7},
    "windows": {"default": [3, 3]},
    "aliases": [["C0D28 trough", "C0D28 h24", "C1D1 pre"]],
}
SETTINGS = OccupancySettings.of(BLOCK, VISITS, {"trough": [20, 28], "h4": [3, 6]})
METHOD = "adjusted: 100 (1 - (S/T) / (S0/T0)); flow_probe, mfi"
DAYS = {"C0D28": 28, "C1D1": 29, "C2D1": 57, "C4D1": 113}
ALONE = ("C0D28", "C1D1")


def reading(patient, visit, value, timepoint="pre", ceiling=None, **other):
    """One row of ``btk__occ__cll``; with a ceiling the value is only known to lie above it."""
    row = {
        **{"patient": patient, "visit": visit, "timepoint": timepoint, "specimen": "fresh_wb"},
        **{"sample": "", "day": float(DAYS[visit]), "run": "R1", "assay": "occupancy"},
        "hours_post_dose": 24.0 if timepoint == "pre" else 4.0,
        **{"phase": "IBR_RUNIN" if visit in ALONE else "COMBO", "feature": "btk__occ__cll"},
        **{"value": value, "unit": "%", "ci_low": None, "ci_high": None, "n": 900},
        **{"status": "ok", "limit": None, "method": METHOD, "flags": []},
    }
    if ceiling is not None:
        row |= {"status": "gt_uloq", "limit": ceiling, "value": ceiling}
    return row | other


def table(rows):
    return conform(pd.DataFrame(rows, columns=COLUMNS))


def trough_pairs(alone, combination, **other):
    """Troughs of patients P1, P2, ... under either; a tuple is the ceiling of a censored value."""
    rows = []
    for number, values in enumerate(zip(alone, combination, strict=True), 1):
        for visit, value in zip(("C1D1", "C2D1"), values, strict=True):
            ceiling = value[0] if isinstance(value, tuple) else None
            rows.append(reading(f"P{number:02d}", visit, value, ceiling=ceiling, **other))
    return rows
