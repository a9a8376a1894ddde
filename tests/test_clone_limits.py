"""Rare subsets beside a large clone, and a clone that is nearly gone."""

from dataclasses import replace

import pandas as pd
import pytest

from correlates.clinical.dosing.dosing import dosing_by_patient
from correlates.cohort.baselines import choose_baselines
from correlates.cohort.placing import assign_phases
from correlates.flow.counts.clone_limits import (
    BELOW_SUBSET_FLOOR,
    NEEDS_EXTENDED,
    NOT_POLYCLONAL,
    NOT_RESTRICTED,
)
from correlates.flow.counts.measurements import flow_measurements
from test_flow_measurements import SHIPPED, WBC, blood, tube

KEY = "P1_C0D1__tnk__full"
# population: (parent, events)
TREE = {
    "singlets": ("root", 400_000),
    "viable": ("singlets", 390_000),
    "cd45": ("viable", 250_000),
    "lymph": ("cd45", 100_000),
    "t": ("lymph", 9_000),
    "t_cd4": ("t", 6_000),
    "treg": ("t_cd4", 700),
    "treg_foxp3": ("treg", 600),
    "nk": ("lymph", 2_000),
    "nk_cd57": ("nk", 900),
    "cll": ("lymph", 80_000),
    "cll_cd86": ("cll", 20_000),
    "cll_kappa": ("cll", 70_000),
    "cll_lambda": ("cll", 700),
    "b_normal": ("lymph", 2_000),
    "b_normal_kappa": ("b_normal", 1_100),
    "b_normal_lambda": ("b_normal", 800),
}


def measured(markers=("CD3", "CD5"), cbc=None, settings=SHIPPED, **events):
    """Measure one tube whose number of events is given by population."""
    n = {"root": 500_000} | {key: events.get(key, own) for key, (_, own) in TREE.items()}
    rows = [
        {"acquisition": KEY, "population": key, "parent": parent, "n": float(n[key])}
        | {"n_parent": float(n[parent]), "flags": ""}
        for key, (parent, _) in TREE.items()
    ]
    medians = [
        {"acquisition": KEY, "population": key, "marker": marker, "median": 9.0, "n": n[key]}
        for key in TREE
        for marker in markers
    ]
    return flow_measurements(
        [tube()],
        pd.DataFrame(rows),
        pd.DataFrame(medians),
        {KEY: {"verdict": "accepted"}},
        blood() if cbc is None else cbc,
        settings,
    ).measurements.set_index("feature")


SUBSETS = ["nk_cd57__abs", "nk_cd57__pct__nk", "treg__pct__t_cd4", "treg_foxp3__abs"]


def test_subsets_are_evaluable_from_their_floor():
    enough, too_few = measured(cd45=250_000), measured(cd45=249_999)

    assert set(enough.loc[SUBSETS, "status"]) == {"ok"}
    assert set(too_few.loc[SUBSETS, "status"]) == {"not_evaluable"}
    assert all(BELOW_SUBSET_FLOOR in flags for flags in too_few.loc[SUBSETS, "flags"])
    assert too_few.at["treg__mfi__cd3", "status"] == "not_evaluable"


def test_what_is_not_evaluable_keeps_its_value():
    row = measured(cd45=100_000).loc["nk_cd57__pct__nk"]

    assert row["value"] == pytest.approx(100 * 900 / 2_000)
    assert row["n"] == 900


@pytest.mark.parametrize("feature", ["nk__abs", "t__abs", "t_cd4__pct__t", "cll__abs"])
def test_larger_populations_are_not_touched(feature):
    row = measured(cd45=100_000).loc[feature]

    assert row["status"] == "ok"
    assert BELOW_SUBSET_FLOOR not in row["flags"]


@pytest.mark.parametrize(
    ("cbc", "status"),
    [
        pytest.param(WBC | {"alc_10e9_l": 10.0}, "ok", id="at the limit"),
        pytest.param(WBC | {"alc_10e9_l": 10.1}, "not_evaluable", id="above it"),
        pytest.param(WBC | {"alc_10e9_l": ""}, "ok", id="a blank count is not high"),
    ],
)
def test_the_floor_holds_in_draws_of_many_lymphocytes(cbc, status):
    assert measured(cbc=blood(**cbc), cd45=100_000).at["nk_cd57__pct__nk", "status"] == status


