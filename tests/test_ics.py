"""Stimulations: combinations, subtraction, calls, polyfunctionality, and their error rates."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import betaln
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from correlates.flow.gating.evaluate import Gated
from correlates.flow.ics.combinations import combination_rows
from correlates.flow.ics.judging import judged, with_posteriors
from correlates.flow.ics.measure import ics_measurements
from correlates.flow.ics.mixture import fit_mixture, log_likelihoods, probability_greater
from correlates.flow.ics.pairing import agent_of, paired_counts, stimulation_tubes
from correlates.flow.ics.polyfunctionality import index_of, interval
from correlates.flow.ics.subtraction import (
    benjamini_hochberg,
    fisher_greater,
    fold_of,
    net_percent,
)
from correlates.flow.ics.trees import Trees
from correlates.measurements import faults
from correlates.report.names import feature_name
from ics_maker import FUNCTIONS, RESTING, SETTINGS, counted, paired, subsets

FLOW = SimpleNamespace(
    anchors={"singlets": "singlets", "viable": "viable", "leukocytes": "cd45"},
    min_viability_pct={"fresh": 80, "cryo": 70},
    min_leukocytes=50_000,
)
TABLES = [(12, 5000, 3, 5200), (0, 900, 4, 1000), (7, 8000, 0, 7500), (40, 600, 39, 610)]


def gated_of(members, n_events):
    packed = {name: np.packbits(mask) for name, mask in members.items()}
    counts = {"root": n_events} | {name: int(mask.sum()) for name, mask in members.items()}
    return Gated(n_events, packed, counts, dict.fromkeys(members, "root"))


def test_combinations_are_counted_event_by_event():
    rng = np.random.default_rng(1)
    parent = rng.random(2000) < 0.5
    held = {name: rng.random(2000) < 0.3 for name in ("ifng", "il2", "il4")}
    members = {"t_cd8": parent} | {f"t_cd8_{name}": mask & parent for name, mask in held.items()}

    rows = combination_rows(
        gated_of(members, 2000), ["t_cd4", "t_cd8"], ["ifng", "il2", "tnf"], ["il4"]
    )

    n = {row["combination"]: row["n"] for row in rows}
    both = int((parent & held["ifng"] & held["il2"]).sum())
    assert n["ifng+il2+"] == both
    assert n["ifng+il2-"] == int((parent & held["ifng"]).sum()) - both
    assert n["ifng+il2-"] + n["ifng+il2+"] == n["ifng"]
    assert n["any"] == n["ifng+il2+"] + n["ifng+il2-"] + n["ifng-il2+"]
    assert n["il4"] == int((parent & held["il4"]).sum())
    assert {row["n_parent"] for row in rows} == {int(parent.sum())}
    assert {row["parent"] for row in rows} == {"t_cd8"}


@pytest.mark.parametrize(
    ("gated", "parents"),
    [
        pytest.param(None, ["t_cd8"], id="a refused file"),
        pytest.param(gated_of({"t_cd8": np.ones(8, bool)}, 8), ["t_cd8"], id="no functions"),
    ],
)
def test_there_is_no_combination_without_functions(gated, parents):
    assert combination_rows(gated, parents, ["ifng"], ["il4"]) == []


@pytest.mark.parametrize("table", TABLES)
def test_the_interval_of_a_net_percentage_is_newcombes(table):
    net, low, high = net_percent(*table)

    known = confint_proportions_2indep(*table, method="newcomb", compare="diff")
    assert (low / 100, high / 100) == pytest.approx(known, abs=1e-12)
    assert net == pytest.approx(100 * (table[0] / table[1] - table[2] / table[3]))


def test_a_negative_net_percentage_stays_negative():
    net, low, high = net_percent(0, 900, 4, 1000)

    assert low < net < 0
    assert net == pytest.approx(-0.4)
    assert high < 0.4


@pytest.mark.parametrize("table", TABLES)
def test_p_is_that_of_fishers_one_sided_test(table):
    n_s, total_s, n_u, total_u = table

    known = stats.fisher_exact(
        [[n_s, total_s - n_s], [n_u, total_u - n_u]], alternative="greater"
    ).pvalue
    assert fisher_greater(*table) == pytest.approx(known, rel=1e-9)


def test_q_is_benjamini_and_hochbergs():
    p = np.random.default_rng(2).random(15) ** 3

    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_a_fold_over_no_background_is_infinite_and_of_nothing_missing():
    assert fold_of([10, 10, 0], 1000, [5, 0, 0], 1000) == pytest.approx(
        [2, np.inf, np.nan], nan_ok=True
    )


@pytest.mark.parametrize(
    ("n", "q", "value"),
    [
        pytest.param([10, 20, 30], 1, (10 * 1 + 20 * 0.5 + 30 * 0.5) / 1000, id="by hand"),
        pytest.param([10, 20, 30], 2, (10 * 1 + 50 * 0.25) / 1000, id="many functions weigh more"),
        pytest.param([0, 0, 0], 1, 0.0, id="no responding cell is 0, not missing"),
        pytest.param([1000, 0, 0], 1, 1.0, id="all cells with all functions"),
    ],
)
def test_the_polyfunctionality_index(n, q, value):
    index, error = index_of(n, [2, 1, 1], 2, 1000, q)

    scores = np.repeat([1.0, 0.5**q, 0.5**q, 0.0], [*n, 1000 - sum(n)])
    assert index == pytest.approx(value) == pytest.approx(scores.mean())
    assert error == pytest.approx(scores.std() / np.sqrt(1000))


def test_no_parent_has_no_index():
    assert np.isnan(index_of([0], [1], 1, 0, 1)).all()


def test_an_index_of_no_cells_with_a_function_is_not_known_to_be_zero():
    low, high = interval(0.0, 0.0, 500)

    assert low == 0
    assert high == pytest.approx(3.689 / 500, rel=1e-3)


def test_an_index_of_one_function_has_the_interval_of_its_count():
    index, error = index_of([7], [1], 1, 100_000, 1)

    low, high = interval(index, error, 100_000)

    garwood = np.array([stats.chi2.ppf(0.025, 14), stats.chi2.ppf(0.975, 16)]) / 2
    assert np.array([low, high]) * 100_000 == pytest.approx(garwood, rel=1e-3)


def test_cells_that_all_have_all_functions_leave_an_interval_that_ends_at_one():
    low, high = interval(1.0, 0.0, 500)

    assert 0.85 < low < 1
    assert high == 1


@pytest.mark.parametrize("total", [500, 2000, 20_000])
@pytest.mark.parametrize("scale", [5e-4, 5e-3, 0.05])
def test_the_interval_of_an_index_covers_it(total, scale):
    shares = np.array([scale, scale / 2, scale / 5, scale / 20])
    degrees, true = [1, 2, 3, 4], float((shares * np.arange(1, 5)).sum() / 4)
    drawn = np.random.default_rng(4).multinomial(total, [*shares, 1 - shares.sum()], 2000)

    ends = np.array([interval(*index_of(n[:-1], degrees, 4, total, 1), total) for n in drawn])

    assert ((ends[:, 0] <= true) & (true <= ends[:, 1])).mean() >= 0.94


# ------------------------------------------------------------------------------ calls


def judge(stim, unstim, total_s=20_000, total_u=20_000, settings=SETTINGS, seed=3):
    rng = np.random.default_rng(seed)
    counts_u = None if unstim is None else counted(unstim, total_u, rng)
    return judged(paired(counted(stim, total_s, rng), counts_u, total_s, total_u), settings)


def test_planted_cells_respond_and_the_others_do_not():
    rows = judge(RESTING | {("ifng", "tnf"): 4e-3}, RESTING).set_index("combination")

    assert list(rows.index[rows["responds"]]) == ["ifng+il2-tnf+cd107a-"]
    assert rows.loc["ifng+il2-tnf+cd107a-", "net"] == pytest.approx(0.4, abs=0.15)
    assert (rows["reasons"] == "").all()
    assert (rows["notes"] == "no_positive_control").all()


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"max_q": 1e-40}, id="q"),
        pytest.param({"min_net_pct": 0.9}, id="net percentage"),
        pytest.param({"min_fold": 6}, id="fold"),
    ],
)
def test_each_limit_can_refuse_a_call(settings):
    stim = RESTING | {("cd107a",): 8e-3}
    strict = SETTINGS.__class__(**(SETTINGS.__dict__ | settings))

    assert judge(stim, RESTING)["responds"].any()
    assert not judge(stim, RESTING, settings=strict)["responds"].any()


def test_no_unstimulated_tube_is_not_evaluable_and_nothing_is_made_up():
    rows = judge(RESTING, None)

    assert set(rows["reasons"]) == {"no_unstimulated_tube"}
    assert rows["net"].isna().all()
    assert not rows["responds"].any()


def test_a_small_parent_is_not_evaluable():
    rows = judge(RESTING, RESTING, total_u=400)

    assert set(rows["reasons"]) == {"parent_below_floor"}


def test_a_high_background_costs_what_counts_cells_with_that_function():
    high = RESTING | {("cd107a",): 0.02}

    rows = judge(high, high).set_index("combination")

    refused = set(rows.index[rows["reasons"] == "background_above_limit"])
    with_it = {name for name, held in subsets() if "cd107a" in held}
    assert refused == with_it | {"cd107a", "any"}


@pytest.mark.parametrize(
    ("share", "reason", "note"),
    [
        pytest.param(0.03, "", "", id="it responds"),
        pytest.param(4e-4, "positive_control_failed", "", id="it does not"),
        pytest.param(None, "", "no_positive_control", id="there is none"),
    ],
)
def test_the_positive_control_decides_over_the_other_agents(share, reason, note):
    rng = np.random.default_rng(5)
    resting = counted(RESTING, 20_000, rng)
    parts = [paired(counted(RESTING, 20_000, rng), resting, 20_000, 20_000)]
    if share is not None:
        control = counted(RESTING | {("ifng", "il2"): share}, 20_000, rng)
        parts.append(paired(control, resting, 20_000, 20_000, agent="seb"))

    rows = judged(pd.concat(parts, ignore_index=True), SETTINGS)

    of_agent = rows[rows["agent"] == "cmv"]
    assert set(of_agent["reasons"]) == {reason}
    assert set(of_agent["notes"]) == {note}
    assert set(rows[rows["agent"] == "seb"]["reasons"]) <= {""}


# ------------------------------------------------------------------------ error rates


def rates(stim, n_draws, seed, spread=None, total=20_000):
    """Return shares of draws and of subsets that are called, by Fisher's test."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(n_draws):
        factor = 1.0 if spread is None else rng.gamma(1 / spread, spread)
        unstim = {name: share * factor for name, share in RESTING.items()}
        added = {name: unstim.get(name, 0.0) + share for name, share in stim.items()}
        tubes = counted(unstim | added, total, rng), counted(unstim, total, rng)
        parts.append(paired(*tubes, total, total, sample=f"P{number}_C1D1"))
    rows = judged(pd.concat(parts, ignore_index=True), SETTINGS)
    called = rows.groupby("acquisition")["responds"].any()
    tested = rows[rows["kind"] == "subset"]
    return called.mean(), tested["responds"].mean(), rows


