"""Which tables of the clinic a study gets: those whose sheets it has."""


def clinical_results():
    """The tables that the default target asks for."""
    recorded = {
        kind for kind in ("exposure", "laboratory", "adverse_events") if config["study"].get(kind)
    }
    wanted = list(rules.grade_safety.output) if recorded else []
    if config["study"].get("assessments"):
        wanted += rules.judge_response.output
    return wanted
