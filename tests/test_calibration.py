"""Calibration by beads: peaks of simulated tubes, curves by hand, and what cells get of them."""

import hashlib
import xml.etree.ElementTree as ElementTree

import numpy as np
import pandas as pd
import pytest

from correlates.flow.calibration.applied import with_mesf
from correlates.flow.calibration.beads import read_beads
from correlates.flow.calibration.curve import CurveLimits, fit_curve, mesf_of
from correlates.flow.calibration.peaks import find_peaks, single_beads
from correlates.flow.calibration.plot import draw_calibration
from correlates.flow.calibration.table import calibrate
from correlates.simulate.fcs_writer import write_fcs
from test_flow_measurements import measure, row_of
from test_fmo_intensities import FULL, compared, tubes

LIMITS = CurveLimits(min_peaks=4, slope_min=0.9, slope_max=1.1, max_error_pct=10)
MESF = ("lot", "fluorochrome", "channel", "peak", "mesf", "f_p")
LEVELS = (0, 2_000, 8_000, 30_000, 120_000, 450_000)
# ten MESF a unit of intensity
GAIN = 0.1


def certificate(channel="PE-A", lot="L1", levels=LEVELS, f_p=""):
    return [
        dict(zip(MESF, (lot, "PE", channel, number, level, f_p), strict=True))
        for number, level in enumerate(levels, start=1)
    ]


