"""The flow assay's cohort step: what each tube's counts become, and what they may not."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from correlates.flow.counts.features import feature_names
from correlates.flow.counts.measurements import flow_measurements, read_job_tables
from correlates.flow.counts.settings import FlowSettings, settings_of_counts
from correlates.measurements import COLUMNS, conform, faults
from correlates.tables import write_tsv

CONFIG = yaml.safe_load((Path(__file__).parent.parent / "config" / "config.yaml").read_text())
SHIPPED = FlowSettings(**settings_of_counts(CONFIG["flow"]))
# Its draws are of many lymphocytes; test_clone_limits looks at the floor that holds for them.
SETTINGS = replace(SHIPPED, subset_floor=SHIPPED.subset_floor | {"min_leukocytes": 0})
# population: (parent, events); 100,000 CD45+ with a WBC of 50 x 10^9/L are 0.5 cells/uL an event.
TREE = {
    "root": ("", 200_000),
    "cells": ("root", 150_000),
    "singlets": ("cells", 120_000),
    "viable": ("singlets", 110_000),
    "cd45": ("viable", 100_000),
    "lymph": ("cd45", 80_000),
    "mono": ("cd45", 2_000),
    "t": ("lymph", 4_000),
    "t_cd4": ("t", 2_500),
    "nk": ("lymph", 400),
    "nk_cd57": ("nk", 30),
}
# Fewer leukocytes than the floor.
FAILED = {"cd45": 40_000, "lymph": 30_000}
WBC = {"wbc_10e9_l": 50.0, "alc_10e9_l": 40.0, "amc_10e9_l": 1.0}


def tube(acquisition="P1_C0D1__tnk__full", **changed):
    planned = {
        "acquisition": acquisition,
        "sample": "P1_C0D1",
        "patient": "P1",
        "visit": "C0D1",
        "timepoint": "pre",
        "specimen": "fresh_wb",
        "panel": "tnk",
        "tube": "full",
        "batch": "b1",
        "study_day": 1.0,
        "study_day_source": "recorded",
        "hours_post_dose": None,
        "path": "a.fcs",
        "sha256": "0",
    }
    return planned | changed


def counts(acquisition="P1_C0D1__tnk__full", flags="", **changed):
    """Population rows of one tube; a changed number of events is given by name."""
    events = {key: changed.get(key, n) for key, (_, n) in TREE.items()}
    return [
        {
            "acquisition": acquisition,
            "population": key,
            "parent": parent,
            "n": float(events[key]),
            "n_parent": float(events.get(parent, 0)),
            "kind": "rectangle",
            "method": "boundary",
            "flags": flags,
        }
        for key, (parent, _) in TREE.items()
        if changed.get(key, 0) is not None
    ]


def medians(population="nk", marker="CD56", median=812.5, n=400, acquisition="P1_C0D1__tnk__full"):
    row = {"acquisition": acquisition, "population": population, "marker": marker}
    return [row | {"channel": "BUV737-A", "median": median, "n": float(n)}]


def blood(**changed):
    return [{"patient": "P1", "visit": "C0D1", "timepoint": "pre"} | WBC | changed]


def measure(tubes=None, populations=None, intensities=(), cbc=None, verdicts=None, **more):
    tubes = [tube()] if tubes is None else tubes
    verdicts = verdicts or {one["acquisition"]: {"verdict": "accepted"} for one in tubes}
    measured = flow_measurements(
        tubes,
        pd.DataFrame(counts() if populations is None else populations),
        pd.DataFrame(list(intensities)),
        verdicts,
        blood() if cbc is None else cbc,
        SETTINGS,
        **more,
    )
    return measured.measurements, measured.left_out


def row_of(table, feature):
    rows = table[table["feature"] == feature]
    assert len(rows) == 1, f"{feature}: {len(rows)} rows"
    return rows.iloc[0]


def test_every_row_is_of_the_contract():
    table, left_out = measure(intensities=medians())

    assert list(table) == COLUMNS
    assert faults(table) == []
    pd.testing.assert_frame_equal(table, conform(table))
    assert left_out.empty


def test_an_absolute_count_is_events_times_the_blood_count_of_its_leukocytes():
    row = row_of(measure()[0], "t_cd4__abs")

    assert row["value"] == pytest.approx(2500 / 100_000 * 50_000)
    assert (row["unit"], row["n"], row["status"]) == ("/uL", 2500, "ok")
    assert (row["method"], row["limit"]) == ("dual_platform:cd45/wbc", pytest.approx(25.0))
    assert (row["day"], row["run"], row["assay"]) == (1.0, "b1", "flow")


@pytest.mark.parametrize(
    ("events", "status", "limit"),
    [
        pytest.param(60, "ok", 100 * 50 / 400, id="quantified"),
        pytest.param(30, "lt_lloq", 100 * 50 / 400, id="below the limit of quantification"),
        pytest.param(19, "nd", 100 * 20 / 400, id="not detected"),
        pytest.param(0, "nd", 100 * 20 / 400, id="an empty gate is a zero, not missing"),
    ],
)
def test_a_percentage_is_judged_by_the_events_of_the_target(events, status, limit):
    lax = counts(nk_cd57=events, nk=800)

    row = row_of(measure(populations=lax)[0], "nk_cd57__pct__nk")

    assert row["value"] == pytest.approx(100 * events / 800)
    assert row["status"] == status
    assert row["limit"] == pytest.approx(limit / 2)
    assert row["ci_low"] <= row["value"] <= row["ci_high"]


def test_a_percentage_of_a_small_parent_is_not_evaluable_and_keeps_its_value():
    row = row_of(measure(populations=counts(nk=499))[0], "nk_cd57__pct__nk")

    assert row["status"] == "not_evaluable"
    assert row["value"] == pytest.approx(100 * 30 / 499)
    assert "parent_below_floor" in row["flags"]


@pytest.mark.parametrize(
    ("feature", "flagged"),
    [
        pytest.param("nk__pct__lymph", True, id="of lymphocytes it measures the clone"),
        pytest.param("mono__pct__cd45", True, id="of all leukocytes too"),
        pytest.param("cd45__pct__viable", True, id="of living cells"),
        pytest.param("cells__pct__root", True, id="of all events"),
        pytest.param("t_cd4__pct__t", False, id="of the T cells it does not"),
        pytest.param("nk__abs", False, id="an absolute count does not"),
    ],
)
def test_percentages_that_hold_the_clone_are_for_display_only(feature, flagged):
    flags = row_of(measure()[0], feature)["flags"]

    assert ("display_only_compositional" in flags) is flagged


def of_tree(parents, n=20_000):
    """Population rows of a tube with another tree, each population of as many events."""
    row = {"acquisition": "P1_C0D1__tnk__full", "n": float(n), "n_parent": float(n), "flags": ""}
    return [row | {"population": key, "parent": parent} for key, parent in parents.items()]


@pytest.mark.parametrize(
    ("parents", "analysable"),
    [
        pytest.param(
            {"Lymphocytes": "root", "CD3": "Lymphocytes", "CD4": "CD3"},
            set(),
            id="gates of other names are not taken to be free of the clone",
        ),
        pytest.param(
            {"cd45": "root", "t": "cd45", "nk": "cd45", "nk_dim": "nk"},
            {"nk_dim__pct__nk"},
            id="no lymphocytes are gated",
        ),
        pytest.param(
            {"cd45": "root", "lymph": "cd45", "cd3neg": "lymph", "nk": "cd3neg", "b": "cd3neg"},
            set(),
            id="what is left without the T cells holds the clone",
        ),
        pytest.param(
            {"lymph": "root", "t": "root", "t_cd4": "t", "t_cd4_cm": "t_cd4"},
            {"t_cd4__pct__t", "t_cd4_cm__pct__t_cd4", "t_cd4_cm__pct__t"},
            id="subsets below the T cells",
        ),
        pytest.param(
            {"lymph": "root", "cll": "lymph", "cll_cd86": "cll"},
            {"cll_cd86__pct__cll"},
            id="shares of the clone itself",
        ),
    ],
)
def test_only_a_parent_known_to_be_free_of_the_clone_has_percentages_to_analyse(
    parents, analysable
):
    table, _ = measure(populations=of_tree(parents))

    shares = table[table["feature"].str.contains("__pct__")]
    free = ["display_only_compositional" not in flags for flags in shares["flags"]]
    assert set(shares["feature"][free]) == analysable


@pytest.mark.parametrize(
    ("population", "flagged"),
    [
        ("lymph", True),
        ("viable", True),
        ("cd19_pos", True),
        ("cll", False),
        ("cll_cd86", False),
        ("nk", False),
        ("nk_cd57", False),
    ],
)
def test_a_median_over_the_clone_and_other_cells_is_for_display_only(population, flagged):
    parents = {"viable": "root", "lymph": "viable", "nk": "lymph", "nk_cd57": "nk"}
    parents |= {"cd19_pos": "lymph", "cll": "cd19_pos", "cll_cd86": "cll"}

    table, _ = measure(populations=of_tree(parents), intensities=medians(population))

    flags = row_of(table, f"{population}__mfi__cd56")["flags"]
    assert ("display_only_compositional" in flags) is flagged


def test_the_clone_free_populations_of_a_workspace_are_named_by_their_ids(monkeypatch):
    monkeypatch.setattr(
        "test_flow_measurements.SETTINGS", replace(SETTINGS, clone_free=["Live/T cells+"])
    )
    parents = {"Live": "root", "Live/T cells+": "Live", "CD4+/CD8+": "Live/T cells+"}

    table, _ = measure(populations=of_tree(parents))

    row = row_of(table, "CD4+/CD8+__pct__Live/T_cells+")
    assert "display_only_compositional" not in row["flags"]


def test_names_of_features_hold_none_of_the_marks_that_join_them():
    names = feature_names(["CD4+/CD8+", "t_cd4", "NK__CD57@hi", "a b", "a_b", "?"])

    assert names == {
        "CD4+/CD8+": "CD4+/CD8+",
        "t_cd4": "t_cd4",
        "NK__CD57@hi": "NK_CD57_hi",
        "a_b": "a_b",
        "a b": "a_b.2",
        "?": "gate",
    }


def test_cells_per_microlitre_exist_for_kinds_of_leukocyte_only():
    features = set(measure()[0]["feature"])

    assert {"lymph__abs", "mono__abs", "nk_cd57__abs"} <= features
    assert not features & {"root__abs", "cells__abs", "singlets__abs", "viable__abs", "cd45__abs"}


def test_what_lies_beside_the_reference_is_listed_without_cells_per_microlitre():
    """Separated cells, lymphocytes gated, and T cells drawn on all living cells."""
    parents = {"viable": "root", "lymph": "viable", "nk": "lymph", "t": "viable", "t_cd4": "t"}

    table, _ = measure([tube(specimen="cryo_pbmc")], of_tree(parents))

    assert "viable__abs" not in set(table["feature"])
    for name in ("t", "t_cd4"):
        row = row_of(table, f"{name}__abs")
        assert row["status"] == "not_evaluable"
        assert "outside_reference_population" in row["flags"]
    assert "outside_reference_population" not in row_of(table, "nk__abs")["flags"]


def test_separated_cells_pair_with_lymphocytes_and_monocytes():
    row = row_of(measure([tube(specimen="cryo_pbmc")])[0], "nk__abs")

    assert row["method"] == "dual_platform:lymph+mono/alc+amc"
    assert row["value"] == pytest.approx(400 / 82_000 * 41_000)


def test_monocytes_are_outside_a_pair_of_lymphocytes():
    table, _ = measure([tube(specimen="cryo_pbmc")], cbc=blood(amc_10e9_l=None))

    assert row_of(table, "nk__abs")["value"] == pytest.approx(400 / 80_000 * 40_000)
    outside = row_of(table, "mono__abs")
    assert outside["status"] == "not_evaluable"
    assert outside["flags"] == ["outside_reference_population"]
    assert pd.isna(outside["value"])


@pytest.mark.parametrize(
    ("planned", "cbc", "status", "flag"),
    [
        pytest.param({}, [], "missing", "cbc_wbc_missing", id="no blood count of this draw"),
        pytest.param({}, blood(wbc_10e9_l=""), "missing", "cbc_wbc_missing", id="a blank WBC"),
        pytest.param({}, blood() * 2, "not_evaluable", "cbc_repeated", id="two blood counts"),
        pytest.param(
            {"specimen": "marrow"},
            blood(),
            "not_evaluable",
            "no_blood_count_for_specimen",
            id="marrow",
        ),
        pytest.param(
            {"timepoint": "h4"}, blood(), "missing", "cbc_wbc_missing", id="another draw's count"
        ),
    ],
)
def test_without_a_blood_count_the_row_stays_and_says_why(planned, cbc, status, flag):
    row = row_of(measure([tube(**planned)], cbc=cbc)[0], "nk__abs")

    assert row["status"] == status
    assert pd.isna(row["value"])
    assert row["n"] == 400
    assert row["flags"] == [flag]


@pytest.mark.parametrize(
    ("offset", "flagged"),
    [(24, False), (-24.5, True), (25, True), ("", False)],
    ids=["at a day", "more than a day before", "more than a day after", "not said"],
)
def test_a_blood_count_far_from_the_draw_is_flagged(offset, flagged):
    row = row_of(measure(cbc=blood(cbc_offset_h=offset))[0], "nk__abs")

    assert row["status"] == "ok"
    assert (row["flags"] == ["cbc_far_from_draw"]) is flagged


@pytest.mark.parametrize(
    ("changed", "specimen", "flag"),
    [
        pytest.param({"viable": 90_000}, "fresh_wb", "viability_below_floor", id="75 %, fresh"),
        pytest.param({"viable": 90_000}, "cryo_pbmc", None, id="75 % of thawed cells will do"),
        pytest.param({"viable": 80_000}, "cryo_pbmc", "viability_below_floor", id="67 %, thawed"),
        pytest.param({"cd45": 49_999}, "fresh_wb", "leukocytes_below_floor", id="few leukocytes"),
    ],
)
def test_a_failed_sample_keeps_its_values_and_none_is_evaluable(changed, specimen, flag):
    rows = counts(**{"lymph": 40_000, "cd45": 60_000} | changed)

    table, _ = measure([tube(specimen=specimen)], rows, medians())

    failed = table["status"] == "not_evaluable"
    assert failed.all() == (flag is not None)
    assert pd.notna(row_of(table, "nk__abs")["value"])
    if flag:
        assert all(flag in flags for flags in table["flags"])


def test_a_tube_without_a_single_cell_fails_and_is_listed():
    nothing = counts(**{key: 0 for key in TREE if key not in {"root", "cells"}})

    table, _ = measure(populations=nothing)

    assert set(table["status"]) == {"not_evaluable"}
    row = row_of(table, "nk__abs")
    assert row["flags"] == [
        "viability_below_floor",
        "leukocytes_below_floor",
        "reference_population_empty",
    ]
    assert pd.isna(row["value"])


def test_a_template_without_quality_gates_is_flagged_and_not_failed():
    rows = [row for row in counts() if row["population"] in {"cells", "lymph", "t", "nk"}]

    table, _ = measure(populations=rows)

    assert row_of(table, "t__pct__lymph")["status"] == "ok"
    assert {"viability_not_gated", "leukocytes_not_gated"} <= set(table["flags"][0])
    absolute = row_of(table, "nk__abs")
    assert absolute["status"] == "not_evaluable"
    assert "reference_population_not_gated" in absolute["flags"]


def test_a_median_brings_the_interval_of_its_order_statistics():
    rows = [medians()[0] | {"low": 790.0, "high": 840.0}]

    row = row_of(measure(intensities=rows)[0], "nk__mfi__cd56")

    assert (row["ci_low"], row["value"], row["ci_high"]) == (790, 812.5, 840)


@pytest.mark.parametrize(
    ("n", "median", "status", "flags"),
    [
        pytest.param(400, -31.5, "ok", [], id="a negative median is a value"),
        pytest.param(49, 812.5, "ok", ["few_events"], id="few events are flagged"),
        pytest.param(19, 812.5, "not_evaluable", ["too_few_events"], id="too few"),
        pytest.param(0, None, "not_evaluable", ["too_few_events"], id="none"),
    ],
)
def test_an_intensity_is_the_median_of_enough_events(n, median, status, flags):
    row = row_of(measure(intensities=medians(n=n, median=median))[0], "nk__mfi__cd56")

    assert (row["status"], row["n"], row["unit"], row["flags"]) == (status, n, "1", flags)
    assert pd.isna(row["value"]) if median is None else row["value"] == median


@pytest.mark.parametrize(
    ("marker", "feature"),
    [("HLA-DR", "nk__mfi__hla-dr"), ("TCR gd", "nk__mfi__tcr-gd"), ("", None)],
    ids=["lower case", "a blank in a name", "scatter has no marker"],
)
def test_the_marker_names_the_intensity(marker, feature):
    features = set(measure(intensities=medians(marker=marker))[0]["feature"])

    assert {name for name in features if "__mfi__" in name} == ({feature} if feature else set())


def test_of_two_panels_the_first_one_counts_and_the_other_is_listed():
    other = "P1_C0D1__act__full"
    tubes = [tube(other, panel="act"), tube()]

    table, left_out = measure(tubes, counts(other, nk=500) + counts(), panel_order=["tnk", "act"])

    assert row_of(table, "nk__abs")["n"] == 400
    assert len(left_out) == len(table)
    listed = left_out[left_out["item"] == "nk__abs"].iloc[0]
    assert (listed["patient"], listed["visit"], listed["status"]) == ("P1", "C0D1", "superseded")
    assert other in listed["reason"]
    assert "P1_C0D1__tnk__full" in listed["reason"]


@pytest.mark.parametrize(
    ("first", "second", "kept", "why"),
    [
        pytest.param(FAILED, {}, "P1_C0D1_b__tnk__full", "since it is evaluable", id="one failed"),
        pytest.param({}, {}, "P1_C0D1_a__tnk__full", "first by name", id="both evaluable"),
        pytest.param(
            FAILED,
            FAILED,
            "P1_C0D1_a__tnk__full",
            "first by name",
            id="both failed",
        ),
    ],
)
def test_an_evaluable_tube_goes_before_a_failed_one(first, second, kept, why):
    names = ["P1_C0D1_a__tnk__full", "P1_C0D1_b__tnk__full"]
    rows = counts(names[0], **first) + counts(names[1], **second)

    table, left_out = measure([tube(name, batch="") for name in names], rows)

    assert set(table["run"]) == {kept}
    assert left_out["reason"].str.contains(f"{kept} comes first.*{why.split(' ', 1)[1]}").all()
    assert len(left_out) == len(table)


def test_a_failed_tube_of_the_first_panel_gives_way_to_another_panel():
    tubes = [tube(), tube("P1_C0D1__act__full", panel="act")]
    rows = counts(**FAILED) + counts("P1_C0D1__act__full", nk=500)

    table, left_out = measure(tubes, rows, panel_order=["tnk", "act"])

    assert row_of(table, "nk__abs")[["n", "status"]].tolist() == [500, "ok"]
    assert set(left_out["reason"]) == {
        "P1_C0D1__tnk__full measured it too; P1_C0D1__act__full comes first, since it is evaluable "
        "and the other is not"
    }


def test_reference_tubes_and_refused_files_give_no_measurement():
    fmo = tube("P1_C0D1__tnk__fmo_CD57", tube="fmo_CD57")
    bad = tube("P2_C0D1__tnk__full", patient="P2")
    verdicts = {
        fmo["acquisition"]: {"verdict": "accepted"},
        bad["acquisition"]: {"verdict": "refused"},
        tube()["acquisition"]: {"verdict": "accepted"},
    }
    rows = counts() + counts(fmo["acquisition"]) + counts(bad["acquisition"])

    table, left_out = measure([fmo, bad, tube()], rows, verdicts=verdicts)

    assert set(table["patient"]) == {"P1"}
    assert not table.duplicated("feature").any()
    # a refused file is intake's to list
    assert left_out[["what", "item", "status", "reason"]].values.tolist() == [
        ["acquisition", fmo["acquisition"], "excluded", "reference tube: others are judged by it"]
    ]


def test_a_copy_of_a_reference_tube_is_listed_as_the_copy_it_is():
    fmo = tube("P1_C0D1__tnk__fmo_CD57", tube="fmo_CD57")

    _, left_out = measure([fmo, tube()], excluded={fmo["acquisition"]: "a copy of b.fcs"})

    assert left_out["reason"].tolist() == ["a copy of b.fcs"]


def test_the_warnings_of_the_file_and_the_flags_of_the_gate_travel_along():
    findings = [
        {"code": "time_backwards", "severity": "warning"},
        {"code": "old_version", "severity": "info"},
    ]
    verdicts = {tube()["acquisition"]: {"verdict": "accepted_with_warning", "findings": findings}}

    table, _ = measure(
        populations=counts(flags="valley_fallback"), intensities=medians(), verdicts=verdicts
    )

    for feature in ("nk__abs", "t_cd4__pct__t", "nk__mfi__cd56"):
        assert row_of(table, feature)["flags"] == ["time_backwards", "valley_fallback"]


def test_a_planned_day_is_not_passed_off_as_recorded():
    table, _ = measure([tube(study_day_source="planned")])

    assert table["day"].isna().all()


def test_without_a_batch_the_run_is_the_file():
    assert set(measure([tube(batch="")])[0]["run"]) == {"P1_C0D1__tnk__full"}


def test_an_accepted_file_without_counts_is_listed():
    table, left_out = measure(populations=counts()[:1])

    assert list(table) == COLUMNS
    assert table.empty
    assert left_out["reason"].tolist() == ["the gating counted nothing"]


def test_a_population_counted_twice_is_a_bug():
    with pytest.raises(ValueError, match="counted twice.*P1_C0D1__tnk__full/nk"):
        measure(populations=counts() + [counts()[9]])


def test_the_tables_of_the_jobs_are_read_into_one(tmp_path):
    columns = ["population", "parent", "n", "n_parent", "kind", "method", "flags"]
    rows = [{key: row[key] for key in columns} | {"n": int(row["n"])} for row in counts()]
    write_tsv(tmp_path / "a.tsv", columns, rows)
    write_tsv(tmp_path / "b.tsv", columns, [])

    table = read_job_tables({"a": tmp_path / "a.tsv", "b": tmp_path / "b.tsv"})

    assert set(table["acquisition"]) == {"a"}
    assert table["n"].tolist() == [float(row["n"]) for row in rows]
    assert read_job_tables({"b": tmp_path / "b.tsv"}).empty
