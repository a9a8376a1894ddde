"""Keys that a config file gives twice."""

import pytest

from correlates.intake.config_files import repeated_keys
from study import ROOT

GIVEN = """\
study:
  title: One
  gating:
    T: a.csv
    T: b.csv
  title: Two
flow:
  anchors: {t: cd3, t: cd5}
analyses:
  contrasts:
    - id: H1
    - id: H2
      id: H3
"""


def test_every_key_given_twice_is_named_with_both_lines(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(GIVEN)

    problems = repeated_keys([config])

    assert [(one.column, one.row) for one in problems] == [
        ("study.gating.T", 5),
        ("study.title", 6),
        ("flow.anchors.t", 8),
        ("analyses.contrasts.id", 13),
    ]
    assert all(one.stops == "run" and one.file == str(config) for one in problems)
    assert "line 2" in problems[1].problem


@pytest.mark.parametrize("text", ["", "study: {}\n", '{"study": {"title": "json"}}'])
def test_a_config_without_repetition_is_well(tmp_path, text):
    config = tmp_path / "config.yaml"
    config.write_text(text)

    assert repeated_keys([config]) == []


def test_the_shipped_configs_repeat_nothing():
    assert repeated_keys(ROOT.glob("config/**/*.yaml")) == []