def beads(levels=LEVELS, n=9_000, gain=GAIN, seed=0, noise=25, cv=0.04, slope=1.0):
    """Simulated beads: scatter and one dye, with doublets and debris."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, len(levels), n)
    dye = gain * np.array(levels, float)[level] ** slope * rng.normal(1, cv, n)
    dye += rng.normal(0, noise, n)
    area = rng.normal(60_000, 2_500, n)
    height, side = area * rng.normal(0.8, 0.01, n), rng.normal(40_000, 2_000, n)
    double = rng.random(n) < 0.08
    other = rng.permutation(n)
    area, side, dye = (
        np.where(double, values + values[other], values) for values in (area, side, dye)
    )
    debris = rng.random(n) < 0.05
    area, height = (np.where(debris, values * 0.1, values) for values in (area, height))
    return {"FSC-A": area, "FSC-H": height, "SSC-A": side}, dye, ~double & ~debris


def write_beads(path, channel="PE-A", top=262_144, **options):
    scatter, dye, _ = beads(**options)
    names = (*scatter, channel, "Time")
    events = np.column_stack([*scatter.values(), np.minimum(dye, top - 1), np.arange(len(dye))])
    write_fcs(path, events.astype(np.float32), names, {}, {"CORRELATES_SIMULATED": "1"}, top)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_doublets_and_debris_are_no_single_beads():
    scatter, _, is_single = beads()

    kept = single_beads(scatter)

    assert (kept & ~is_single).sum() < 0.002 * len(kept)
    assert (kept & is_single).sum() > 0.99 * is_single.sum()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("levels", [LEVELS, LEVELS[1:], (0, 5_000, 25_000, 120_000, 700_000)])
def test_every_level_is_a_peak_with_its_median(levels, seed):
    _, dye, is_single = beads(levels, seed=seed)

    peaks = find_peaks(dye[is_single], 262_144.0)

    assert len(peaks) == len(levels)
    for peak, level in zip(peaks, levels, strict=True):
        assert peak.centre.median == pytest.approx(GAIN * level, rel=0.02, abs=4)
        assert peak.share == pytest.approx(1 / len(levels), abs=0.02)


def test_beads_without_dye_are_one_peak():
    assert len(find_peaks(np.random.default_rng(1).normal(0, 25, 5000), 262_144.0)) == 1


def test_too_few_beads_have_no_peaks():
    assert find_peaks(np.arange(199.0), None) == []


def test_a_peak_at_the_end_of_the_detector_is_marked():
    _, dye, is_single = beads((0, 5_000, 50_000, 3_000_000))

    peaks = find_peaks(np.minimum(dye[is_single], 262_143), 262_144.0)

    assert [peak.flags for peak in peaks] == [(), (), (), ("off_scale",)]


def test_a_line_by_hand():
    # log10 of 100, 1000, 10000, 100000 against 1000, 10000, 100000, 1000000: slope 1, intercept 1
    curve = fit_curve([3.0, 1e2, 1e3, 1e4, 1e5], [0, 1e3, 1e4, 1e5, 1e6], [False] * 5, LIMITS)

    assert (curve.verdict, curve.slope) == ("accepted", pytest.approx(1))
    assert curve.intercept == pytest.approx(1)
    assert curve.max_error_pct == pytest.approx(0, abs=1e-9)
    assert (curve.mfi_low, curve.mfi_high) == (100, 100_000)
    assert np.isnan(curve.errors_pct[0])


def test_the_line_is_that_of_an_independent_fit():
    rng = np.random.default_rng(2)
    mfi = 10 ** np.linspace(2, 5, 6)
    mesf = 12 * mfi * rng.normal(1, 0.03, 6)

    curve = fit_curve(mfi, mesf, [False] * 6, LIMITS)

    slope, intercept = np.polyfit(np.log10(mfi), np.log10(mesf), 1)
    assert (curve.slope, curve.intercept) == (pytest.approx(slope), pytest.approx(intercept))
    back = 10 ** (intercept + slope * np.log10(mfi))
    assert curve.errors_pct == pytest.approx(100 * (back / mesf - 1))


@pytest.mark.parametrize(
    ("mfi", "mesf", "off", "code"),
    [
        pytest.param([1, 2, 3], [1, 2, 3, 4], [], "calibration_peaks_differ", id="a peak less"),
        pytest.param(
            [1, 10, 100, 1000], [0, 10, 100, 1000], [], "calibration_few_peaks", id="three, blank"
        ),
        pytest.param(
            [-1, 10, 100, 1000], [5, 10, 100, 1000], [], "calibration_few_peaks", id="below zero"
        ),
        pytest.param(
            [1, 10, 100, 1000], [1, 10, 100, 1000], [3], "calibration_few_peaks", id="off scale"
        ),
        pytest.param(
            [1, 10, 100, 1000], 10 ** (1.12 * np.arange(4)), [], "calibration_slope", id="steep"
        ),
        pytest.param(
            [1, 10, 100, 1000], [1, 13, 100, 1000], [], "calibration_error", id="a bad peak"
        ),
    ],
)
def test_a_curve_is_rejected_with_its_reason(mfi, mesf, off, code):
    curve = fit_curve(mfi, mesf, [place in off for place in range(len(mfi))], LIMITS)

    assert (curve.verdict, curve.code) == ("rejected", code)
    assert curve.reason


def calibrated(tmp_path, sheet, lot="L1", **options):
    sha256 = write_beads(tmp_path / "beads.fcs", **options)
    peaks, seen = read_beads(tmp_path / "beads.fcs", sha256)
    tube = {"acquisition": "beads", "panel": "tnk", "batch": "b1", "lot": lot}
    rows = [{name: value if value != "" else None for name, value in row.items()} for row in sheet]
    curves, points = calibrate([tube], {"beads": peaks}, {"beads": seen}, rows, LIMITS)
    return curves, points, {"beads": seen}


def test_a_tube_of_known_truth_gives_its_curve(tmp_path):
    (curve,), points, _ = calibrated(tmp_path, certificate())

    assert curve["verdict"] == "accepted"
    assert curve["slope"] == pytest.approx(1, abs=0.01)
    assert 10 ** curve["intercept"] == pytest.approx(10, rel=0.06)
    assert [one["mesf"] for one in points] == list(LEVELS)
    # cells of 5,000 and of 60,000 MESF
    found = mesf_of([500.0, 6000.0], curve["slope"], curve["intercept"])
    assert found == pytest.approx([5000, 60_000], rel=0.05)


@pytest.mark.parametrize(
    ("sheet", "options", "code"),
    [
        pytest.param(certificate(levels=LEVELS[1:]), {}, "calibration_peaks_differ", id="blank"),
        pytest.param(certificate("APC-A"), {}, "calibration_no_channel", id="no such channel"),
        pytest.param(certificate(lot="L2"), {}, "calibration_lot_unknown", id="another lot"),
        pytest.param(
            certificate(), {"slope": 1.2, "gain": 0.03}, "calibration_slope", id="not linear"
        ),
    ],
)
def test_what_does_not_fit_the_certificate_is_rejected(tmp_path, sheet, options, code):
    (curve,), _, _ = calibrated(tmp_path, sheet, **options)

    assert (curve["verdict"], curve["code"]) == ("rejected", code)


def test_a_broken_file_of_beads_is_a_reason(tmp_path):
    path = tmp_path / "beads.fcs"
    write_beads(path)
    path.write_bytes(path.read_bytes()[:3000])
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()

    for digest in (sha256, "0"):
        peaks, seen = read_beads(path, digest)
        assert (peaks, seen["channels"]) == ([], [])
        assert seen["reason"]


def curve_row(**changed):
    row = {"acquisition": "beads", "panel": "tnk", "batch": "b1", "channel": "PE-A", "lot": "L1"}
    row |= {"slope": 1.0, "intercept": 1.0, "max_error_pct": 2.0, "mfi_low": 50, "mfi_high": 1e5}
    return row | {"verdict": "accepted", "code": "", "f_p": 2.0} | changed


def applied(*curves, **changed):
    row = compared(fmo_low=35.0, fmo_high=46.0, **changed)
    return with_mesf(row, curves, tubes(FULL)).iloc[0]


def test_net_mesf_and_antibodies_by_hand():
    row = applied(curve_row())

    # 800 and 40 of intensity are 8,000 and 400 MESF
    assert (row["mesf"], row["abc"]) == (pytest.approx(7600), pytest.approx(3800))
    # 720 to 880, and 35 to 46
    assert row["mesf_low"] == pytest.approx(7600 - np.hypot(800, 60))
    assert row["mesf_high"] == pytest.approx(7600 + np.hypot(800, 50))
    assert (row["calibration"], row["mesf_flags"]) == ("beads", "")


def test_what_cannot_be_read_on_a_curve_says_so():
    assert applied(curve_row(batch="b2"))["calibration"] == ""
    assert applied(curve_row(mfi_low=900))["mesf_flags"] == "outside_calibrated_range"
    assert np.isnan(applied(curve_row(f_p=""))["abc"])
    below = applied(curve_row(), median=-3.0)
    assert np.isnan(below["mesf"])
    # the dimmest bead
    assert below["mesf_limit"] == pytest.approx(10 * float(curve_row()["mfi_low"]))
    assert below["abc_limit"] == pytest.approx(below["mesf_limit"] / 2)
    assert below["mesf_flags"] == "not_above_zero"
    rejected = applied(curve_row(verdict="rejected", code="calibration_slope"))
    assert np.isnan(rejected["mesf"])
    assert rejected["mesf_flags"] == "calibration_slope"


def test_of_several_tubes_an_accepted_one_of_the_smallest_error_counts():
    worse = curve_row(acquisition="worse", max_error_pct=5.0)
    rejected = curve_row(acquisition="bad", verdict="rejected", max_error_pct=0.1)

    assert applied(worse, rejected, curve_row())["calibration"] == "beads"


def test_an_fmo_at_zero_leaves_the_whole_of_the_mesf():
    assert applied(curve_row(), fmo_median=-5.0)["mesf"] == pytest.approx(8000)


def test_cells_below_the_dimmest_bead_are_censored_and_not_missing():
    row = with_mesf(compared(median=-3.0, low=-9.0, high=2.0), [curve_row()], tubes(FULL))

    table, _ = measure(compared=row)

    for feature in ("t__mesf__cd86", "t__abc__cd86"):
        found = row_of(table, feature)
        assert (found["status"], found["value"]) == ("nd", found["limit"])
        assert "not_above_zero" in found["flags"]


@pytest.mark.parametrize(
    ("curve", "status", "value"),
    [
        (curve_row(), "ok", 7600),
        (curve_row(verdict="rejected", code="calibration_slope"), "not_evaluable", None),
    ],
)
def test_calibrated_values_are_rows_of_the_measurements(curve, status, value):
    table, _ = measure(compared=with_mesf(compared(), [curve], tubes(FULL)))

    row, abc = row_of(table, "t__mesf__cd86"), row_of(table, "t__abc__cd86")
    assert (row["status"], row["unit"], abc["status"]) == (status, "{MESF}", status)
    assert pd.isna(row["value"]) if value is None else row["value"] == pytest.approx(value)
    assert curve["code"] == "" or curve["code"] in row["flags"]


def test_without_beads_there_is_no_calibrated_row():
    table, _ = measure(compared=with_mesf(compared(), [], tubes(FULL)))

    assert not table["feature"].str.contains("__mesf__|__abc__").any()


@pytest.mark.parametrize("levels", [LEVELS, LEVELS[1:]])
def test_the_figure_shows_every_peak_and_the_verdict(tmp_path, levels):
    drawn = draw_calibration(*calibrated(tmp_path, certificate(levels=levels)))

    root = ElementTree.fromstring(drawn)
    said = " ".join(root.itertext())
    is_accepted = levels == LEVELS
    assert ("accepted" if is_accepted else "rejected: 6 peaks were found") in said
    circles = [one for one in root.iter() if one.tag.endswith("circle")]
    assert len(circles) == (5 if is_accepted else 0)


def test_a_study_without_beads_has_a_figure_that_says_so():
    assert "No tube of calibration beads" in draw_calibration([], [], {})
