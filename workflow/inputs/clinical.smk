"""Which tables of the clinic a study gets: those whose sheets it has."""


def tables_by_sheets():
    """The tables of each rule, and the sheets of which any one asks for them."""
    return [
        (rules.grade_safety.output, ("exposure", "laboratory", "adverse_events")),
        (rules.judge_response.output, ("assessments",)),
    ]


def clinical_results():
    """The tables that the default target asks for."""
    return [
        str(path)
        for tables, sheets in tables_by_sheets()
        if set(sheets) & set(PLAN.sheets)
        for path in tables
    ]


def absent_clinical_results():
    """The tables that an earlier run may have left, whose sheets are no longer in the study."""
    every = {str(path) for tables, _ in tables_by_sheets() for path in tables}
    return sorted(every - set(clinical_results()))
