"""Assessments made by hand: the shipped settings, and rows with all that a response asks for."""

import copy
from functools import cache

import yaml

from clinic_maker import PATIENT, make_records
from conftest import ROOT
from correlates.clinical.response.course import responses_of

# Everything abnormal before the first dose.
BEFORE = {
    "study_day": -5,
    "visit": "SCR",
    "spd_mm2": 4000.0,
    "longest_node_cm": 5.0,
    "spleen_cm": 17.0,
    "liver_enlarged": True,
    "symptoms": True,
    "alc_10e9_l": 60.0,
    "plt_10e9_l": 60.0,
    "hb_g_dl": 9.0,
    "anc_10e9_l": 1.0,
    "marrow": "cll",
    "marrow_cll_pct": 80.0,
    "marrow_lymphocytes_pct": 90.0,
}
# Everything normal.
COMPLETE = {
    "study_day": 200,
    "spd_mm2": 300.0,
    "longest_node_cm": 1.4,
    "spleen_cm": 12.0,
    "liver_enlarged": False,
    "symptoms": False,
    "alc_10e9_l": 2.0,
    "plt_10e9_l": 150.0,
    "hb_g_dl": 13.0,
    "anc_10e9_l": 3.0,
    "marrow": "normal",
    "marrow_cll_pct": 0.0,
    "marrow_lymphocytes_pct": 10.0,
}
# As before the first dose, but for the marrow, which nobody looked at.
UNCHANGED = BEFORE | {
    "study_day": 100,
    "visit": None,
    "marrow": "not_done",
    "marrow_cll_pct": None,
    "marrow_lymphocytes_pct": None,
}
# Nodes, spleen, lymphocytes and platelets down, or up, by as much as a partial response asks for.
PARTIAL = UNCHANGED | {
    "spd_mm2": 2000.0,
    "longest_node_cm": 3.0,
    "spleen_cm": 15.0,
    "alc_10e9_l": 30.0,
    "plt_10e9_l": 90.0,
}


@cache
def _shipped():
    text = (ROOT / "config" / "config.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["clinical"]["response"]


def settings(**changed):
    """Return the shipped settings of response; a block that is given changes only its own keys."""
    made = copy.deepcopy(_shipped())
    for key, value in changed.items():
        made[key] = made[key] | value if isinstance(value, dict) else value
    return made


def assess(row, day, **changed):
    """Return an assessment of a day with some columns changed."""
    return row | {"study_day": day} | changed


def respond(*assessments, before=BEFORE, given=None, **sheets):
    """Judge one patient by these assessments; ``given`` changes settings."""
    rows = [*([before] if before else []), *assessments]
    records = make_records(patients=[PATIENT], assessments=rows, **sheets)
    return responses_of(records, settings(**(given or {})))[PATIENT]


def categories(response):
    """Return the computed category of each assessment."""
    return [one.category for one in response.computed.assessments]


def verdict(response, parameter, place=-1):
    """Return the verdict on one parameter at one assessment, the last by default."""
    return response.assessments[place].progression.verdicts[parameter]