def test_without_a_response_calls_are_at_or_below_their_level():
    per_draw, per_subset, _ = rates({}, 600, seed=7)

    assert per_draw <= 0.01
    assert per_subset <= 0.001


def test_planted_frequencies_are_found():
    found = [
        rates({("ifng", "tnf"): share}, 100, seed=8)[0] for share in (0.0005, 0.001, 0.002, 0.004)
    ]

    assert found == sorted(found)
    assert found[-2] >= 0.95
    assert found[-1] == 1.0


def test_planted_frequencies_are_measured_without_bias_and_covered():
    *_, rows = rates({("ifng", "tnf"): 0.002}, 400, seed=9)
    planted = rows[rows["combination"] == "ifng+il2-tnf+cd107a-"]

    assert planted["net"].mean() == pytest.approx(0.2, abs=0.006)
    covered = ((planted["ci_low"] <= 0.2) & (planted["ci_high"] >= 0.2)).mean()
    assert 0.93 <= covered <= 0.98


# ---------------------------------------------------------------------------- mixture


def test_the_probability_that_one_share_is_greater_is_that_of_a_simulation():
    rng = np.random.default_rng(10)
    a_x, b_x, a_y, b_y = 12.0, 4000.0, 8.0, 4500.0
    drawn = rng.beta(a_x, b_x, 400_000) > rng.beta(a_y, b_y, 400_000)

    assert probability_greater(a_x, b_x, a_y, b_y) == pytest.approx(drawn.mean(), abs=0.003)
    assert probability_greater(3.0, 90.0, 3.0, 90.0) == pytest.approx(0.5, abs=0.002)


