"""Soluble markers: units, wells, plates, and what is done with values below the limit."""

import math

import numpy as np
import pytest
from scipy import stats

from correlates.assays.soluble.censored_fit import fit_normal
from correlates.assays.soluble.handling import handling_of, handling_rows
from correlates.assays.soluble.measure import measure_soluble
from correlates.assays.soluble.settings import SolubleSettings, plain_key
from correlates.assays.soluble.units import Unreadable, convert, read_row
from correlates.assays.soluble.wells import settle

WELLS = {"min_beads": 50, "max_cv_pct": 25, "recovery_low_pct": 70, "recovery_high_pct": 130}
PLATES = {
    **{"recovery_low_pct": 70, "recovery_high_pct": 130, "min_share_controls": 0.66},
    "max_cv_pct": 25,
}
CENSORING = {"model_up_to_pct": 30, "ranks_up_to_pct": 70}
SETTINGS = SolubleSettings(
    panels={
        "cytokine": {"unit": "pg/mL", "analytes": ["IL-6", "IFNG"]},
        "immunoglobulin": {"unit": "g/L", "analytes": ["IgG", "IgA"]},
        "b2m": {"unit": "mg/L", "analytes": ["b2m"]},
    },
    names={"interleukin six": "IL-6"},
    wells=WELLS,
    plates=PLATES,
    censoring=CENSORING,
    ivig_weeks=12,
    min_crcl_ml_min=60,
)
DRAW = {"patient": "P01", "visit": "C0D1", "timepoint": "pre", "specimen": "plasma", "row": 2}


def row(analyte="IL-6", value="10", unit="pg/mL", plate="a", well="A1", **more):
    return (
        DRAW
        | {"analyte": analyte, "value": value, "unit": unit, "sheet": "s.tsv"}
        | {
            **{"plate": plate, "well": well, "role": "sample"},
            **more,
        }
    )


def control(name, value, expected, analyte="IL-6", plate="a"):
    of = row(analyte, value, plate=plate, expected=expected, role="control", sample=name)
    return of | dict.fromkeys(("patient", "visit", "timepoint", "specimen"))


def measured(*rows, settings=SETTINGS):
    return measure_soluble(rows, [], settings)


def the_one(found, feature="il6__conc__plasma"):
    (one,) = [row for row in found.measurements if row["feature"] == feature]
    return one


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (0.65, "g/dL", "g/L", 6.5),
        (650, "mg/dL", "g/L", 6.5),
        (3.6, "ug/mL", "mg/L", 3.6),
        (0.004, "ng/mL", "pg/mL", 4),
        (7, "ng/L", "pg/mL", 7),
    ],
)
def test_declared_units_are_converted(value, unit, to, expected):
    assert convert(value, unit, to) == expected


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("IL-12(p70)", "il12p70"),
        ("IFN-γ", "ifng"),
        ("TNF-α", "tnfa"),
        ("β2-Microglobulin", "b2microglobulin"),
    ],
)
def test_names_of_markers(name, key):
    assert plain_key(name) == key


def test_names_lead_to_markers():
    names = ("IFN-gamma", "Interleukin Six", "beta-2 microglobulin", "IL 6", "IL-99")

    found = [SETTINGS.analyte(name) for name in names]
    assert [one and one.key for one in found] == ["ifng", "il6", "b2m", "il6", None]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"value": "3"}, "no unit is declared", id="no unit"),
        pytest.param({}, "no concentration is given", id="nothing"),
        pytest.param({"value": "3", "pg_ml": "3"}, "value and pg_ml are given", id="both"),
        pytest.param({"g_l": "3", "unit": "mg/dL"}, "declares g/L", id="two units"),
    ],
)
def test_a_concentration_without_one_declared_unit_is_refused(given, said):
    with pytest.raises(Unreadable, match=said):
        read_row(given, "pg/mL")


