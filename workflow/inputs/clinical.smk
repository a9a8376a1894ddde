"""Which tables of the clinic a study gets: those whose sheets it has."""


def clinical_results():
    """The tables that the default target asks for."""
    recorded = {
        kind for kind in ("exposure", "laboratory", "adverse_events") if config["study"].get(kind)
    }
    return list(rules.grade_safety.output) if recorded else []
