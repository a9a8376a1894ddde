"""Every rule of the response criteria: a value that meets it, and one that just does not."""

import pytest

from clinic_maker import dose, lesion
from response_maker import (
    BEFORE,
    COMPLETE,
    PARTIAL,
    UNCHANGED,
    assess,
    categories,
    respond,
    verdict,
)


def judged(row, given=None, before=BEFORE, **changed):
    """Return the category of one assessment on day 100."""
    return categories(respond(assess(row, 100, **changed), before=before, given=given))[0]


@pytest.mark.parametrize(
    ("column", "met", "missed"),
    [
        pytest.param("longest_node_cm", 1.49, 1.5, id="nodes: none of 1.5 cm"),
        pytest.param("spleen_cm", 12.9, 13.0, id="spleen: below 13 cm"),
        pytest.param("liver_enlarged", False, True, id="liver: normal"),
        pytest.param("symptoms", False, True, id="no symptoms"),
        pytest.param("alc_10e9_l", 3.99, 4.0, id="lymphocytes: below 4"),
        pytest.param("plt_10e9_l", 100, 99, id="platelets: 100"),
        pytest.param("hb_g_dl", 11.0, 10.9, id="haemoglobin: 11.0"),
        pytest.param("marrow", "normal", "cll", id="marrow: no CLL cells"),
        pytest.param("marrow", "normal", "not_done", id="marrow: done"),
        pytest.param("marrow_cll_pct", 0.0, 1.0, id="marrow: not one CLL cell"),
        pytest.param("epo", False, True, id="without erythropoietin"),
        pytest.param("spleen_cm", 12.0, None, id="a spleen that was not measured is not normal"),
        pytest.param("liver_enlarged", False, None, id="nor is a liver"),
        pytest.param("symptoms", False, None, id="nor are symptoms that nobody asked for absent"),
    ],
)
def test_a_complete_response_needs_every_parameter(column, met, missed):
    assert judged(COMPLETE, **{column: met}) == "CR"
    assert judged(COMPLETE, **{column: missed}) == "PR"


def test_a_transfusion_takes_both_lines_that_it_may_have_raised():
    assert judged(COMPLETE, transfused_7d=True) == "SD"
    assert judged(COMPLETE, transfused_7d=None) == "CR", "a blank is none"


@pytest.mark.parametrize(
    ("column", "met", "missed"),
    [
        pytest.param("anc_10e9_l", 1.5, 1.49, id="neutrophils: 1.5"),
        pytest.param("anc_10e9_l", 3.0, None, id="neutrophils: counted"),
        pytest.param("marrow_lymphocytes_pct", 29.9, 30.0, id="marrow: below 30 % lymphocytes"),
        pytest.param("gcsf_7d", False, True, id="without G-CSF"),
    ],
)
def test_what_the_criteria_of_2008_add(column, met, missed):
    by_2008 = {"criteria": "iwCLL2008"}

    assert judged(COMPLETE, by_2008, **{column: met}) == "CR"
    assert judged(COMPLETE, by_2008, **{column: missed}) == "PR"
    assert judged(COMPLETE, **{column: missed}) == "CR", "those of 2018 do not ask"


def test_cll_cells_below_thirty_percent_are_complete_in_2008_alone():
    few = {"marrow": "cll", "marrow_lymphocytes_pct": 20.0, "marrow_cll_pct": 10.0}

    assert judged(COMPLETE, {"criteria": "iwCLL2008"}, **few) == "CR"
    assert judged(COMPLETE, **few) == "PR"


def test_a_palpated_spleen_counts_in_2008_alone():
    palpable = {"spleen_below_costal_cm": 1.0, "spleen_cm": 12.0}
    before = BEFORE | {"spleen_below_costal_cm": 6.0}

    assert judged(COMPLETE, {"criteria": "iwCLL2008"}, before, **palpable) == "PR"
    assert judged(COMPLETE, None, before, **palpable) == "CR"


