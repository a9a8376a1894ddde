"""The cohort AnnData and the list of exclusions: nothing is lost, nothing missing becomes zero."""

from types import SimpleNamespace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scanpy as sc

import build_cohort as script
from clinic_maker import endpoints_of, make_records, shipped_settings
from correlates.analyses.markers import tables_of
from correlates.clinical.dosing.dosing import dosing_by_patient
from correlates.clinical.endpoints.rows import COLUMNS as ENDPOINTS
from correlates.clinical.endpoints.table import derive, endpoint_rows
from correlates.clinical.tables import write_clinical_table
from correlates.cohort.baselines import choose_baselines
from correlates.cohort.build import build_cohort, write_cohort
from correlates.cohort.exclusions import COLUMNS as EXCLUSION_COLUMNS
from correlates.cohort.exclusions import list_exclusions
from correlates.cohort.flags import flag_bits, flag_codes
from correlates.cohort.merging import merge_measurements
from correlates.measurements import STATUSES, conform, write_measurements
from correlates.tables import read_tsv, write_text, write_tsv

PATIENTS = [
    {
        "patient": "P1",
        "lenalidomide_start_day": 29,
        "response": "CR",
        "tfr_grade": 2,
        "age_y": 61,
        "sex": "F",
        "del17p": True,
    },
    {
        "patient": "P2",
        "lenalidomide_start_day": None,
        "response": "NE",
        "tfr_grade": None,
        "age_y": None,
        "sex": None,
        "del17p": False,
    },
    {"patient": "P3", "lenalidomide_start_day": 29, "response": "SD", "tfr_grade": 0, "sex": "M"},
]


def row(patient, visit, value, feature="nk__abs", **changed):
    """One measurement of whole blood, at a visit's planned day."""
    sound = {
        "patient": patient,
        "visit": visit,
        "timepoint": "pre",
        "specimen": "fresh_wb",
        "sample": f"{patient}_{visit}",
        "day": {"C0D1": 1.0, "C0D28": 28.0, "C1D1": 29.0}.get(visit),
        "hours_post_dose": None,
        "phase": "",
        "run": "b1",
        "assay": "flow",
        "feature": feature,
        "value": value,
        "unit": "%" if "__pct__" in feature else "/uL",
        "ci_low": 1.0,
        "ci_high": 900.0,
        "n": 400,
        "status": "ok",
        "limit": 25.0,
        "method": "dual_platform:cd45/wbc",
        "flags": [],
    }
    return sound | changed


ROWS = [
    row("P1", "C0D1", 100.0),
    row("P1", "C1D1", 200.0),
    row("P2", "C0D1", 0.0, status="nd", limit=10.0, n=0),
    row("P3", "C0D1", 30.0, status="lt_lloq", limit=40.0, n=30, flags=["few_events"]),
    row("P3", "C1D1", 77.0, status="not_evaluable", flags=["viability_below_floor"]),
    row("P1", "C1D1", 4.0, "nk__pct__lymph", flags=["display_only_compositional"]),
]
VISITS = {
    "windows": {"default": [3, 3]},
    "aliases": [["C0D28 trough", "C1D1 pre"]],
    "hold_days": 7,
    "steroids": {"drugs": ["prednisone"], "days": 7},
}
PROVENANCE = {
    "version": "0.1.0",
    "settings": {"flow": {"lod_events": 20, "anchors": {"viable": "viable"}}, "seeds": [1, 2]},
    "nothing": None,
}


def tables(rows=ROWS, patients=PATIENTS):
    dosing = dosing_by_patient(patients)
    merged = merge_measurements({"flow": conform(pd.DataFrame(rows))}, dosing)
    return (
        merged,
        choose_baselines(merged, dosing, 3),
        endpoints_of(make_records(patients=patients)),
    )


def built(rows=ROWS, patients=PATIENTS):
    return build_cohort(*tables(rows, patients), patients, PROVENANCE)


def value_of(cohort, patient, name, layer=None):
    return cohort[patient, name].to_df(layer).iloc[0, 0]


