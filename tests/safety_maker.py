"""Patients and settings for tests of safety, made by hand."""

from functools import cache

import yaml

from conftest import ROOT
from correlates.clinical.safety.course import Course, Cycle, Patient, Start
from correlates.clinical.safety.settings import SafetySettings, safety_settings


@cache
def shipped() -> dict:
    text = (ROOT / "config" / "config.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["clinical"]["safety"]


def make_settings(**changed) -> SafetySettings:
    """Return the shipped settings; a block given here is laid over the shipped one."""
    block = dict(shipped())
    for name, value in changed.items():
        block[name] = block[name] | value if isinstance(value, dict) else value
    return safety_settings(block, confidence=0.95)


def make_course(drug="lenalidomide", first=29, last=100, mg=5.0, **doses) -> Course:
    """Return a course at one dose; ``held`` and ``changed`` give the doses of single days."""
    by_day = dict.fromkeys(range(first, last + 1), mg)
    by_day |= dict.fromkeys(doses.get("held", ()), 0.0) | doses.get("changed", {})
    rises = tuple(Start(drug, "escalation", *rise) for rise in doses.get("rises", ()))
    return Course(drug, first, last, by_day, rises)


def make_patient(key="P01", *, lenalidomide=True, last_known_day=200, **given) -> Patient:
    """Return a patient on ibrutinib from day 1 and, unless told otherwise, lenalidomide from 29."""
    courses = {
        "ibrutinib": make_course("ibrutinib", 1, 100, 420.0),
        "lenalidomide": make_course() if lenalidomide is True else lenalidomide,
    }
    if not lenalidomide:
        courses["lenalidomide"] = Course("lenalidomide")
    starts = (1, 29, 57, 85) if lenalidomide else (1,)
    cycles = tuple(Cycle(number, day, day + 27) for number, day in enumerate(starts))
    defaults = {"sex": "F", "level_mg": 5, "courses": courses, "cycles": cycles}
    return Patient(key, last_known_day=last_known_day, **defaults | given)


def event(term="Diarrhea", onset_day=30, grade=1, **more) -> dict:
    """Return one reported adverse event; what is not given is not recorded."""
    columns = ("resolution_day", "serious", "related_ibrutinib", "related_lenalidomide", "dlt")
    blank = dict.fromkeys((*columns, "cause", "action"))
    named = {"term": term, "onset_day": onset_day, "grade": grade, "ctcae_version": "5.0"}
    return blank | named | more