@pytest.mark.parametrize(
    ("changed", "category"),
    [
        ({"plt_10e9_l": 99, "cytopenia_cause": "drug"}, "CRi"),
        ({"hb_g_dl": 10.9, "cytopenia_cause": "drug"}, "CRi"),
        ({"plt_10e9_l": 99, "cytopenia_cause": "other"}, "PR"),
        ({"plt_10e9_l": 99}, "PR"),
        ({"marrow": "hypocellular"}, "CRi"),
        ({"marrow": "hypocellular", "marrow_cll_pct": 2.0}, "PR"),
        ({"marrow": "nodules"}, "nPR"),
        ({"marrow": "nodules", "plt_10e9_l": 99, "cytopenia_cause": "drug"}, "PR"),
        ({"plt_10e9_l": 99, "cytopenia_cause": "drug", "symptoms": True}, "PR"),
    ],
)
def test_complete_but_for_recovery_or_nodules(changed, category):
    assert judged(COMPLETE, **changed) == category


@pytest.mark.parametrize(
    ("parameter", "column", "met", "missed"),
    [
        pytest.param("nodes", "spd_mm2", 2000, 2040, id="nodes: 50 %, not 49 %"),
        pytest.param("spleen", "spleen_cm", 15.0, 15.04, id="spleen: half of its excess"),
        pytest.param("lymphocytes", "alc_10e9_l", 30.0, 30.6, id="lymphocytes: 50 %, not 49 %"),
        pytest.param("platelets", "plt_10e9_l", 90, 89.4, id="platelets: +50 %, not +49 %"),
        pytest.param("platelets", "plt_10e9_l", 100, 89, id="platelets: or 100"),
        pytest.param("hemoglobin", "hb_g_dl", 11.0, 10.9, id="haemoglobin: 11"),
    ],
)
def test_what_has_improved(parameter, column, met, missed):
    assert verdict(respond(assess(UNCHANGED, 100, **{column: met})), parameter).has_improved
    assert verdict(respond(assess(UNCHANGED, 100, **{column: missed})), parameter).verdict == "SD"


def test_haemoglobin_and_neutrophils_also_improve_by_half():
    before = BEFORE | {"hb_g_dl": 6.0, "anc_10e9_l": 0.6}
    rows = [
        assess(UNCHANGED, day, hb_g_dl=hb, anc_10e9_l=anc)
        for day, hb, anc in ((100, 9.0, 0.9), (200, 8.9, 0.89))
    ]
    found = respond(*rows, before=before, given={"criteria": "iwCLL2008"})

    for parameter in ("hemoglobin", "neutrophils"):
        assert verdict(found, parameter, 0).verdict == "PR"
        assert verdict(found, parameter, 1).verdict == "SD"


@pytest.mark.parametrize(
    ("changed", "category"),
    [
        pytest.param({}, "PR", id="three of A and one of B"),
        pytest.param({"spd_mm2": 2040}, "PR", id="spleen and lymphocytes are two of A"),
        pytest.param({"spd_mm2": 2040, "spleen_cm": 16.0}, "SD", id="lymphocytes alone are one"),
        pytest.param({"plt_10e9_l": 89}, "SD", id="none of B"),
        pytest.param({"plt_10e9_l": 89, "hb_g_dl": 11.0}, "PR", id="another of B"),
        pytest.param({"alc_10e9_l": 30.6}, "PR-L", id="lymphocytes not down by half"),
        pytest.param({"alc_10e9_l": 200.0}, "PR-L", id="lymphocytes up on ibrutinib"),
        pytest.param({"alc_10e9_l": 200.0, "spd_mm2": 2040}, "SD", id="no PR-L on one of two"),
        pytest.param({"symptoms": False}, "PR", id="symptoms are not counted"),
    ],
)
def test_a_partial_response_takes_two_of_a_and_one_of_b(changed, category):
    assert judged(PARTIAL, **changed) == category