def test_every_patient_is_an_observation_and_every_feature_at_a_baseline_a_variable():
    cohort = built()

    assert cohort.obs_names.tolist() == ["P1", "P2", "P3"]
    assert cohort.var_names.tolist() == ["nk__abs@B0", "nk__abs@B1", "nk__pct__lymph@B1"]
    assert cohort.var.loc[
        "nk__abs@B1", ["assay", "unit", "feature", "baseline", "specimen"]
    ].tolist() == [
        "flow",
        "/uL",
        "nk__abs",
        "B1",
        "fresh_wb",
    ]


@pytest.mark.parametrize(
    ("patient", "name", "value", "status"),
    [
        pytest.param("P1", "nk__abs@B1", 200.0, "ok", id="measured"),
        pytest.param("P2", "nk__abs@B0", 0.0, "nd", id="an empty gate keeps its zero"),
        pytest.param("P3", "nk__abs@B0", 30.0, "lt_lloq", id="censored keeps what was measured"),
        pytest.param("P3", "nk__abs@B1", None, "not_evaluable", id="not evaluable is not a value"),
        pytest.param("P2", "nk__abs@B1", None, "missing", id="never sampled is not a zero"),
    ],
)
def test_value_and_status(patient, name, value, status):
    cohort = built()

    found = value_of(cohort, patient, name)
    assert np.isnan(found) if value is None else found == value
    assert value_of(cohort, patient, name, "status") == cohort.uns["status_codes"][status]
    assert list(cohort.uns["status_codes"]) == list(STATUSES)


def test_layers_hold_what_a_value_rests_on():
    cohort = built()

    assert value_of(cohort, "P3", "nk__abs@B0", "limit") == 40
    assert value_of(cohort, "P3", "nk__abs@B0", "n") == 30
    assert value_of(cohort, "P1", "nk__abs@B0", "ci_high") == 900
    assert np.isnan(value_of(cohort, "P2", "nk__abs@B1", "ci_low"))


def flags_of(cohort, patient, name):
    bits = int(value_of(cohort, patient, name, "flags"))
    return {code for place, code in enumerate(cohort.uns["flag_codes"]) if bits >> place & 1}


def test_the_flags_of_a_measurement_reach_the_cohort():
    rows = [*ROWS, row("P2", "C1D1", 1.0, "t__abs", flags=["few_events", "cbc_far_from_draw"])]
    rows[-1]["visit"], rows[-1]["day"] = "C0D1", 1.0

    cohort = built(rows)

    assert list(cohort.uns["flag_codes"]) == [
        "cbc_far_from_draw",
        "display_only_compositional",
        "few_events",
        "viability_below_floor",
    ]
    assert cohort.layers["flags"].dtype == np.int64
    assert flags_of(cohort, "P2", "t__abs@B0") == {"cbc_far_from_draw", "few_events"}
    assert flags_of(cohort, "P3", "nk__abs@B1") == {"viability_below_floor"}
    assert flags_of(cohort, "P1", "nk__abs@B0") == set()
    assert flags_of(cohort, "P2", "nk__abs@B1") == set()


FAILED = {"status": "not_evaluable", "flags": ["viability_below_floor"]}
MIXED = [
    row("P1", "C0D28", 180.0),
    row("P1", "C0D28", 900.0, "t__abs"),
    row("P1", "C1D1", 200.0, **FAILED),
    row("P1", "C1D1", 5.0, "cll__abs"),
    row("P3", "C1D1", 77.0),
]


def draw_of(cohort, patient, name):
    code = int(value_of(cohort, patient, name, "draw"))
    return "" if code < 0 else cohort.uns["draw_codes"][code]


def test_each_value_says_of_which_draw_it_is():
    cohort = built(MIXED)

    drawn = {name: draw_of(cohort, "P1", name) for name in cohort.var_names}
    assert drawn == {"cll__abs@B1": "C1D1", "nk__abs@B1": "C0D28", "t__abs@B1": "C0D28"}
    assert value_of(cohort, "P1", "nk__abs@B1") == 180
    assert value_of(cohort, "P1", "nk__abs@B1", "day") == 28
    assert draw_of(cohort, "P3", "nk__abs@B1") == "C1D1"
    assert draw_of(cohort, "P3", "t__abs@B1") == ""
    assert np.isnan(value_of(cohort, "P3", "t__abs@B1", "day"))


