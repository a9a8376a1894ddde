"""The contract of the measurement table: enforced, merged, written and read back."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from correlates.clinical.dosing.dosing import dosing_by_patient
from correlates.cohort.merging import MeasurementError, merge_measurements
from correlates.measurements import (
    COLUMNS,
    conform,
    faults,
    read_measurements,
    write_measurements,
)

PATIENTS = dosing_by_patient([{"patient": "P1", "lenalidomide_start_day": 29}])


def table(*rows):
    """Measurements of one sound row, or of that row with changes."""
    sound = {
        "patient": "P1",
        "visit": "C1D1",
        "timepoint": "pre",
        "specimen": "fresh_wb",
        "sample": "P1_C1D1",
        "day": 29.0,
        "hours_post_dose": None,
        "phase": "",
        "run": "b1",
        "assay": "flow",
        "feature": "nk__abs",
        "value": 200.0,
        "unit": "/uL",
        "ci_low": 180.0,
        "ci_high": 220.0,
        "n": 400,
        "status": "ok",
        "limit": 25.0,
        "method": "dual_platform:cd45/wbc",
        "flags": ["few_events"],
    }
    return conform(pd.DataFrame([sound | row for row in rows or [{}]]))


def test_the_columns_are_those_of_the_design():
    assert COLUMNS[:5] == ["patient", "visit", "timepoint", "specimen", "sample"]
    assert COLUMNS[-4:] == ["status", "limit", "method", "flags"]


def test_a_sound_table_has_no_faults():
    assert faults(table()) == []


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        pytest.param(table({"status": "low"}), "status unknown: low", id="unknown status"),
        pytest.param(table({"assay": "cytof"}), "assay unknown: cytof", id="unknown assay"),
        pytest.param(table({"value": None}), "ok row has no finite value", id="ok without value"),
        pytest.param(table({"value": float("inf")}), "no finite value", id="ok and infinite"),
        pytest.param(
            table({"status": "missing"}), "a missing row has a value", id="missing with a value"
        ),
        pytest.param(
            table({"status": "nd", "limit": None}),
            "a censored row has no limit: P1/C1D1/pre/fresh_wb/nk__abs",
            id="censored without a limit",
        ),
        pytest.param(table({"visit": ""}), "a key is blank", id="blank key"),
        pytest.param(table({}, {}), "the key is not unique", id="the key twice"),
        pytest.param(
            table({}, {"visit": "C0D1", "unit": "%"}),
            "features in several units: nk__abs",
            id="one feature in two units",
        ),
        pytest.param(table().drop(columns="limit"), "columns missing: limit", id="lost column"),
        pytest.param(table().assign(day_b=1), "columns unknown: day_b", id="surplus column"),
    ],
)
def test_every_breach_is_named(broken, fault):
    assert [found for found in faults(broken) if fault in found]


def test_an_error_names_every_breach_of_every_table():
    broken = {"flow": table({"status": "low"}), "qpcr": table({"assay": "x"}, {"visit": ""})}

    with pytest.raises(MeasurementError) as caught:
        merge_measurements(broken, PATIENTS)

    message = str(caught.value)
    assert "flow: status unknown: low" in message
    assert "qpcr: assay unknown: x" in message
    assert "qpcr: a key is blank" in message


def test_two_assays_may_not_hold_one_key():
    with pytest.raises(MeasurementError, match="flow and ics: the key is not unique"):
        merge_measurements({"flow": table(), "ics": table({"assay": "ics"})}, PATIENTS)


def test_two_assays_may_not_give_one_feature_in_different_units():
    other = table({"assay": "hematology", "visit": "C2D1", "unit": "10^9/L"})

    with pytest.raises(MeasurementError, match="flow and hematology: features in several units"):
        merge_measurements({"flow": table(), "hematology": other}, PATIENTS)


def test_merging_sorts_by_key_and_fills_the_phase():
    late = table({"visit": "C2D1", "day": 57.0}, {"visit": "C1D1"})
    early = table({"visit": "C0D1", "day": None, "assay": "ics", "feature": "ics__x"})

    merged = merge_measurements({"flow": late, "ics": early}, PATIENTS)

    assert merged["visit"].tolist() == ["C0D1", "C1D1", "C2D1"]
    assert merged["phase"].tolist() == ["SCREENING", "IBR_RUNIN", "COMBO"]
    assert merged["day"].tolist() == [1, 29, 57]
    assert merged["flags"].tolist() == [
        ["few_events", "day_planned"],
        ["few_events"],
        ["few_events"],
    ]


def test_a_patient_without_a_dosing_record_has_no_phase():
    merged = merge_measurements({"flow": table({"patient": "P9"})}, PATIENTS)

    assert merged["phase"].tolist() == ["UNASSIGNED"]


def test_nothing_measured_is_an_empty_table_of_the_contract():
    merged = merge_measurements({"flow": conform(pd.DataFrame(columns=COLUMNS))}, PATIENTS)

    assert list(merged) == COLUMNS
    assert merged.empty


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(table(), id="with flags"),
        pytest.param(table({"flags": [], "n": None}), id="without flags, events unknown"),
        pytest.param(table({"status": "missing", "value": None}), id="missing stays missing"),
        pytest.param(table()[:0], id="no rows"),
    ],
)
def test_a_table_is_read_back_as_it_was_written(written, tmp_path):
    write_measurements(written, tmp_path / "m.parquet")

    read = read_measurements(tmp_path / "m.parquet")

    pd.testing.assert_frame_equal(read, written)
    assert pq.read_schema(tmp_path / "m.parquet").field("flags").type == pa.list_(pa.string())


def test_equal_tables_are_equal_files(tmp_path):
    for name in ("a", "b"):
        write_measurements(table(), tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
