"""Non-compartmental analysis: published data sets, values by hand, and what each rule refuses."""

import csv
import math
from collections import defaultdict

import numpy as np
import pytest

from correlates.assays.pk import nca
from correlates.assays.pk.areas import LIN_UP_LOG_DOWN, LINEAR, area, back_extrapolated, value_at
from correlates.assays.pk.nca import Curve, NcaSettings, analyse
from correlates.assays.pk.slope import terminal_slope


def curves(path, subject, time, conc, **kind):
    points = defaultdict(list)
    with path.open() as stream:
        for row in csv.DictReader(stream):
            points[row[subject]].append((float(row[time]), float(row[conc])))
    return [Curve(*map(tuple, zip(*one, strict=True)), **kind) for one in points.values()]


@pytest.mark.parametrize(("rule", "mean"), [(LINEAR, 122.192), (LIN_UP_LOG_DOWN, 119.365)])
def test_theophylline_gives_the_published_mean(real_data, rule, mean):
    """Oral: Cmax is no point of the slope, and the last observed concentration is extrapolated."""
    path = real_data / "tables" / "pk" / "Theoph.csv"

    found = [
        analyse(one, NcaSettings(rule=rule)) for one in curves(path, "Subject", "Time", "conc")
    ]

    assert np.mean([one.auc_inf_all for one in found]) == pytest.approx(mean, abs=5e-4)


@pytest.mark.parametrize(("rule", "mean"), [(LINEAR, 3.140), (LIN_UP_LOG_DOWN, 3.090)])
def test_indomethacin_gives_the_published_mean(real_data, rule, mean):
    """IV bolus: Cmax may be a point of the slope, and C0 is extrapolated back."""
    path = real_data / "tables" / "pk" / "Indometh.csv"
    bolus = curves(path, "Subject", "time", "conc", route=nca.IV_BOLUS)

    found = [analyse(one, NcaSettings(rule=rule)) for one in bolus]

    assert np.mean([one.auc_inf_all for one in found]) == pytest.approx(mean, abs=5e-4)


def test_the_published_means_need_that_reading(real_data):
    """With Cmax among the points of an oral slope, or without a C0, the means would be others."""
    folder = real_data / "tables" / "pk"
    oral = curves(folder / "Theoph.csv", "Subject", "Time", "conc", route=nca.IV_INFUSION)
    linear = NcaSettings(rule=LINEAR)

    with_cmax = np.mean([analyse(one, linear).auc_inf_all for one in oral])

    assert abs(with_cmax - 122.192) > 0.004


def test_areas_by_hand():
    assert area([0, 1, 3], [0, 4, 2], LINEAR) == pytest.approx(2 + 6)
    assert area([0, 1, 3], [0, 4, 2]) == pytest.approx(2 + 2 * 2 / math.log(2))


def test_an_exponential_has_its_closed_area():
    times = np.linspace(0, 48, 49)

    assert area(times, 100 * np.exp(-0.1 * times)) == pytest.approx(1000 * (1 - math.exp(-4.8)))


def test_a_value_between_two_points_lies_on_the_curve_of_the_rule():
    assert value_at(2, [1, 3], [8, 2], LIN_UP_LOG_DOWN) == pytest.approx(4)
    assert value_at(2, [1, 3], [8, 2], LINEAR) == pytest.approx(5)


def test_c0_is_the_log_line_through_the_first_two_points():
    assert back_extrapolated([1, 2], [50, 25]) == pytest.approx(100)
    assert back_extrapolated([1, 2], [25, 50]) == 25


def test_the_slope_is_that_of_an_independent_fit():
    times, concs = [0.5, 1, 2, 4, 8, 12], [40, 80, 70, 33, 10.5, 2.9]

    slope = terminal_slope(times, concs, includes_cmax=False)

    expected, _ = np.polyfit(times[-3:], np.log(concs[-3:]), 1)
    assert slope.n_points == 3
    assert slope.lambda_z == pytest.approx(-expected)


@pytest.mark.parametrize(
    ("concs", "n_points"),
    [
        pytest.param([9, 80, 40, 20, 10, 5], 4, id="Cmax is excluded after an oral dose"),
        pytest.param([9, 80, 70, 20, 10, 5], 3, id="a worse fit is not taken for being longer"),
    ],
)
def test_which_points_the_slope_rests_on(concs, n_points):
    assert terminal_slope(range(6), concs, includes_cmax=False).n_points == n_points


def test_no_slope_of_a_rising_end_or_of_two_points():
    assert terminal_slope(range(5), [1, 9, 3, 4, 5], includes_cmax=False) is None
    assert terminal_slope(range(4), [1, 9, 4, 2], includes_cmax=False) is None


def test_below_the_limit_is_zero_before_the_first_quantified_point_and_missing_after_it():
    blq = analyse(Curve((0, 0.5, 1, 2, 3, 4, 6), (None, None, 8, 4, None, 1, None)))

    assert blq.auc_last == pytest.approx(area([0, 0.5, 1, 2, 4], [0, 0, 8, 4, 1]))
    assert blq.n_quantified == 3


def test_nothing_quantified_is_no_exposure_and_no_zero():
    found = analyse(Curve((0, 1, 2), (None, None, None)))

    assert found.cmax is None
    assert found.auc_last is None
    assert "limit of quantification" in found.why["auc_inf"]


def steady(times, concs):
    return analyse(Curve(tuple(times), tuple(concs), kind=nca.STEADY_STATE))