def test_values_of_an_earlier_draw_are_flagged_and_counted():
    cohort = built(MIXED)

    assert flags_of(cohort, "P1", "nk__abs@B1") == {"earlier_draw"}
    assert flags_of(cohort, "P1", "t__abs@B1") == {"earlier_draw"}
    assert flags_of(cohort, "P1", "cll__abs@B1") == set()
    assert cohort.var["n_earlier_draw"].to_dict() == {
        "cll__abs@B1": 0, "nk__abs@B1": 1, "t__abs@B1": 1,
    }  # fmt: skip


def test_a_limit_that_no_usable_value_had_is_none_of_the_features():
    rows = [row("P1", "C0D1", 9.0), row("P3", "C0D1", 9.0, limit=900.0, **FAILED)]

    assert built(rows).var.loc["nk__abs@B0", "lod"] == 25


def test_a_feature_of_two_assays_names_both():
    rows = [row("P1", "C0D1", 9.0), row("P3", "C0D1", 9.0, assay="hematology")]

    assert built(rows).var.loc["nk__abs@B0", "assay"] == "flow, hematology"


def test_of_more_flags_than_there_are_bits_the_rarest_are_joined():
    flags = pd.Series([[f"f{i:02}" for i in range(63)]] + [[f"f{i:02}"] for i in range(1, 62)])

    codes = flag_codes(flags)
    bits = flag_bits(flags, codes)

    assert codes == [*(f"f{i:02}" for i in range(1, 62)), "other"]
    assert bits[0] == 2**62 - 1
    assert bits[1:].tolist() == [2**i for i in range(61)]
    assert flag_codes(flags[1:]) == codes[:-1]


def test_variables_say_how_much_is_censored():
    var = built().var

    # P3's value at B1 is not evaluable, so it is no part of the share.
    assert var["share_censored"].tolist() == [pytest.approx(2 / 3), 0, 0]
    assert var.loc["nk__abs@B0", "lod"] == 25
    assert var["display_only"].tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("changed", "mixed"),
    [
        pytest.param({}, False, id="one method"),
        pytest.param({"method": "dual_platform:lymph/alc"}, True, id="another pair of counts"),
        pytest.param(
            {"method": "dual_platform:lymph/alc", "status": "missing", "value": None},
            False,
            id="another pair, which gave no value",
        ),
    ],
)
def test_a_feature_of_several_methods_is_told_apart(changed, mixed):
    rows = [
        *ROWS[:5],
        row("P2", "C0D1", 9.0, "t__abs"),
        row("P1", "C0D1", feature="t__abs", **{"value": 9.0} | changed),
    ]

    var = built(rows).var

    assert var.loc["t__abs@B0", "mixed_methods"] == mixed
    assert not var.loc["nk__abs@B0", "mixed_methods"]
    assert var["mixed_methods"].dtype == bool


def test_how_each_value_was_measured_reaches_the_analyses(tmp_path):
    rows = [
        *ROWS[:5],
        row("P2", "C0D1", 9.0, "t__abs"),
        row("P1", "C0D1", 9.0, "t__abs", method="dual_platform:lymph/alc"),
    ]
    write_cohort(built(rows), tmp_path / "cohort.h5ad")

    found = tables_of(ad.read_h5ad(tmp_path / "cohort.h5ad")).rows_of("t__abs@B0")["method"]

    assert found[["P1", "P3"]].tolist() == ["dual_platform:lymph/alc", ""]
    assert found["P2"] == "dual_platform:cd45/wbc"


def test_several_specimens_are_named_and_kept_apart():
    rows = [*ROWS, row("P1", "C1D1", 150.0, specimen="cryo_pbmc")]

    cohort = built(rows)

    assert {"nk__abs@B1@fresh_wb", "nk__abs@B1@cryo_pbmc", "nk__pct__lymph@B1"} <= set(
        cohort.var_names
    )
    assert value_of(cohort, "P1", "nk__abs@B1@cryo_pbmc") == 150
    assert value_of(cohort, "P1", "nk__abs@B1@fresh_wb") == 200


