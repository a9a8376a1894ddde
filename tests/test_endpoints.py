"""The endpoint table: as typed in, as derived from the sheets, and what cannot be evaluated."""

import numpy as np
import pytest

from clinic_maker import PATIENT, dose, endpoints_of, lesion, make_records
from correlates.clinical.endpoints.response import response_endpoints
from correlates.clinical.endpoints.rows import COLUMNS, read_endpoints
from correlates.clinical.tables import write_clinical_table
from correlates.intake.clinical import DataCut

TYPED_ALONE = ["response_depth", "cr", "orr", "orr_l", "tfr_any", "tfr_ge2", "tfr_ordinal"]


def endpoints(**given):
    patient = {"patient": "P1", "lenalidomide_start_day": 29, "response": "PR", "tfr_grade": 0}
    table = endpoints_of(make_records(patients=[patient | given]))
    assert list(table) == COLUMNS
    return table.set_index("endpoint")


def test_the_typed_sheet_alone_gives_what_it_can_and_no_more():
    assert list(endpoints().index) == TYPED_ALONE


@pytest.mark.parametrize(
    ("response", "depth", "cr", "orr", "orr_l"),
    [
        ("CR", 3, 1, 1, 1),
        ("CRi", 3, 1, 1, 1),
        ("nPR", 2, 0, 1, 1),
        ("PR", 2, 0, 1, 1),
        ("PR-L", 1, 0, 0, 1),
        ("prl", 1, 0, 0, 1),
        ("SD", 0, 0, 0, 0),
        ("PD", 0, 0, 0, 0),
    ],
)
def test_response(response, depth, cr, orr, orr_l):
    table = endpoints(response=response)

    values = table.loc[["response_depth", "cr", "orr", "orr_l"], "value"]
    assert values.tolist() == [depth, cr, orr, orr_l]
    assert table["evaluable"].all()
    assert table.loc["orr", "criteria_version"] == "iwCLL2018"


def test_not_evaluable_stays_in_the_denominator_of_the_rate_only():
    table = endpoints(response="NE")

    assert table.loc["orr", ["value", "evaluable"]].tolist() == [0.0, True]
    assert "in the denominator as no response" in table.loc["orr", "reason"]
    assert not table.loc[["response_depth", "cr"], "evaluable"].any()
    assert table.loc[["response_depth", "cr"], "value"].isna().all()


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param("", "response not recorded", id="blank"),
        pytest.param(None, "response not recorded", id="no value"),
        pytest.param("good", "response 'good' is none of CR, CRi", id="no category"),
    ],
)
def test_a_response_that_is_missing_is_never_no_response(response, reason):
    table = endpoints(response=response).loc[["response_depth", "cr", "orr", "orr_l"]]

    assert not table["evaluable"].any()
    assert table["value"].isna().all()
    assert all(reason in said for said in table["reason"])


@pytest.mark.parametrize(
    ("grade", "any_flare", "ge2"),
    [(0, 0, 0), ("1", 1, 0), (2.0, 1, 1), (4, 1, 1)],
    ids=["no flare", "mild", "grade 2", "disabling"],
)
def test_flare(grade, any_flare, ge2):
    table = endpoints(tfr_grade=grade)

    values = table.loc[["tfr_any", "tfr_ge2", "tfr_ordinal"], "value"]
    assert values.tolist() == [any_flare, ge2, float(grade)]
    assert table.loc["tfr_ordinal", "kind"] == "ordinal"
    assert table.loc["tfr_any", "criteria_version"] == "version not stated"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param(
            {"lenalidomide_start_day": None}, "not at risk of flare", id="never on lenalidomide"
        ),
        pytest.param(
            {"lenalidomide_start_day": "", "tfr_grade": 2},
            "flare of grade 2 recorded, but no lenalidomide_start_day",
            id="a flare without the drug",
        ),
        pytest.param({"tfr_grade": ""}, "flare grade not recorded", id="blank"),
        pytest.param({"tfr_grade": 1.5}, "not a whole number", id="half a grade"),
        pytest.param({"tfr_grade": 7}, "not a whole number from 0 to 5", id="no such grade"),
    ],
)
def test_a_flare_that_is_not_evaluable_is_never_zero(given, reason):
    table = endpoints(**given).loc[["tfr_any", "tfr_ge2", "tfr_ordinal"]]

    assert not table["evaluable"].any()
    assert table["value"].isna().all()
    assert all(reason in said for said in table["reason"])