def test_the_config_says_how_many_and_of_what():
    floor = {"min_leukocytes": 120_000, "above_alc_10e9_l": 10, "populations": ["t_cd4"]}

    table = measured(settings=replace(SHIPPED, subset_floor=floor), cd45=120_000)
    low = measured(
        settings=replace(SHIPPED, subset_floor=floor | {"min_leukocytes": 130_000}), cd45=120_000
    )

    assert table.at["treg__pct__t_cd4", "status"] == "ok"
    assert low.at["treg__pct__t_cd4", "status"] == "not_evaluable"
    assert low.at["nk_cd57__pct__nk", "status"] == "ok"


def test_a_draw_too_small_for_a_subset_is_not_replaced_by_an_earlier_one():
    late = measured(cd45=100_000).reset_index()
    early = measured().reset_index().assign(visit="SCR", sample="P1_SCR", day=-6.0)
    patients = dosing_by_patient([{"patient": "P1", "lenalidomide_start_day": 29}])
    table = assign_phases(pd.concat([early, late]), patients)

    features = choose_baselines(table, patients, 3).features.query("baseline == 'B0'")

    # The last measurement of the feature stands for the baseline, and says why it has no value.
    chosen = features.set_index("feature").loc["nk_cd57__abs"]
    assert (chosen["visit"], chosen["earlier_draw"]) == ("C0D1", False)


@pytest.mark.parametrize(
    ("cll", "markers", "flagged"),
    [
        pytest.param(999, ("CD3", "CD5"), True, id="below 1 %, CD19 and CD5 only"),
        pytest.param(1_000, ("CD3", "CD5"), False, id="at 1 %"),
        pytest.param(999, ("CD5", "cd79B"), False, id="with one marker of the extended panel"),
        pytest.param(999, (), False, id="a tube of unknown markers"),
    ],
)
def test_a_small_clone_asks_for_the_extended_panel(cll, markers, flagged):
    table = measured(markers=markers, cll=cll, cll_cd86=400, cll_kappa=900, cll_lambda=9)

    for feature in ("cll__abs", "cll_cd86__pct__cll"):
        assert (NEEDS_EXTENDED in table.at[feature, "flags"]) is flagged
        assert table.at[feature, "status"] == "ok"
    assert NEEDS_EXTENDED not in table.at["t__abs", "flags"]


@pytest.mark.parametrize(
    ("kappa", "light", "flagged"),
    [
        pytest.param(3_001, 1_000, False, id="more than three to one"),
        pytest.param(1_000, 3_001, False, id="of the other chain"),
        pytest.param(3_000, 1_000, True, id="three to one"),
        pytest.param(26, 24, True, id="enough to tell"),
        pytest.param(25, 24, False, id="too few to tell"),
        pytest.param(3_000, 0, False, id="none of the other"),
    ],
)
def test_a_clone_of_both_light_chains_is_flagged(kappa, light, flagged):
    table = measured(cll_kappa=kappa, cll_lambda=light)

    for feature in ("cll__abs", "cll_cd86__pct__cll", "cll_kappa__pct__cll"):
        assert (NOT_RESTRICTED in table.at[feature, "flags"]) is flagged
    assert NOT_RESTRICTED not in table.at["b_normal__abs", "flags"]


@pytest.mark.parametrize(
    ("kappa", "light", "flagged"),
    [
        pytest.param(1_500, 500, False, id="three to one"),
        pytest.param(1_501, 500, True, id="more"),
        pytest.param(60, 0, True, id="one chain only"),
        pytest.param(49, 0, False, id="too few to tell"),
    ],
)
def test_normal_b_cells_of_one_light_chain_are_flagged(kappa, light, flagged):
    table = measured(b_normal_kappa=kappa, b_normal_lambda=light)

    assert (NOT_POLYCLONAL in table.at["b_normal__abs", "flags"]) is flagged
    assert table.at["b_normal__abs", "status"] == "ok"
    assert NOT_POLYCLONAL not in table.at["cll__abs", "flags"]


def test_light_chains_that_are_not_gated_are_not_judged():
    chains = {"ratio": 3, "restricted": [["cll", "k", "l"]], "polyclonal": [["t", "k", "l"]]}

    table = measured(settings=replace(SHIPPED, light_chains=chains))

    assert not any("light_chains" in flag for flags in table["flags"] for flag in flags)