def test_observations_hold_covariates_and_endpoints():
    obs = built().obs

    assert obs["age_y"].dtype == float
    assert obs["age_y"].isna().tolist() == [False, True, True]
    assert obs["del17p"].tolist()[:2] == [1.0, 0.0]
    assert obs["sex"].isna().tolist() == [False, True, False]
    assert obs["orr"].tolist() == [1.0, 0.0, 0.0]
    assert obs["response_depth"].isna().tolist() == [False, True, False]
    assert obs["tfr_any"].tolist()[0::2] == [1.0, 0.0]
    assert np.isnan(obs["tfr_any"].iloc[1])


def test_it_is_read_back_from_h5ad_as_it_was_written(tmp_path):
    cohort = built()

    write_cohort(cohort, tmp_path / "deep" / "cohort.h5ad")
    read = ad.read_h5ad(tmp_path / "deep" / "cohort.h5ad")

    np.testing.assert_array_equal(read.X, cohort.X)
    for name in ("status", "draw", "day", "n", "ci_low", "ci_high", "limit"):
        np.testing.assert_array_equal(read.layers[name], cohort.layers[name])
    pd.testing.assert_frame_equal(read.obs, cohort.obs)
    pd.testing.assert_frame_equal(read.var, cohort.var, check_categorical=False, check_dtype=False)
    np.testing.assert_array_equal(read.layers["flags"], cohort.layers["flags"])
    assert read.layers["flags"].dtype == np.int64
    assert list(read.uns["flag_codes"]) == list(cohort.uns["flag_codes"])
    assert list(read.uns["draw_codes"]) == list(cohort.uns["draw_codes"])
    assert read.uns["status_codes"] == {name: code for code, name in enumerate(STATUSES)}
    assert read.uns["provenance"]["settings"]["flow"]["anchors"] == {"viable": "viable"}
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["cohort.h5ad"]