def test_the_protocol_s_variant_is_pinned_in_the_config():
    one = {"spd_mm2": 2040, "spleen_cm": 16.0}

    assert judged(PARTIAL, {"group_a_improved": 1}, **one) == "PR"
    assert judged(PARTIAL, {"group_a_improved": 2}, **one) == "SD"
    assert judged(PARTIAL, {"group_b_improved": 2}) == "SD"
    assert judged(PARTIAL, {"group_b_improved": 2}, hb_g_dl=11.0) == "PR"


NODES_ONLY = BEFORE | {
    **{"spleen_cm": 12.0, "liver_enlarged": False, "alc_10e9_l": 3.0},
    **{"plt_10e9_l": 150.0, "hb_g_dl": 13.0},
}


def test_where_one_parameter_was_abnormal_that_one_must_improve():
    row = NODES_ONLY | {"marrow": "not_done", "spd_mm2": 2000.0, "longest_node_cm": 3.0}

    assert judged(row, before=NODES_ONLY) == "PR"
    assert judged(row, before=NODES_ONLY, spd_mm2=2040.0) == "SD"
    assert judged(row, before=NODES_ONLY, alc_10e9_l=20.0) == "PR-L"


@pytest.mark.parametrize(
    ("parameter", "changed", "met", "missed"),
    [
        pytest.param("nodes", "spd_mm2", 6000, 5960, id="nodes: +50 %, not +49 %"),
        pytest.param("spleen", "spleen_cm", 19.0, 18.96, id="spleen: +50 % of its excess"),
        pytest.param("new_organ", "new_organ", True, False, id="a new organ"),
        pytest.param("transformation", "transformation", True, False, id="transformation"),
        pytest.param("transformation", "biopsy", "transformation", "none", id="by biopsy"),
    ],
)
def test_what_is_progression(parameter, changed, met, missed):
    worse = respond(assess(UNCHANGED, 100, **{changed: met}))

    assert categories(worse) == ["PD"]
    assert worse.assessments[0].judgement.because == (parameter,)
    assert worse.computed.first_progression_day == 100
    assert categories(respond(assess(UNCHANGED, 100, **{changed: missed}))) == ["SD"]


@pytest.mark.parametrize(
    ("parameter", "column", "before", "met", "missed"),
    [
        pytest.param("platelets", "plt_10e9_l", 80, 40, 41, id="platelets: half"),
        pytest.param("hemoglobin", "hb_g_dl", 9.7, 7.7, 7.8, id="haemoglobin: 2 g/dL"),
    ],
)
@pytest.mark.parametrize("cause", ["cll", "drug", "other", None])
def test_a_cytopenia_is_progression_only_if_it_is_due_to_cll(
    parameter, column, before, met, missed, cause
):
    start = BEFORE | {column: before}
    changed = {"cytopenia_cause": cause}
    fallen = respond(assess(UNCHANGED, 100, **{column: met}, **changed), before=start)

    assert categories(fallen) == ["PD" if cause == "cll" else "SD"]
    assert verdict(fallen, parameter).reason
    less = assess(UNCHANGED, 100, **{column: missed}, **changed)
    assert categories(respond(less, before=start)) == ["SD"]


def test_the_fall_of_blood_values_may_be_measured_from_the_best():
    rows = [assess(UNCHANGED, 100, plt_10e9_l=150), assess(UNCHANGED, 200, plt_10e9_l=60)]
    rows[1]["cytopenia_cause"] = "cll"

    assert categories(respond(*rows))[-1] == "SD"
    assert categories(respond(*rows, given={"blood_reference": "best"}))[-1] == "PD"