def test_the_bayes_factor_is_that_of_the_reference_and_the_one_sided_constant():
    a_u, b_u, a_s, b_s = 2.7, 2997.0, 2.0, 498.0
    n_s, total_s, n_u, total_u = (np.array([float(x)]) for x in (40, 9000, 9, 8000))

    null, other = log_likelihoods((a_u, b_u), (a_s, b_s), n_s, total_s, n_u, total_u)

    factor = betaln(n_s + a_s, total_s - n_s + b_s) - betaln(a_s, b_s)
    factor += betaln(n_u + a_u, total_u - n_u + b_u)
    factor -= betaln(n_s + n_u + a_u, total_s + total_u - n_s - n_u + b_u)
    rng = np.random.default_rng(11)
    after = rng.beta(a_s + 40, b_s + 8960, 200_000) > rng.beta(a_u + 9, b_u + 7991, 200_000)
    before = rng.beta(a_s, b_s, 200_000) > rng.beta(a_u, b_u, 200_000)
    factor += np.log(after.mean()) - np.log(before.mean())
    assert other - null == pytest.approx(factor, abs=0.02)


def beta_draws(rng, n_draws, responds, total=15_000):
    """Draw counts of tubes whose shares vary between draws as Beta variables do."""
    resting = rng.beta(6.0, 6000.0, n_draws)
    stimulated = np.where(responds, resting + rng.beta(4.0, 800.0, n_draws), resting)
    n_u, n_s = rng.binomial(total, resting), rng.binomial(total, stimulated)
    return n_s, np.full(n_draws, total), n_u, np.full(n_draws, total)