def test_equal_input_is_an_equal_file(tmp_path):
    for name in ("a", "b"):
        write_cohort(built(), tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_path_may_not_be_a_key_of_provenance():
    with pytest.raises(ValueError, match="a/b.fcs"):
        build_cohort(*tables(), PATIENTS, {"files": {"a/b.fcs": "0"}})


def test_nothing_measured_still_gives_every_patient_their_endpoints(tmp_path):
    cohort = built(rows=[row("P9", "C0D1", 1.0)])

    write_cohort(cohort, tmp_path / "cohort.h5ad")

    assert cohort.shape == (3, 0)
    assert cohort.obs["cr"].tolist()[0] == 1.0


def test_it_opens_in_scanpy():
    rng = np.random.default_rng(3)
    patients = [{"patient": f"P{i}", "lenalidomide_start_day": 29} for i in range(40)]
    features = [f"t_{j}__abs" for j in range(8)]
    rows = [
        row(one["patient"], "C1D1", float(rng.lognormal(5, 1)), feature)
        for one in patients
        for feature in features
    ]
    rows[5]["status"] = "not_evaluable"
    cohort = built(rows, patients)
    imputed = cohort.copy()
    imputed.X = np.where(np.isnan(cohort.X), np.nanmedian(cohort.X, axis=0), cohort.X)

    sc.pp.pca(imputed)
    sc.pp.neighbors(imputed)

    assert np.isnan(cohort.X).sum() == 1
    assert imputed.obsp["connectivities"].shape == (40, 40)
    assert (imputed.obsp["connectivities"].getnnz(axis=1) > 0).all()


def exclusions(files=(), problems=(), left_out=None):
    listed = list_exclusions(files, problems, *tables(), left_out)
    assert list(listed) == ["what", "patient", "visit", "item", "status", "reason"]
    return listed


@pytest.mark.parametrize(
    ("what", "patient", "item", "status", "reason"),
    [
        pytest.param(
            "measurement",
            "P3",
            "nk__abs@B0, fresh_wb",
            "lt_lloq",
            "below the limit of 40 /uL (n = 30); few events",
            id="a censored value, with its limit",
        ),
        pytest.param(
            "measurement",
            "P3",
            "nk__abs@B1, fresh_wb",
            "not_evaluable",
            "viability below floor (n = 400)",
            id="a failed sample, with its flag in words",
        ),
        pytest.param(
            "baseline",
            "P2",
            "B1, fresh_wb",
            "missing",
            "never received lenalidomide: no B1, and not at risk of flare",
            id="a baseline that is not there",
        ),
        pytest.param(
            "endpoint",
            "P2",
            "tfr_any",
            "not_evaluable",
            "never received lenalidomide: not at risk of flare",
            id="an endpoint that has no value",
        ),
    ],
)
def test_exclusions_of_the_cohort(what, patient, item, status, reason):
    listed = exclusions()
    found = listed[(listed["what"] == what) & (listed["item"] == item)]
    found = found[found["patient"] == patient]

    assert found[["status", "reason"]].to_numpy().tolist() == [[status, reason]]


def test_files_and_sheets_are_listed_with_their_remedies():
    place = {"patient": "P1", "visit": "C0D1", "remedy": "Copy the file again."}
    files = [
        place | {"path": "a.fcs", "acquisition": "a", "state": "refused", "reason": "It is empty"},
        place | {"path": "b.fcs", "acquisition": "b", "state": "accepted", "reason": ""},
        place | {"path": "c.fcs", "acquisition": "c", "state": "accepted_with_warning"},
    ]
    problem = {"file": "cbc.tsv", "row": 3, "column": "visit", "value": "C1D0"}
    problem |= {"problem": "this is no visit", "remedy": "There is no day 0.", "stops": "row"}

    listed = exclusions(files, [problem])[:2].to_numpy().tolist()

    assert listed == [
        ["file", "P1", "C0D1", "a.fcs", "refused", "It is empty. Copy the file again."],
        [
            "sheet",
            "",
            "",
            "cbc.tsv, row 3, visit",
            "row left out",
            "this is no visit (found 'C1D0'). There is no day 0.",
        ],
    ]


def test_a_copy_is_told_once():
    columns = ["what", "patient", "visit", "item", "status", "reason"]
    left_out = pd.DataFrame(
        [
            ["acquisition", "P1", "C0D1", "a", "excluded", "a copy"],
            ["acquisition", "P1", "C0D1", "b", "excluded", "the gating counted nothing"],
        ],
        columns=columns,
    )
    files = [{"path": "a.fcs", "acquisition": "a", "state": "duplicate", "reason": "a copy"}]

    listed = exclusions(files, left_out=left_out)

    assert listed["item"].tolist()[:2] == ["a.fcs", "b"]
    assert "a" not in set(listed["item"])


def intensity(marker, visit="C0D1", **changed):
    few = {"unit": "1", "status": "not_evaluable", "n": 7, "flags": ["too_few_events"]}
    return row("P1", visit, None, f"nk_bright__mfi__{marker}", **few | changed)


def test_intensities_of_a_population_that_fail_alike_share_a_row():
    alike = [intensity(marker) for marker in ("cd56", "cd16", "cd57")]
    other = [
        intensity("cd7", flags=["viability_below_floor"]),
        intensity("cd56", "C1D1", n=3),
        intensity("cd16", "C1D1", n=3),
        row("P1", "C0D1", 1.0, "nk_bright__abs", status="not_evaluable", n=7),
        row("P1", "C0D1", 1.0, "nk__pct__t", status="not_evaluable", n=7, flags=["day_planned"]),
    ]

    listed = list_exclusions([], [], *tables([*alike, *other], PATIENTS[:1]))
    listed = listed[listed["what"] == "measurement"]

    assert sorted(listed[["visit", "item", "reason"]].to_numpy().tolist()) == [
        ["C0D1", "nk__pct__t@B0, fresh_wb", "no reason was given by the assay"],
        ["C0D1", "nk_bright__abs@B0, fresh_wb", "no reason was given by the assay"],
        [
            "C0D1",
            "nk_bright__mfi@B0, fresh_wb",
            "3 markers of nk_bright: too few events (n = 7)",
        ],
        ["C0D1", "nk_bright__mfi__cd7@B0, fresh_wb", "viability below floor (n = 7)"],
        [
            "C1D1",
            "nk_bright__mfi@B1, fresh_wb",
            "2 markers of nk_bright: too few events (n = 3)",
        ],
    ]


def test_genes_of_single_cells_that_are_too_few_share_a_row_of_their_type():
    few = {"unit": "%", "status": "not_evaluable", "n": 9, "flags": ["few_cells_of_type"]}
    names = ("rhoh__detected__nk", "crbn__detected_at_depth__nk", "nk__adt__cd56")
    rows = [row("P1", "C0D1", None, name, **few) for name in names]
    rows.append(row("P1", "C0D1", None, "rhoh__detected__mono", **few))

    listed = listed_of(rows, "measurement", PATIENTS[:1])

    assert [one[2:] for one in listed] == [
        ["nk__cells@B0, fresh_wb", "not_evaluable", "3 markers of nk: few cells of type (n = 9)"],
        ["rhoh__detected__mono@B0, fresh_wb", "not_evaluable", "few cells of type (n = 9)"],
    ]


def listed_of(rows, what, patients=PATIENTS):
    listed = list_exclusions([], [], *tables(rows, patients))
    kept = listed.loc[listed["what"] == what, ["patient", "visit", "item", "status", "reason"]]
    return kept.to_numpy().tolist()


def test_a_draw_that_was_passed_over_is_listed():
    (_, *found) = [one for one in listed_of(MIXED, "baseline") if one[0] == "P1"]

    assert found == [
        [
            "P1",
            "C1D1",
            "B1, fresh_wb",
            "passed_over",
            "C0D28 is taken: last sample with a usable value of 2 of 3 features before the first "
            "lenalidomide dose, 1 day before it; C1D1 (day 29) was passed over: 1 not evaluable "
            "(viability below floor), 1 not measured (nk__abs, t__abs)",
        ]
    ]
    # The failed one is no longer the value of the baseline.
    assert listed_of(MIXED, "measurement")[0][:3] == ["P1", "C1D1", "nk__abs, fresh_wb"]


def test_what_a_patient_has_in_no_draw_of_a_baseline_is_listed():
    assert listed_of(MIXED, "measurement")[1:] == [
        [
            "P3",
            "",
            "2 features@B1, fresh_wb",
            "missing",
            "in no draw of this baseline, as in other patients: cll__abs, t__abs",
        ]
    ]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"patient": "P9"}, "the patients sheet lacks this patient", id="unknown"),
        pytest.param({"visit": "UNS1", "day": None}, "no study day was recorded", id="no day"),
        pytest.param({"day": 28.0}, "several study days", id="two days of one draw"),
        pytest.param({"visit": "C13D1", "day": 365.0}, "", id="past the plan, which is no fault"),
    ],
)
def test_a_draw_without_a_phase_is_listed(changed, reason):
    rows = [row("P1", "C1D1", 9.0), row("P1", "C1D1", 9.0, "t__abs") | changed]

    found = listed_of(rows, "draw")

    assert [one[3] for one in found] == (["unplaced"] if reason else [])
    assert all(reason in one[4] for one in found)