def test_growth_is_measured_from_the_nadir():
    rows = [assess(UNCHANGED, 100, spd_mm2=1000.0), assess(UNCHANGED, 200, spd_mm2=1500.0)]

    assert categories(respond(*rows))[-1] == "PD"
    rows[1]["spd_mm2"] = 1490.0
    assert categories(respond(*rows))[-1] != "PD"
    assert verdict(respond(*rows), "nodes").reference.day == 100


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        pytest.param((16.0, 17.0), "SD", id="from 3 to 4 cm of excess"),
        pytest.param((15.0, 16.0), "PD", id="from 2 to 3 cm of excess"),
        pytest.param((14.0, 14.5), "PD", id="from 1 to 1.5 cm of excess"),
        pytest.param((13.2, 13.4), "PR", id="twice the excess, but 2 mm"),
        pytest.param((12.0, 14.0), "PD", id="2 cm from normal"),
        pytest.param((12.0, 14.9, 13.0), "PR", id="at the limit of normal"),
        pytest.param((12.0, 13.9), "PR", id="less than 2 cm from normal"),
    ],
)
def test_growth_of_a_spleen(lengths, expected):
    rows = [assess(UNCHANGED, 100 * n, spleen_cm=cm) for n, cm in enumerate(lengths, 1)]

    assert verdict(respond(*rows), "spleen").verdict == expected


def test_a_liver_that_enlarges_after_it_was_not_is_progression():
    rows = [assess(UNCHANGED, 100, liver_enlarged=False), assess(UNCHANGED, 200)]

    assert categories(respond(*rows)) == ["SD", "PD"]
    half = assess(UNCHANGED, 100, liver_cm=4.0)
    before = BEFORE | {"liver_cm": 8.0}
    assert verdict(respond(half, before=before), "liver").verdict == "PR"
    assert verdict(respond(half | {"liver_cm": 4.1}, before=before), "liver").verdict == "SD"
    assert verdict(respond(half | {"liver_cm": 12.0}, before=before), "liver").verdict == "PD"
    assert verdict(respond(half | {"liver_cm": 11.9}, before=before), "liver").verdict == "SD"


@pytest.mark.parametrize(
    ("criteria", "column", "first", "met", "missed"),
    [
        pytest.param("iwCLL2018", "marrow_cll_pct", 10.0, 15.0, 14.9, id="CLL cells +50 %"),
        pytest.param("iwCLL2008", "marrow_lymphocytes_pct", 29.9, 30.0, 29.9, id="30 % again"),
    ],
)
def test_a_marrow_that_fills_again_is_progression(criteria, column, first, met, missed):
    rows = [assess(PARTIAL, day, marrow="cll") for day in (100, 200)]
    rows[0][column] = first
    given = {"criteria": criteria}

    assert categories(respond(rows[0], rows[1] | {column: met}, given=given))[-1] == "PD"
    assert categories(respond(rows[0], rows[1] | {column: missed}, given=given))[-1] != "PD"


def test_a_marrow_that_filled_again_stays_so_and_is_confirmed_by_the_next():
    shares = ((100, 10.0), (200, 20.0), (260, None), (320, 20.0))
    rows = [
        assess(PARTIAL, day, marrow="not_done" if share is None else "cll", marrow_cll_pct=share)
        for day, share in shares
    ]
    found = respond(*rows)

    assert categories(found)[:3] == ["PR", "PD", "PD"]
    assert found.computed.assessments[1].confirmed == "yes"
    again = respond(rows[0], rows[1], rows[3]).computed.assessments
    assert again[1].confirmed == "yes", "against what was known before it grew"


def test_a_baseline_that_was_transfused_counts_as_abnormal():
    before = BEFORE | {"hb_g_dl": 12.0, "plt_10e9_l": 150.0, "transfused_7d": True}
    row = assess(PARTIAL, 100, hb_g_dl=12.0)

    assert verdict(respond(row, before=before), "hemoglobin").was_abnormal
    assert categories(respond(row | {"transfused_7d": True}, before=before)) == ["SD"]
    assert categories(respond(row, before=before | {"transfused_7d": False})) == ["PR"]


