"""Which tables of the clinic a study gets: those whose sheets it has."""


def tables_by_sheets():
    """The tables of each rule, and the sheets of which any one asks for them."""
    return [
        (rules.tabulate_dosing.output, ("exposure", "patients")),
        (rules.grade_safety.output, ("exposure", "laboratory", "adverse_events")),
        (rules.judge_response.output, ("assessments",)),
        (rules.trace_courses.output, ("exposure",)),
    ]


def clinical_results():
    """The tables that the default target asks for."""
    wanted = clinical_tables()
    if redcap_project().get("results") is not None:
        wanted += map(str, rules.export_redcap.output)
    return wanted


def clinical_tables():
    """Those of them that are made of the sheets of the study."""
    return [
        str(path)
        for tables, sheets in tables_by_sheets()
        if set(sheets) & set(PLAN.sheets)
        for path in tables
    ]


def clinical_tables_shown(wildcards):
    """The tables of the clinic that the report shows, as far as the study has their sheets."""
    require_plan()
    of_all = rules.derive_endpoints.output
    return [*clinical_tables(), of_all.flares, of_all.flare_rates, of_all.follow_up]


def absent_clinical_results():
    """The tables that an earlier run may have left, whose sheets are no longer in the study."""
    every = {str(path) for tables, _ in tables_by_sheets() for path in tables}
    every |= set(map(str, rules.export_redcap.output))
    return sorted(every - set(clinical_results()))


def redcap_project():
    """The config's block of the REDCap project; empty without one."""
    return (config.get("study") or {}).get("redcap") or {}


def patients_sheet():
    """What problems call the sheet of patients: a file, or part of the export."""
    study = config.get("study") or {}
    in_export = sheet_name(redcap_project().get("export", ""), "patients")
    return study.get("patients", in_export)


def redcap_files(wildcards):
    """The files of the project that results go back to."""
    names = ("export", "dictionary", "events")
    return [redcap_project()[name] for name in names if name in redcap_project()]


def tables_for_redcap(wildcards):
    """The tables whose values go back: those that the study has."""
    require_plan()
    back = ("responses", "tls", "dose_intensity")
    tables = [path for path in clinical_tables() if Path(path).stem in back]
    derived = [rules.derive_endpoints.output.endpoints, rules.build_cohort.output.draws]
    return derived + tables