def test_two_timepoints_of_a_visit_that_fail_alike_are_two_rows():
    rows = [row("P1", "C1D1", 1.0, timepoint=at, **FAILED) for at in ("pre", "h4")]

    visits = [one[1] for one in listed_of(rows, "measurement", PATIENTS[:1])]

    assert visits == ["C1D1 h4", "C1D1"]


def test_a_study_without_faults_has_an_empty_list():
    rows = [row("P1", "C0D1", 100.0), row("P1", "C1D1", 200.0)]

    listed = list_exclusions([], [], *tables(rows, PATIENTS[:1]))

    assert listed.empty


def test_what_is_not_ok_between_the_baselines_is_listed_too():
    between = row("P1", "C1D1", 1.0, status="not_evaluable") | {"visit": "C0D8", "day": 8.0}

    listed = list_exclusions([], [], *tables([row("P1", "C0D1", 9.0), between], PATIENTS[:1]))

    (one,) = listed[listed["what"] == "measurement"].to_dict("records")
    assert (one["visit"], one["item"]) == ("C0D8", "nk__abs, fresh_wb")


def test_the_script_writes_what_is_unknown_as_blank_and_no_name_as_unknown(tmp_path):
    inputs = {name: tmp_path / name for name in ("clinical", "files", "problems")}
    tables = {"measurements": [tmp_path / "m.parquet"], "left_out": [tmp_path / "left_out"]}
    patients = ({"patient": "P1", "lenalidomide_start_day": 29, "response": "NE", "tfr_grade": 0},)
    write_tsv(inputs["files"], ["state"], [])
    write_tsv(inputs["problems"], ["stops"], [])
    write_measurements(conform(pd.DataFrame([row("P1", "C0D1", 9.0)])), tables["measurements"][0])
    lost = dict.fromkeys(EXCLUSION_COLUMNS, "x") | {"patient": "NA"}
    write_tsv(tables["left_out"][0], EXCLUSION_COLUMNS, [lost])
    inputs["endpoints"] = tmp_path / "endpoints"
    records = make_records(patients=patients)
    write_text(inputs["clinical"], records.to_json())
    rows = endpoint_rows(records, derive(records, shipped_settings()), shipped_settings())
    write_clinical_table(inputs["endpoints"], ENDPOINTS, rows, records)
    written = (
        "measurements",
        "baselines",
        "exclusions",
        "cohort",
        "draws",
        "changes",
        "covariates",
    )
    outputs = {name: tmp_path / "out" / name for name in written}
    settings = {"b0_max_days_before": 90, "b1_max_days_before": 3}
    plan = {"ibrutinib_mg": 420, "cycle_days": 28, "min_delay_days": 1}

    script.main(
        SimpleNamespace(
            input=SimpleNamespace(**inputs, **tables),
            output=SimpleNamespace(**outputs),
            params=SimpleNamespace(
                settings=settings, visits=VISITS, dose_plan=plan, flare_window_days=56
            ),
        )
    )

    assert read_tsv(outputs["exclusions"])[0]["patient"] == "NA"
    assert [(one["visit"], one["day"]) for one in read_tsv(outputs["baselines"])] == [
        ("C0D1", "1.0"),
        ("", ""),
    ]
    by_name = {one["endpoint"]: one for one in read_tsv(inputs["endpoints"])}
    assert (by_name["cr"]["value"], by_name["orr"]["value"]) == ("", "0")
    cohort = ad.read_h5ad(outputs["cohort"])
    assert cohort.var_names.tolist() == ["nk__abs@B0"]
    assert (np.isnan(cohort.obs["cr"].iloc[0]), cohort.obs["orr"].iloc[0]) == (True, 0)
    (covariates,) = read_tsv(outputs["covariates"])
    assert (covariates["patient"], covariates["steroid_days"]) == ("P1", "")
    assert covariates["data_cut"] == "none"
    assert np.isnan(cohort.obs["steroid_days"].iloc[0])
    assert cohort.uns["covariate_times"]["steroid_days"] == "over treatment"