def test_there_is_no_pr_l_without_any_tumour_load_that_improved():
    before = NODES_ONLY | {"longest_node_cm": 1.0, "alc_10e9_l": 60.0, "plt_10e9_l": 60.0}
    row = before | {"marrow": "not_done", "plt_10e9_l": 150.0}

    assert judged(row, before=before) == "SD"
    assert judged(row, before=before, alc_10e9_l=30.0) == "PR"


@pytest.mark.parametrize(
    ("given", "parameter", "improved"),
    [
        ({"transfused_7d": True}, "hemoglobin", False),
        ({"transfused_7d": True}, "platelets", False),
        ({"epo": True}, "hemoglobin", False),
        ({"epo": True}, "platelets", True),
        ({"gcsf_7d": True}, "neutrophils", False),
        ({"gcsf_7d": True}, "hemoglobin", True),
    ],
)
def test_what_was_given_takes_the_worth_of_an_improvement(given, parameter, improved):
    found = respond(assess(COMPLETE, 100, **given), given={"criteria": "iwCLL2008"})

    assert verdict(found, parameter).has_improved == improved


@pytest.mark.parametrize(
    ("drug", "last", "parameter", "improved"),
    [
        pytest.param("epo", 93, "hemoglobin", False, id="erythropoietin seven days before"),
        pytest.param("epo", 92, "hemoglobin", True, id="erythropoietin eight days before"),
        pytest.param("epo", None, "platelets", True, id="erythropoietin is not for platelets"),
        pytest.param("g_csf", 93, "neutrophils", False, id="G-CSF seven days before"),
        pytest.param("g_csf", 92, "neutrophils", True, id="G-CSF eight days before"),
        pytest.param("aspirin", None, "neutrophils", True, id="another drug"),
    ],
)
def test_what_the_exposure_sheet_says_was_given_counts_too(drug, last, parameter, improved):
    doses = [dose(1, None, 420, "ibrutinib"), dose(50, last, 1, drug)]
    found = respond(assess(COMPLETE, 100), given={"criteria": "iwCLL2008"}, exposure=doses)

    assert verdict(found, parameter).has_improved == improved


def test_erythropoietin_before_the_first_dose_makes_an_abnormal_baseline():
    before = BEFORE | {"hb_g_dl": 12.0}
    doses = [dose(1, None, 420, "ibrutinib"), dose(-20, -5, 1, "epo")]
    row = assess(PARTIAL, 100, hb_g_dl=12.0)

    assert verdict(respond(row, before=before, exposure=doses), "hemoglobin").was_abnormal
    assert not verdict(respond(row, before=before, exposure=doses[:1]), "hemoglobin").was_abnormal


@pytest.mark.parametrize(
    ("size", "role", "category"),
    [(15.0, "new", "PD"), (14.9, "new", "SD"), (15.0, "nontarget", "SD")],
)
def test_a_new_lesion_of_fifteen_millimetres_is_progression(size, role, category):
    lesions = [lesion(-5, 40), lesion(100, 40), lesion(100, size, lesion_id="N1", role=role)]

    assert categories(respond(assess(UNCHANGED, 100), lesions=lesions)) == [category]


@pytest.mark.parametrize(
    ("first", "smallest", "now", "is_progression"),
    [
        pytest.param(20.0, 20.0, 30.0, True, id="half as large again"),
        pytest.param(20.0, 20.0, 29.9, False, id="not quite"),
        pytest.param(15.0, 15.0, 22.5, True, id="a site of 15 mm"),
        pytest.param(14.9, 14.9, 22.4, False, id="a site that never had 15 mm"),
        pytest.param(30.0, 10.0, 15.0, True, id="from its smallest, to 15 mm"),
        pytest.param(30.0, 9.0, 14.9, False, id="from its smallest, but below 15 mm"),
    ],
)
def test_a_single_site_that_grew_by_half_is_progression(first, smallest, now, is_progression):
    """A large second lesion keeps the sum from growing by half."""
    sizes = ((-5, first), (100, smallest), (200, now))
    lesions = [lesion(day, size) for day, size in sizes]
    lesions += [lesion(day, 80, lesion_id="T2") for day, _ in sizes]
    found = respond(assess(UNCHANGED, 100), assess(UNCHANGED, 200), lesions=lesions)

    assert verdict(found, "nodes").verdict == "SD"
    assert (verdict(found, "single_site").verdict == "PD") == is_progression
    assert (categories(found)[-1] == "PD") == is_progression


