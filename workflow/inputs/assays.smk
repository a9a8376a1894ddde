"""Which assays beside flow a study has, and which questions are asked of them."""


def has_sheets(*kinds):
    """Whether the study has any of these kinds of sheets."""
    return bool(set(kinds) & set(PLAN.sheets))


def assays_by_sheets():
    """What each assay writes, and whether the study has it; in the order of the report."""
    return [
        (rules.measure_rnaseq.output, has_sheets("rnaseq", "junctions")),
        (rules.measure_occupancy.output, has_occupancy()),
        (rules.measure_qpcr.output, has_sheets("qpcr")),
        (rules.measure_pk.output, has_sheets("pk")),
        (rules.measure_synapse.output, has_sheets("synapse")),
        (rules.measure_variants.output, has_sheets("variants")),
        (rules.measure_genotype.output, has_sheets("genotype")),
        (rules.measure_protein.output, has_protein()),
        (rules.measure_soluble.output, has_sheets("soluble")),
        (rules.measure_scrna.output, has_sheets("scrna")),
    ]


def questions_by_assays():
    """What answers each question that is asked of assays, and whether the study can ask it."""
    return [
        (rules.compare_occupancy.output, has_occupancy()),
        (rules.compare_synapses.output, has_sheets("synapse")),
        (rules.compare_soluble.output, has_sheets("soluble")),
        (rules.compare_expression.output, has_sheets("rnaseq", "junctions")),
        (rules.compare_quantities.output, has_sheets("qpcr")),
        (rules.compare_pseudobulk.output, has_sheets("scrna")),
        (rules.compare_exposure.output, has_sheets("pk")),
        (rules.associate_genotypes.output, has_sheets("genotype")),
        (rules.follow_degradation.output, has_protein()),
        (rules.compare_messengers.output, has_protein() and has_messengers()),
    ]


def sexes_of_patients(wildcards):
    """The sex of each patient whose sex is recorded; nothing else of the clinic reaches an assay."""
    require_plan()
    rows = read_records(CLINICAL_FILE).rows("patients")
    return {row["patient"]: row["sex"] for row in rows if row.get("sex")}


def rows_of_assays(wildcards):
    """The good rows of all sheets of assays: they know draws that no FCS file is of."""
    require_plan()
    return [ASSAY_FILES[kind] for kind in sorted(ASSAY_FILES)]


def outputs_in_study(outputs):
    return [output for output, is_in_study in outputs if is_in_study]


def assay_results():
    """The results of assays that the default target asks for."""
    outputs = outputs_in_study([*assays_by_sheets(), *questions_by_assays()])
    return [str(path) for output in outputs for path in output]


def absent_assay_results():
    """The results that an earlier run may have left, of assays that are no longer in the study."""
    every = (*assays_by_sheets(), *questions_by_assays())
    return sorted({str(path) for output, _ in every for path in output} - set(assay_results()))


def assay_tables_shown(wildcards):
    """The tables and figures of assays that the report shows, by what they are."""
    require_plan()
    return assay_results()


def quality_of_assays(wildcards):
    """How runs and samples of the assays passed their checks; nothing of the clinic is in it."""
    require_plan()
    names = ("runs", "samples", "controls", "layout")
    outputs = outputs_in_study(assays_by_sheets())
    return [str(getattr(output, name)) for output in outputs for name in names]