def test_a_survival_endpoint_is_a_time_and_an_event_and_a_number_stays_one(tmp_path):
    measured, baselines, endpoints = tables()
    rows = [
        {"patient": "P1", "endpoint": "pfs", "kind": "survival", "time": 120.0, "event": 1.0},
        {"patient": "P2", "endpoint": "pfs", "kind": "survival", "time": 80.0, "event": 0.0},
        {"patient": "P3", "endpoint": "pfs", "kind": "survival", "time": 9.0, "event": 1.0},
        {"patient": "P1", "endpoint": "spd_pct_change_best", "kind": "continuous", "value": -62.5},
    ]
    more = pd.DataFrame(rows).assign(evaluable=[True, True, False, True], reason="")
    ends = pd.concat([endpoints, more], ignore_index=True)

    write_cohort(build_cohort(measured, baselines, ends, PATIENTS, {}), tmp_path / "cohort.h5ad")
    cohort = ad.read_h5ad(tmp_path / "cohort.h5ad")

    assert "pfs" not in cohort.obs
    assert cohort.obs["pfs_time"].tolist()[:2] == [120, 80]
    assert cohort.obs["pfs_event"].tolist()[:2] == [1, 0]
    assert cohort.obs.loc["P3", ["pfs_time", "pfs_event"]].isna().all()
    assert cohort.obs["spd_pct_change_best"].tolist()[0] == -62.5
    kinds = tables_of(cohort).kinds
    assert (kinds["pfs"], kinds["spd_pct_change_best"], kinds["cr"]) == (
        *("survival", "continuous"),
        "binary",
    )