def test_a_lesion_that_was_there_before_the_first_dose_is_not_new():
    sizes = [lesion(day, 20, lesion_id="N1", role="new") for day in (-5, 100)]
    found = respond(assess(UNCHANGED, 100), lesions=[lesion(-5, 40), lesion(100, 40), *sizes])

    assert categories(found) == ["SD"]


def test_a_nontarget_lesion_that_progressed_is_progression():
    extra = {"lesion_id": "X", "role": "nontarget", "study_day": 100}
    lesions = [lesion(-5, 40), lesion(100, 40), extra | {"status": "progressed"}]

    assert categories(respond(assess(UNCHANGED, 100), lesions=lesions)) == ["PD"]
    lesions[-1]["status"] = "present"
    assert categories(respond(assess(UNCHANGED, 100), lesions=lesions)) == ["SD"]


@pytest.mark.parametrize("how", ["absent", "not_assessed", "one diameter"])
def test_a_lesion_that_was_not_measured_leaves_no_sum(how):
    lesions = [lesion(-5, 40), lesion(-5, 30, lesion_id="T2"), lesion(100, 10)]
    if how == "not_assessed":
        lesions.append({"study_day": 100, "lesion_id": "T2", "status": "not_assessed"})
    if how == "one diameter":
        lesions.append({"study_day": 100, "lesion_id": "T2", "ld_mm": 20.0})
    found = respond(assess(PARTIAL, 100, longest_node_cm=None), lesions=lesions)

    assert categories(found) == ["NE"]
    assert "target lesion T2 was not measured" in verdict(found, "nodes").reason
    assert verdict(found, "nodes").reading.value is None


def test_a_resolved_lesion_measures_nothing_and_all_nodes_may_be_normal():
    lesions = [lesion(-5, 40), lesion(-5, 30, lesion_id="T2"), lesion(100, 14.9)]
    lesions.append({"study_day": 100, "lesion_id": "T2", "status": "resolved"})
    found = respond(assess(COMPLETE, 100, longest_node_cm=None), lesions=lesions)

    assert categories(found) == ["CR"]
    assert verdict(found, "nodes").reading.value == pytest.approx(14.9**2)


def test_lesions_of_a_day_nearby_belong_to_the_assessment_and_to_no_other():
    rows = [assess(UNCHANGED, 100), assess(UNCHANGED, 110, spd_mm2=None, longest_node_cm=None)]
    found = respond(*rows, lesions=[lesion(-5, 40), lesion(98, 20)])

    assert [verdict(found, "nodes", place).verdict for place in (0, 1)] == ["PR", "NE"]


def test_lesions_never_cross_the_first_dose():
    lesions = [lesion(0, 40), lesion(5, 20)]
    early = assess(UNCHANGED, 3, spd_mm2=None, longest_node_cm=None)
    found = respond(early, before=BEFORE | {"study_day": -9}, lesions=lesions)

    assert verdict(found, "nodes").reading.value == 400
    assert verdict(found, "nodes").baseline.value == 1600


def test_a_target_lesion_that_was_not_measured_at_baseline_leaves_no_sum():
    lesions = [lesion(-5, 40), lesion(100, 10), lesion(100, 10, lesion_id="T2")]
    found = respond(assess(PARTIAL, 100), lesions=lesions)

    assert categories(found) == ["NE"]
    assert "T2 was not measured at baseline" in verdict(found, "nodes").reason