def test_a_row_may_name_its_own_criteria():
    table = endpoints(response_criteria="iwCLL2008", ctcae_version="3.0")

    assert table.loc["response_depth", "criteria_version"] == "iwCLL2008"
    assert table.loc["tfr_any", "criteria_version"] == "CTCAE v3.0"


def test_no_patients_is_an_empty_table():
    table = endpoints_of(make_records(patients=[]))

    assert list(table) == COLUMNS
    assert table.empty


# Two target lesions of 40 x 30 mm before, and of 10 x 10 mm from day 113 on.
BASELINE = {"plt_10e9_l": 120, "hb_g_dl": 12.0, "spleen_cm": 12.0, "liver_enlarged": False}
DOSES = [dose(1, drug="ibrutinib", dose_mg=420.0), dose(29)]


def assessed(day, alc, **more):
    return {"study_day": day, "alc_10e9_l": alc, "symptoms": False} | BASELINE | more


def course(patient=PATIENT, progression=None, until=400, **follow_up):
    """Return sheets of a patient who responds on day 113 and may progress."""
    days = {1: 40, 113: 10, 197: 10, 365: 10}
    days |= {progression: 45} if progression else {}
    sizes = {day: mm for day, mm in sorted(days.items()) if day <= until}
    return {
        "exposure": [one | {"patient": patient} for one in DOSES],
        "assessments": [
            assessed(day, 40.0 if mm == 40 else 2.0) | {"patient": patient}
            for day, mm in sizes.items()
        ],
        "lesions": [lesion(day, mm) | {"patient": patient} for day, mm in sizes.items()],
        "flares": [],
        "follow_up": [{"patient": patient, "study_day": until} | follow_up],
    }


def derived(cut=None, response=None, **sheets):
    records = make_records(cut=cut, **sheets)
    return endpoints_of(records, response=response or {}).set_index("endpoint")


def test_every_endpoint_from_the_sheets():
    table = derived(**course(progression=300, until=400))

    assert table.loc["orr", "value"] == 1
    assert table.loc["pfs", ["kind", "time", "event"]].tolist() == ["survival", 299, 1]
    assert table.loc["os", ["time", "event"]].tolist() == [399, 0]
    assert table.loc["dor", ["time", "event"]].tolist() == [300 - 113, 1]
    assert table.loc["time_to_response", ["time", "event"]].tolist() == [112, 1]
    assert table.loc["pfs_c1d1", "time"] == 300 - 29
    assert table.loc["pfs_c2d1", "time"] == 300 - 57
    assert table.loc["os_c2d1", "time"] == 400 - 57
    # 40 x 40 mm to 10 x 10 mm
    assert table.loc["spd_pct_change_best", "value"] == pytest.approx(-93.75)
    assert table.loc["spd_pct_change_best", "kind"] == "continuous"
    assert table.loc["tfr_any", "value"] == 0
    assert table.loc["pfs", ["value"]].isna().all()
    assert table.loc["pfs", ["criteria_version", "source"]].tolist() == ["iwCLL2018", "computed"]
    assert table.loc["os", ["criteria_version", "source"]].tolist() == ["", "follow_up"]


def test_by_the_investigator_where_the_config_says_so():
    sheets = course(until=400)
    for row, category in zip(sheets["assessments"][1:], ("SD", "SD", "PD"), strict=True):
        row["investigator_category"] = category

    computed = derived(**sheets)
    investigator = derived(**sheets, response={"source": "investigator"})

    assert (computed.loc["orr", "value"], investigator.loc["orr", "value"]) == (1, 0)
    assert investigator.loc["pfs", ["time", "event", "source"]].tolist() == [364, 1, "investigator"]
    assert not computed.loc["pfs", "event"]