def test_the_mixture_parts_responders_from_the_others():
    rng = np.random.default_rng(12)
    responds = np.arange(30) < 12

    fitted = fit_mixture(*beta_draws(rng, 30, responds))

    called = fitted.posterior >= 0.99
    assert not called[~responds].any()
    assert called[responds].mean() >= 0.8
    assert fitted.weight == pytest.approx(0.4, abs=0.12)


def test_without_a_response_the_mixture_calls_next_to_nobody():
    rng = np.random.default_rng(13)

    called = [
        (fit_mixture(*beta_draws(rng, 20, np.zeros(20, bool))).posterior >= 0.99).sum()
        for _ in range(5)
    ]

    assert sum(called) <= 1


# ------------------------------------------------------------------------ measurements


def planned(tube, patient="P01", **given):
    sample = f"{patient}_C1D1"
    keys = {"patient": patient, "visit": "C1D1", "timepoint": "pre", "specimen": "cryo_pbmc"}
    keys |= {"sample": sample, "panel": "ics", "tube": tube, "batch": "", "role": "sample"}
    days = {"study_day": 29, "study_day_source": "recorded", "day": 29, "hours_post_dose": None}
    return {"acquisition": f"{sample}__ics__{tube}"} | keys | days | given


def gates_of(tubes):
    """Return the rows of T cells; the gate of a function in the unstimulated tube is flagged."""
    return pd.DataFrame(
        [
            {"acquisition": one["acquisition"], "population": name, "parent": parent, "n": 1.0}
            | {"flags": "few_events_here" * (name == "t_cd8_il2" and one["tube"] == "unstim")}
            for one in tubes
            for name, parent in (("t", "x"), ("t_cd8", "t"), ("t_cd8_il2", "t_cd8"))
        ]
    )