def test_lesions_without_an_assessment_are_one_of_their_own():
    labs = [{"study_day": 62, "alc_10e9_l": 60.0, "plt_10e9_l": 60.0, "hb_g_dl": 9.0}]
    found = respond(lesions=[lesion(-5, 40), lesion(60, 50)], laboratory=labs)

    assert [(one.study_day, one.category) for one in found.computed.assessments] == [(60, "PD")]


@pytest.mark.parametrize(("offset", "category"), [(7, "PR"), (-7, "PR"), (8, "NE")])
def test_a_missing_count_is_taken_from_the_laboratory_within_seven_days(offset, category):
    labs = [{"study_day": 100 + offset, "plt_10e9_l": 120.0}]
    found = respond(assess(PARTIAL, 100, plt_10e9_l=None), laboratory=labs)

    assert categories(found) == [category]
    if category == "PR":
        reading = verdict(found, "platelets").reading
        assert (reading.source, reading.day) == ("laboratory", 100 + offset)


def test_the_nearest_count_goes_first_and_none_crosses_the_first_dose():
    labs = [
        {"study_day": day, "alc_10e9_l": value}
        for day, value in ((1, 60.0), (4, 90.0), (95, 1.0), (102, 20.0))
    ]
    rows = [assess(UNCHANGED, day, alc_10e9_l=None) for day in (2, 100)]
    found = respond(*rows, laboratory=labs)

    assert [verdict(found, "lymphocytes", place).reading.value for place in (0, 1)] == [90.0, 20.0]


def test_the_last_count_before_the_first_dose_is_baseline():
    labs = [{"study_day": 1, "hour": hour, "alc_10e9_l": alc} for hour, alc in ((8, 80), (14, 120))]
    found = respond(assess(PARTIAL, 100), laboratory=labs)

    assert verdict(found, "lymphocytes").baseline.value == 80


def test_a_transfused_count_of_the_laboratory_improves_nothing():
    labs = [{"study_day": 99, "plt_10e9_l": 150.0, "transfused_7d": True}]
    found = respond(assess(PARTIAL, 100, plt_10e9_l=None), laboratory=labs)

    assert verdict(found, "platelets").verdict == "SD"
    assert "transfused" in verdict(found, "platelets").reason


@pytest.mark.parametrize("column", ["spd_mm2", "alc_10e9_l", "plt_10e9_l", "hb_g_dl"])
def test_what_is_missing_is_named_and_nothing_is_claimed(column):
    found = respond(assess(PARTIAL, 100, **{column: None}))

    assert categories(found) == ["NE"]
    assert found.assessments[0].judgement.reason.startswith("not known: ")


def test_what_hangs_on_a_missing_organ_is_not_evaluable_and_what_does_not_is():
    hanging = {"spleen_cm": None, "liver_enlarged": None}

    assert judged(PARTIAL, **hanging) == "PR"
    assert judged(PARTIAL, **hanging, spd_mm2=2040) == "NE"
    assert judged(UNCHANGED, **hanging) == "SD", "one parameter more would not be enough"


def test_progression_stands_whatever_is_missing():
    row = {"study_day": 100, "new_organ": True, "not_assessable_reason": "scan not done"}

    assert categories(respond(row)) == ["PD"]
    assert categories(respond(row | {"new_organ": None})) == ["NE"]


def test_a_marrow_counts_at_later_assessments_for_a_year():
    rows = [assess(COMPLETE, 100), assess(COMPLETE, 465, marrow="not_done")]

    assert categories(respond(*rows)) == ["CR", "CR"]
    assert "biopsy of day 100" in verdict(respond(*rows), "marrow").reason
    rows[1]["study_day"] = 466
    assert categories(respond(*rows)) == ["CR", "PR"]
    assert categories(respond(rows[0], assess(COMPLETE, 300, marrow="cll"))) == ["CR", "PR"]


def test_without_a_baseline_only_what_needs_none_is_judged():
    assert judged(COMPLETE, before=None) == "CR"
    assert judged(PARTIAL, before=None) == "NE"
    assert judged(PARTIAL, before=None, transformation=True) == "PD"