def test_a_data_cut_before_progression_censors():
    sheets = course(progression=300, until=400)

    table = derived(cut=DataCut("interim1", {PATIENT: 250}), patients=[PATIENT], **sheets)

    assert table.loc["pfs", ["time", "event"]].tolist() == [196, 0]
    assert "no event by the data cut interim1" in table.loc["pfs", "reason"]
    assert table.loc["os", ["time", "event"]].tolist() == [249, 0]


@pytest.mark.parametrize(
    ("given", "evaluable", "reason"),
    [
        pytest.param({"until": 30}, False, "no assessment was due yet", id="not due"),
        pytest.param({"until": 60}, True, "in the denominator as no response", id="missed"),
        pytest.param(
            {"until": 30, "off_study_day": 25, "off_study_reason": "toxicity"},
            True,
            "in the denominator as no response",
            id="left before it was due",
        ),
    ],
)
def test_without_an_assessment_someone_is_a_failure_only_once_one_was_due(given, evaluable, reason):
    sheets = course(**given)

    table = derived(**sheets)

    assert table.loc["orr", "evaluable"] == evaluable
    assert reason in table.loc["orr", "reason"]


def test_a_failure_of_screening_has_no_endpoint_and_no_zero():
    sheets = course()

    table = derived(patients=[{"patient": PATIENT, "screen_failure": "ANC too low"}], **sheets)

    assert not table.drop("spd_pct_change_best")["evaluable"].any()
    assert table.drop("spd_pct_change_best")["reason"].str.contains("ANC too low").all()


def test_without_follow_up_no_time_is_derived():
    sheets = course()
    del sheets["follow_up"]

    assert not set(derived(**sheets).index) & {"pfs", "os", "dor", "time_to_response", "pfs_c1d1"}


def test_with_follow_up_and_typed_responses_there_is_survival_alone():
    patients = [{"patient": PATIENT, "response": "PR"}]
    sheets = {"exposure": DOSES, "follow_up": [{"study_day": 90, "death_day": 90, "alive": False}]}

    table = derived(patients=patients, **sheets)

    assert table.loc["os", ["time", "event"]].tolist() == [89, 1]
    assert "pfs" not in table.index


def test_a_flare_s_onset_is_a_number_for_those_who_had_one():
    with_flare = course() | {"flares": [{"onset_day_from_len": 6, "grade": 2}]}

    had, had_not = derived(**with_flare), derived(**course())

    assert had.loc["tfr_onset_d", ["kind", "value"]].tolist() == ["continuous", 6]
    assert not had_not.loc["tfr_onset_d", "evaluable"]
    assert "no flare" in had_not.loc["tfr_onset_d", "reason"]


def test_the_table_is_read_back_as_it_was_made(tmp_path):
    records = make_records(**course(progression=300))
    table = endpoints_of(records)

    write_clinical_table(tmp_path / "e.tsv", COLUMNS, table.to_dict("records"), records)
    read = read_endpoints(tmp_path / "e.tsv")

    for name in COLUMNS:
        if name in ("value", "time", "event"):
            np.testing.assert_allclose(read[name], table[name])
        else:
            assert read[name].tolist() == table[name].tolist()


def test_what_kept_a_response_from_a_better_one_is_its_reason():
    (depth, *_) = response_endpoints("SD", "a response was not confirmed")

    assert (depth.value, depth.reason) == (0, "a response was not confirmed")


def test_a_response_to_another_therapy_is_none():
    """The best of SD and, after another therapy, PR is SD; its shrinkage is not counted either."""
    sheets = course(until=400, new_therapy_day=100)

    table = derived(**sheets)

    assert table.loc["orr", "value"] == 0
    assert not table.loc["spd_pct_change_best", "evaluable"]
    assert table.loc["pfs", ["time", "event"]].tolist() == [0, 0]
    assert not table.loc["dor", "evaluable"]
    assert derived(**course(until=400, new_therapy_day=198)).loc["orr", "value"] == 1


def test_an_assessment_after_another_therapy_confirms_no_response():
    sheets = course(until=400, new_therapy_day=150)

    confirmed = derived(**sheets)
    unconfirmed = derived(**sheets, response={"best": "unconfirmed"})

    assert (confirmed.loc["orr", "value"], unconfirmed.loc["orr", "value"]) == (0, 1)