@pytest.mark.parametrize(
    ("given", "value", "side", "lloq", "uloq"),
    [
        pytest.param({"pg_ml": "3", "lloq": 2}, 3, "within", 2, None, id="unit in the header"),
        pytest.param({"value": "<3.2", "unit": "pg/mL"}, None, "below", 3.2, None, id="limit"),
        pytest.param({"value": "> 9e3", "unit": "pg/mL"}, None, "above", None, 9000, id="above"),
        pytest.param(
            {"value": "OOR <", "unit": "pg/mL", "lloq": 2}, None, "below", 2, None, id="reader"
        ),
        pytest.param(
            {"value": "5", "unit": "ng/mL", "lloq": 1, "uloq": 9, "dilution": 4},
            *(20000, "within", 4000, 36000),
            id="dilution raises value and limits",
        ),
    ],
)
def test_readings(given, value, side, lloq, uloq):
    found = read_row(given, "pg/mL")

    assert (found.value, found.side, found.lloq, found.uloq) == (value, side, lloq, uloq)


def settled(*given, limits=(None, None)):
    rows = [{"unit": "pg/mL"} | one for one in given]
    return settle(rows, [read_row(one, "pg/mL") for one in rows], WELLS, limits)


@pytest.mark.parametrize(
    ("wells", "value", "status", "flags"),
    [
        pytest.param([{"value": "9"}, {"value": "11"}], 10, "ok", (), id="the mean of duplicates"),
        pytest.param(
            [{"value": "5"}, {"value": "15"}], 10, "not_evaluable", ("duplicate_cv",), id="CV 71 %"
        ),
        pytest.param(
            [{"value": "9", "bead_n": 49}, {"value": "12", "bead_n": 50}],
            *(12, "ok", ("few_beads",)),
            id="a well with few beads does not count",
        ),
        pytest.param(
            [{"value": "9", "bead_n": 3}], 9, "not_evaluable", ("few_beads",), id="no well left"
        ),
        pytest.param(
            [{"value": "1", "lloq": 2}, {"value": "1.5", "lloq": 2}],
            *(1.25, "lt_lloq", ()),
            id="below the limit the number is kept",
        ),
        pytest.param(
            [{"value": "<2"}, {"value": "<2"}], 2, "lt_lloq", (), id="where only a limit is known"
        ),
        pytest.param(
            [{"value": "<2"}, {"value": "2.4", "lloq": 2}], 2, "lt_lloq", (), id="a tie is below"
        ),
        pytest.param([{"value": ">90"}], 90, "gt_uloq", (), id="above"),
        pytest.param(
            [{"value": "<2"}, {"value": ">90"}],
            *(None, "not_evaluable", ("contradicting_wells",)),
            id="below and above at once",
        ),
        pytest.param(
            [{"value": "OOR <"}], None, "not_evaluable", ("limit_unknown",), id="no limit given"
        ),
        pytest.param(
            [{"value": "9", "recovery_pct": 60}],
            9,
            "not_evaluable",
            ("spike_recovery",),
            id="spike",
        ),
        pytest.param(
            [{"value": "9", "dup_cv_pct": 30}], 9, "not_evaluable", ("duplicate_cv",), id="given CV"
        ),
    ],
)
def test_wells_of_one_sample(wells, value, status, flags):
    found = settled(*wells)

    assert (found.value, found.status, found.flags) == (value, status, flags)
    if status in ("lt_lloq", "gt_uloq"):
        assert found.limit is not None


def test_limits_of_the_plate_hold_for_wells_without_their_own_after_dilution():
    assert settled({"value": "3", "dilution": 4}, limits=(5.0, None)).status == "lt_lloq"
    assert settled({"value": "6", "dilution": 4}, limits=(5.0, None)).status == "ok"