def one_compartment(times, k=0.1, ka=1.0, tau=24.0):
    """Concentrations at steady state of one compartment, and the area over the interval."""
    t = np.asarray(times, dtype=float)
    concs = 100 * (
        np.exp(-k * t) / (1 - np.exp(-k * tau)) - np.exp(-ka * t) / (1 - np.exp(-ka * tau))
    )
    return concs, 100 * (1 / k - 1 / ka)


def test_the_area_over_the_interval_at_steady_state_is_recovered():
    times = np.linspace(0, 24, 97)
    concs, expected = one_compartment(times)

    found = steady(times, concs)

    assert found.auc_tau == pytest.approx(expected, rel=0.002)
    assert found.auc_inf is None, "a profile at steady state has no AUCinf"


def test_the_predose_value_stands_for_24_h_and_is_flagged():
    times = [0, 1, 2, 4, 6]
    concs, _ = one_compartment(times)

    found = steady(times, concs)

    assert found.auc_tau == pytest.approx(area([*times, 24], [*concs, concs[0]]))
    assert nca.PREDOSE_FOR_TAU in found.flags["auc_tau"]


def test_a_predose_value_below_the_limit_is_no_zero_at_24_h():
    times = [1, 2, 4, 6, 8]
    concs = [80 * 0.5 ** (time / 3) for time in times]
    true = 3 / np.log(2) * (concs[0] - concs[0] * 0.5 ** (23 / 3)) + concs[0] / 2

    found = steady([0, *times], [None, *concs])
    without_slope = steady([0, 1, 2, 4], [None, 30.0, 80.0, 50.0])

    assert found.auc_tau == pytest.approx(true), "a line to 0 would give an eighth too much"
    assert nca.TAU_EXTENDED in found.flags["auc_tau"]
    assert without_slope.auc_tau is None
    assert "below the limit" in without_slope.why["auc_tau"]


def test_without_predose_and_without_a_sample_at_tau_there_is_no_area_over_the_interval():
    concs, _ = one_compartment([1, 2, 4, 6])

    found = steady([1, 2, 4, 6], concs)

    assert found.auc_tau is None
    assert "none before the dose" in found.why["auc_tau"]
    assert found.flags["auc_last"] == [nca.FROM_FIRST_SAMPLE]
    assert found.cmax == max(concs)


@pytest.mark.parametrize(
    ("last", "is_flagged"),
    [
        pytest.param(24.5, False, id="later than tau: interpolated"),
        pytest.param(23.0, True, id="earlier: carried along the slope"),
        pytest.param(23.9, False, id="minutes are not told of"),
    ],
)
def test_a_sample_near_tau_is_brought_to_it(last, is_flagged):
    times = [0, 0.5, 1, 2, 3, 4, 6, 10, 16, last]
    concs, expected = one_compartment(times)

    found = steady(times, concs)

    assert found.auc_tau == pytest.approx(expected, rel=0.02)
    assert (nca.TAU_EXTENDED in found.flags.get("auc_tau", [])) == is_flagged


def test_a_poor_slope_leaves_cmax_and_auc_last_and_names_its_rule():
    found = analyse(Curve((0, 1, 2, 4, 6, 8), (0, 10, 3, 6, 2, 4)))

    assert (found.cmax, found.tmax) == (10, 1)
    assert found.auc_last > 0
    assert found.half_life is None
    assert "adjusted R2" in found.why["auc_inf"]


def test_too_much_extrapolated_is_no_auc_inf_but_a_half_life():
    found = analyse(Curve((0, 1, 2, 3, 4), (0, 100, 90, 81, 72.9)))

    assert found.auc_inf is None
    assert "extrapolated" in found.why["auc_inf"]
    assert found.half_life == pytest.approx(math.log(2) / -math.log(0.9))
    assert nca.SHORT_SPAN in found.flags["half_life"]


def test_a_single_dose_without_a_sample_before_it_begins_at_zero_and_says_so():
    found = analyse(Curve((1, 2, 4, 8), (8, 4, 1, 0.0625)))

    assert found.auc_last == pytest.approx(area([0, 1, 2, 4, 8], [0, 8, 4, 1, 0.0625]))
    assert nca.ZERO_ASSUMED in found.flags["auc_last"]


@pytest.mark.parametrize(
    ("times", "has_cmax"),
    [
        pytest.param([0], False, id="a trough alone"),
        pytest.param([0, 24], True, id="two troughs"),
        pytest.param([24.05], True, id="nothing but a late sample at tau"),
        pytest.param([0, 2, 24], True, id="one sample between"),
        pytest.param([0, 24.5, 30, 48], True, id="all of the next interval"),
    ],
)
def test_troughs_are_no_exposure(times, has_cmax):
    found = steady(times, np.linspace(5, 4, len(times)))

    assert (found.auc_tau, found.auc_last) == (None, None)
    assert nca.FEW_SAMPLES in found.flags["auc_tau"]
    assert (found.cmax is not None) == has_cmax


def test_one_sample_after_a_single_dose_has_no_area():
    found = analyse(Curve((2.0,), (7.0,)))

    assert (found.cmax, found.auc_last, found.auc_inf) == (7.0, None, None)


def test_an_interval_whose_first_sample_is_late_is_no_error_where_one_sample_suffices():
    found = analyse(Curve((24.05,), (5.0,), kind=nca.STEADY_STATE), nca.NcaSettings(min_samples=1))

    assert found.auc_tau == pytest.approx(120)
    assert nca.TAU_FOR_PREDOSE in found.flags["auc_tau"]