def measured_of(tubes, shares, settings=SETTINGS, verdicts=None):
    """Run the assay on drawn counts of tubes; shares are by acquisition."""
    rng = np.random.default_rng(20)
    rows = [
        {"acquisition": key, "parent": "t_cd8", "kind": kind, "combination": name}
        | {"n": float(n), "n_parent": 20_000.0}
        for key, of in shares.items()
        for (kind, name), n in counted(of, 20_000, rng).items()
    ]
    populations = pd.DataFrame(
        [
            {"acquisition": one["acquisition"], "population": name, "parent": "x", "n": 90_000.0}
            | {"flags": ""}
            for one in tubes
            for name in ("singlets", "viable", "cd45")
        ]
    )
    verdicts = verdicts or {one["acquisition"]: {"verdict": "accepted"} for one in tubes}
    chosen, left_out = stimulation_tubes(tubes, verdicts, {}, set(shares), populations, FLOW)
    pairs, alone = paired_counts(chosen, pd.DataFrame(rows))
    judged_rows = with_posteriors(judged(pairs, settings), settings)
    trees = Trees(pd.concat([populations, gates_of(tubes)]), ["t_cd8"], {"t"})
    table, _ = ics_measurements(judged_rows, chosen, trees, settings, ["ics"])
    assert faults(table) == []
    return table.set_index("feature"), left_out + alone


def test_a_stimulation_becomes_measurements():
    tubes = [planned("unstim"), planned("stim_CMV")]
    stim = RESTING | {("ifng", "tnf"): 4e-3}
    table, left_out = measured_of(
        tubes, {"P01_C1D1__ics__unstim": RESTING, "P01_C1D1__ics__stim_CMV": stim}
    )

    assert left_out == []
    assert set(table["assay"]) == {"ics"}
    assert len(table) == 2 ** len(FUNCTIONS) - 1 + len(FUNCTIONS) + 1 + 2 + 1
    planted = table.loc["t_cd8__net_cmv__ifng+il2-tnf+cd107a-"]
    assert (planted["status"], planted["unit"]) == ("ok", "%")
    assert planted["ci_low"] < 0.4 < planted["ci_high"]
    assert planted["flags"] == ["no_positive_control", "few_events_here"]
    assert table.loc["t_cd8__response_cmv", "value"] == 1
    assert table.loc["t_cd8__pi_cmv", "value"] == pytest.approx(
        sum(share * len(held) / 4 for held, share in stim.items()), abs=5e-4
    )
    assert table.loc["t_cd8__net_pi_cmv", "value"] == pytest.approx(4e-3 / 2, abs=5e-4)


def test_more_background_than_response_is_a_negative_value_and_ok():
    tubes = [planned("unstim"), planned("stim_CMV")]
    resting = RESTING | {("ifng",): 3e-3}
    shares = {"P01_C1D1__ics__unstim": resting, "P01_C1D1__ics__stim_CMV": {}}

    table, _ = measured_of(tubes, shares)

    row = table.loc["t_cd8__net_cmv__ifng"]
    assert (row["value"], row["status"], row["n"]) == (pytest.approx(-0.3, abs=0.1), "ok", 0)