def test_a_limit_of_quantification_is_the_lowest_standard_that_recovers():
    standards = [
        row(value=value, expected=expected, role="standard", sample=f"S{expected}", patient=None)
        for value, expected in (("0.2", 1), ("3.9", 4), ("17", 16), ("30", 64))
    ]
    found = measured(*standards, row(value="3"), control("QC", "20", 20))

    one = the_one(found)
    assert (one["status"], one["limit"], one["value"]) == ("lt_lloq", 4, 3)


def test_a_plate_whose_controls_do_not_recover_gives_no_value():
    found = measured(
        *(row(), row("IFNG", "9"), control("low", "4", 10), control("high", "40", 100)),
        *(control("low", "9", 10, "IFNG"), control("high", "100", 100, "IFNG")),
    )

    assert the_one(found)["status"] == "not_evaluable"
    assert the_one(found)["flags"] == ["controls_failed"]
    assert the_one(found, "ifng__conc__plasma")["status"] == "ok"
    (run,) = found.runs
    assert run["verdict"] == "flag", "the plate is used for its other marker"
    assert (
        "il6: 2 of 2 controls recover outside 70 to 130 % (low 40 %, high 40 %)" in run["reasons"]
    )


def test_controls_between_plates_have_a_cv():
    rows = [control("QC", value, 10, plate=plate) for value, plate in (("8", "a"), ("12", "b"))]
    (one,) = measured(*rows).controls

    assert one["cv_pct"] == pytest.approx(100 * math.sqrt(8) / 10)
    assert (one["n_runs"], one["verdict"]) == (2, "flag")


def test_intervals_come_from_the_scatter_of_all_replicates_of_the_plate():
    pairs = [
        row(value=value, well=well, patient=patient)
        for patient, values in (("P01", ("9", "11")), ("P02", ("20", "25")))
        for value, well in zip(values, ("A1", "A2"), strict=True)
    ]
    found = measured(*pairs)

    logs = [np.log([9, 11]), np.log([20, 25])]
    sd = math.sqrt(sum(((one - one.mean()) ** 2).sum() for one in logs) / 2)
    half = stats.t.ppf(0.975, 2) * sd / math.sqrt(2)
    one = next(row for row in found.measurements if row["patient"] == "P01")
    assert one["ci_high"] == pytest.approx(10 * math.exp(half))
    assert one["ci_low"] == pytest.approx(10 * math.exp(-half))


@pytest.mark.parametrize(
    ("analyte", "day", "last", "status"),
    [
        pytest.param("IgG", 83, 0, "not_evaluable", id="a day short of twelve weeks"),
        pytest.param("IgG", 84, 0, "ok", id="twelve weeks"),
        pytest.param("IgA", 83, 0, "ok", id="IgA is in no infusion"),
        pytest.param("IgG", None, 0, "not_evaluable", id="the day of the draw is not known"),
        pytest.param("IgG", 10, 20, "ok", id="an infusion after the draw"),
        pytest.param("IgG", 10, None, "ok", id="none"),
    ],
)
def test_igg_after_an_infusion(analyte, day, last, status):
    of = row(analyte, "650", "mg/dL", "", None, study_day=day, last_ivig_day=last)
    one = the_one(measured(of), f"{analyte.lower()}__conc__plasma")

    assert (one["status"], one["value"], one["unit"]) == (status, 6.5, "g/L")


def test_b2m_stands_beside_creatinine_clearance():
    found = measured(row("b2m", "4.1", "mg/L", "", None, crcl_ml_min=45))

    assert the_one(found, "b2m__conc__plasma")["flags"] == ["low_crcl"]
    assert the_one(found, "crcl__rate")["value"] == 45


def test_what_cannot_be_placed_is_listed():
    rows = [row("IL-99"), row(specimen=None), row(unit=None)]
    found = measure_soluble(rows, [row(patient="P09")], SETTINGS)

    assert found.measurements == []
    reasons = [one["reason"] for one in found.left_out]
    assert len(reasons) == 4
    assert "soluble: names" in reasons[0]
    assert all("row 2 of s.tsv" in reason for reason in reasons)


