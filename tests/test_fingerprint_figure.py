"""The figure of the swap alarm: what it shows, and that it is sound SVG."""

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from correlates.cohort.integrity.fingerprints import judge_specimens
from correlates.cohort.integrity.lineage.figure import Panel, draw_fingerprints
from correlates.simulate.lineages import draw_lineage_rows
from test_fingerprints import SETTINGS


def judged(n_patients=8, seed=3, swaps=0, table=None):
    rows, swapped = draw_lineage_rows(n_patients, np.random.default_rng(seed), swaps=swaps)
    table = pd.DataFrame(rows) if table is None else table
    patients = [{"patient": key} for key in table["patient"].unique()]
    return judge_specimens(table, patients, SETTINGS, 99), swapped


def panels(found):
    return [
        Panel(one.specimen, one.scores, one.distances, one.alarms) for one in found if one.distances
    ]


def words(svg):
    return [one.text for one in ET.fromstring(svg).iter() if one.tag.endswith("text")]


def test_a_swap_is_labelled_in_the_dots_and_shown_feature_by_feature():
    found, [(one, other)] = judged(swaps=1)

    svg = draw_fingerprints(panels(found))

    said = words(svg)
    assert f"{' '.join(one)}, like {other[0]}" in said
    assert f"{' '.join(other)}, like {one[0]}" in said
    assert any(text.startswith("Probable swap: ") for text in said)
    assert any(", % of " in text for text in said)


def test_a_sound_cohort_says_so():
    found, _ = judged()

    svg = draw_fingerprints(panels(found))

    assert "No draw fits another patient better than chance lets any draw fit." in words(svg)
    assert "every draw looks like its own patient" in svg


def test_every_judged_draw_is_a_dot():
    found, _ = judged()

    svg = draw_fingerprints(panels(found))

    circles = [one for one in ET.fromstring(svg).iter() if one.tag.endswith("circle")]
    assert len(circles) == len(found[0].scores) + 1  # one in the legend


def test_what_cannot_be_judged_is_a_line_of_text():
    found, _ = judged(n_patients=2)

    svg = draw_fingerprints(panels(found), found[0].findings[0]["finding"])

    (said,) = words(svg)
    assert "not judged in specimen fresh_wb, because" in said


def test_the_exchanged_tubes_lie_where_the_other_patient_is_expected():
    """0 is as the own patient's, 1 as the other's; features that differ clearly say it."""
    found, _ = judged(swaps=1)
    distances, (alarm,) = found[0].distances, found[0].alarms
    one, other = distances.prints.patient_of[alarm.draws[0]], alarm.patients[0]

    for draw, expected in zip(alarm.draws, (1.0, 0.0), strict=True):
        place, apart = distances.between(draw, one, other)
        telling = apart > 3
        assert telling.any()
        assert np.nanmedian(place[telling]) == pytest.approx(expected, abs=0.3)
