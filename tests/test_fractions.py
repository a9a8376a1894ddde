"""Percentages of parent, grandparent and leukocytes, and which of them may be tested."""

from dataclasses import replace

import pytest
from scipy.stats import binomtest

from correlates.flow.counts.fractions import denominators_of
from correlates.measurements import faults
from test_flow_measurements import SETTINGS, counts, measure, of_tree, row_of

ALL = ("parent", "grandparent", "leukocytes")
# of the tree that `counts` makes
TREE = {"cells": "root", "singlets": "cells", "viable": "singlets", "cd45": "viable"}
TREE |= {"lymph": "cd45", "mono": "cd45", "t": "lymph", "t_cd4": "t", "t_cd4_cm": "t_cd4"}


@pytest.mark.parametrize(
    ("population", "expected"),
    [
        pytest.param("t_cd4_cm", ["t_cd4", "t", "cd45"], id="deep below"),
        pytest.param("t", ["lymph", "cd45"], id="the grandparent is CD45+: one percentage"),
        pytest.param("mono", ["cd45", "viable"], id="the parent is CD45+"),
        pytest.param("cd45", ["viable", "singlets"], id="never of itself"),
        pytest.param("cells", ["root"], id="all events are a parent"),
        pytest.param("singlets", ["cells"], id="and never a grandparent"),
    ],
)
def test_what_a_population_is_a_share_of(population, expected):
    assert denominators_of(population, TREE, ALL, "cd45") == expected


def test_only_what_is_wanted_is_measured():
    assert denominators_of("t_cd4_cm", TREE, ["leukocytes"], "cd45") == ["cd45"]


@pytest.mark.parametrize(
    ("feature", "n", "total"),
    [("t_cd4__pct__t", 2500, 4000), ("t_cd4__pct__lymph", 2500, 80_000)]
    + [("t_cd4__pct__cd45", 2500, 100_000), ("nk_cd57__pct__cd45", 30, 100_000)],
)
def test_each_percentage_has_the_exact_interval_of_its_own_denominator(feature, n, total):
    row = row_of(measure()[0], feature)

    exact = binomtest(n, total).proportion_ci(0.95, "exact")
    assert row["value"] == pytest.approx(100 * n / total)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((100 * exact.low, 100 * exact.high))
    assert row["limit"] == pytest.approx(100 * 50 / total)
    assert row["status"] == ("ok" if n >= 50 else "lt_lloq")


def test_no_share_stands_twice_and_every_row_is_of_the_contract():
    table, _ = measure()

    assert faults(table) == []
    assert (table["feature"] == "lymph__pct__cd45").sum() == 1


@pytest.mark.parametrize(
    ("feature", "flagged"),
    [
        pytest.param("t_cd4_cm__pct__t", False, id="of a grandparent that is free of the clone"),
        pytest.param("t_cd4__pct__lymph", True, id="of a grandparent that holds it"),
        pytest.param("t_cd4_cm__pct__cd45", True, id="of all leukocytes"),
        pytest.param("cll__pct__cd45", True, id="the clone's own share too"),
    ],
)
def test_a_share_is_shown_only_where_its_denominator_mixes_the_clone_with_others(feature, flagged):
    rows = of_tree(TREE | {"cll": "lymph"})

    flags = row_of(measure(populations=rows)[0], feature)["flags"]

    assert ("display_only_compositional" in flags) is flagged


def test_a_grandparent_below_the_floor_is_judged_by_itself():
    table, _ = measure(populations=counts(nk=400, lymph=80_000))

    assert row_of(table, "nk_cd57__pct__nk")["status"] == "not_evaluable"
    assert row_of(table, "nk_cd57__pct__lymph")["status"] == "lt_lloq"


def test_a_panel_without_leukocytes_has_no_share_of_them(monkeypatch):
    fewer = replace(SETTINGS, fractions=["parent", "leukocytes"])
    monkeypatch.setattr("test_flow_measurements.SETTINGS", fewer)

    table, _ = measure(populations=of_tree({"lymph": "root", "t": "lymph", "t_cd4": "t"}))

    shares = {feature for feature in table["feature"] if "__pct__" in feature}
    assert shares == {"lymph__pct__root", "t__pct__lymph", "t_cd4__pct__t"}