def test_a_sample_on_two_plates_is_chosen_by_nobody():
    found = measured(row(plate="a"), row(plate="b", value="12"))

    assert the_one(found)["flags"] == ["measured_twice"]
    repeated = measured(row(plate="a", bead_n=2), row(plate="b", value="12"))
    assert (the_one(repeated)["status"], the_one(repeated)["run"]) == ("ok", "b")


@pytest.mark.parametrize(
    ("below", "handling"),
    [(30, "model"), (31, "ranks"), (70, "ranks"), (71, "detected"), (0, "model")],
)
def test_handling_follows_the_share_below_the_limit(below, handling):
    assert handling_of(below, 100, CENSORING) == handling


def test_a_marker_is_estimated_without_substituting_what_is_below():
    rng = np.random.default_rng(7)
    values = np.exp(rng.normal(1.0, 0.8, 400))
    rows = [
        {"feature": "il6__conc__plasma", "unit": "pg/mL", "value": value, "limit": 1.5}
        | {"status": "lt_lloq" if value < 1.5 else "ok", "patient": f"P{place}"}
        for place, value in enumerate(values)
    ]
    (one,) = handling_rows(rows, CENSORING)

    assert one["handling"] == "model"
    whole = np.log(values)
    assert math.log(one["geometric_mean"]) == pytest.approx(whole.mean(), abs=0.03)
    assert math.log(one["geometric_sd"]) == pytest.approx(whole.std(), abs=0.03)
    half = 1.96 * whole.std() / 20
    assert math.log(one["ci_low"]) == pytest.approx(whole.mean() - half, abs=0.04)
    assert math.log(one["ci_high"]) == pytest.approx(whole.mean() + half, abs=0.04)


def test_the_censored_fit_is_that_of_scipy():
    rng = np.random.default_rng(3)
    values = rng.normal(2.0, 1.5, 30)
    low = np.where(values < 1.2, -np.inf, values)
    low = np.where(values > 4, 4.0, low)
    high = np.where(values < 1.2, 1.2, values)
    high = np.where(values > 4, np.inf, high)

    found = fit_normal(low, high)
    data = stats.CensoredData(
        uncensored=values[(values >= 1.2) & (values <= 4)],
        left=np.full((values < 1.2).sum(), 1.2),
        right=np.full((values > 4).sum(), 4.0),
    )
    mean, sd = stats.norm.fit(data)
    assert (found.mean, found.sd) == (pytest.approx(mean, abs=1e-3), pytest.approx(sd, abs=1e-3))
    assert found.n_censored == ((values < 1.2) | (values > 4)).sum()


def test_without_censoring_the_interval_is_that_of_students_t():
    values = np.array([1.0, 2.0, 2.5, 4.0, 5.5])
    found = fit_normal(values, values)

    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.mean, found.sd) == (pytest.approx(3.0), pytest.approx(values.std(), rel=1e-4))
    assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_draws_of_one_patient_make_no_interval_shorter():
    once = np.array([1.0, 2.0, 2.5, 4.0, 5.5])
    rows = [
        {"feature": "il6__conc__plasma", "unit": "pg/mL", "limit": None, "status": "ok"}
        | {"patient": f"P{place}", "value": math.exp(value)}
        for place, value in enumerate(once)
    ]
    (alone,), (fourfold,) = handling_rows(rows, CENSORING), handling_rows(4 * rows, CENSORING)

    assert (fourfold["n"], fourfold["n_patients"]) == (20, 5)
    for name in ("ci_low", "ci_high", "pct_detected_low"):
        assert fourfold[name] == pytest.approx(alone[name])


@pytest.mark.parametrize("values", [[1.0, 2.0], [3.0, 3.0, 3.0]])
def test_too_little_to_tell_a_spread_has_no_fit(values):
    assert fit_normal(np.array(values), np.array(values)) is None