def test_a_stimulated_tube_without_its_unstimulated_one_is_listed_as_that():
    table, _ = measured_of([planned("stim_CMV")], {"P01_C1D1__ics__stim_CMV": RESTING})

    assert set(table["status"]) == {"not_evaluable"}
    assert all("no_unstimulated_tube" in flags for flags in table["flags"])
    assert table.loc["t_cd8__response_cmv", "value"] != 0


def test_a_share_of_a_parent_that_holds_the_clone_is_for_display_only():
    tree = gates_of([planned("unstim")])

    flags = Trees(tree, ["t_cd8", "x"], {"cll"}).flags("P01_C1D1__ics__unstim", None, "t_cd8")

    assert flags == "few_events_here;display_only_compositional"


def test_an_unstimulated_tube_alone_is_left_out():
    tubes = [planned("unstim"), planned("unstim", "P02"), planned("stim_CMV", "P02")]
    shares = {one["acquisition"]: RESTING for one in tubes}

    _, left_out = measured_of(tubes, shares)

    assert [row["item"] for row in left_out] == ["P01_C1D1__ics__unstim"]


def test_a_tube_whose_panel_gates_no_function_is_left_out_with_the_reason():
    tubes = [planned("unstim"), planned("stim_CMV"), planned("stim_SEB", panel="tnk")]
    shares = {one["acquisition"]: RESTING for one in tubes[:2]}

    _, left_out = measured_of(tubes, shares)

    assert "holds none of the functions" in left_out[0]["reason"]


def test_the_mixture_needs_draws_and_says_so():
    tubes = [planned("unstim"), planned("stim_CMV")]
    shares = {one["acquisition"]: RESTING for one in tubes}
    settings = SETTINGS.__class__(**(SETTINGS.__dict__ | {"call": "mixture"}))

    table, _ = measured_of(tubes, shares, settings)

    row = table.loc["t_cd8__response_cmv"]
    assert row["status"] == "not_evaluable"
    assert "too_few_draws_for_mixture" in row["flags"]


def test_the_mixture_calls_over_the_draws_of_a_study():
    patients = [f"P{number:02}" for number in range(1, 15)]
    tubes = [planned(tube, patient) for patient in patients for tube in ("unstim", "stim_CMV")]
    responds = RESTING | {("ifng",): 6e-3}
    shares = {
        one["acquisition"]: responds
        if one["tube"] == "stim_CMV" and one["patient"] <= "P05"
        else RESTING
        for one in tubes
    }
    settings = SETTINGS.__class__(**(SETTINGS.__dict__ | {"call": "mixture"}))

    table, _ = measured_of(tubes, shares, settings)

    called = table.loc["t_cd8__response_cmv"].set_index("patient")["value"]
    assert list(called[called == 1].index) == patients[:5]


@pytest.mark.parametrize(
    ("tube", "agent"),
    [("stim_CMV", "cmv"), ("stim_PMA-Iono", "pma-iono"), ("stim_pp65 pool", "pp65-pool")],
)
def test_an_agent_is_named_as_features_can(tube, agent):
    assert agent_of(tube) == agent


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("t_cd8__net_cmv__ifng+il2-", "IFNG+ IL2− CD8+ T cells after CMV, % above unstimulated"),
        ("t_cd8__net_cmv__ifng", "IFNG+ CD8+ T cells after CMV, % above unstimulated"),
        ("t_cd8__net_pi_cmv", "Polyfunctionality of CD8+ T cells after CMV, above unstimulated"),
        ("t_cd4__response_seb", "Response of CD4+ T cells to SEB"),
    ],
)
def test_a_feature_of_a_stimulation_is_told_in_words(feature, words):
    assert feature_name(feature) == words
