"""Which part of a file's name does not fit the pattern."""

import pytest

from correlates.intake.files.mismatch import first_misfit

LAB = r"{patient:[A-Z]+\d+}_{visit}_{panel}.fcs"


@pytest.mark.parametrize(
    ("pattern", "name", "said"),
    [
        pytest.param(LAB, "P01_baseline_tnk.fcs", "{visit} cannot be 'baseline'", id="a word"),
        pytest.param(LAB, "P01_C0D1 copy.fcs", "{visit} cannot be 'C0D1 copy'", id="a copy"),
        pytest.param(LAB, "P01_C0D100_tnk.fcs", "{visit} cannot be 'C0D100'", id="more than fits"),
        pytest.param(LAB, "01_C0D1_tnk.fcs", "{patient} cannot be '01'", id="at the beginning"),
        pytest.param(LAB, "P01_C0D1_tnk (1).fcs", "{panel} cannot be 'tnk (1)'", id="at the end"),
        pytest.param(LAB, "P01_C0D1_tnk_2.FCS", "{panel} cannot be 'tnk_2'", id="one part more"),
        pytest.param(LAB, "P01_C0D1.fcs", "it has '.fcs' where the pattern has '_'", id="too few"),
        pytest.param(LAB, "P01__tnk.fcs", "{visit} is missing", id="nothing between separators"),
        pytest.param(
            LAB, "P01_C0D1_tnk.lmd", "it has '.lmd' where the pattern has '.fcs'", id="ending"
        ),
        pytest.param(
            LAB, "a/P01_C0D1_tnk.fcs", "it lies in a sub-folder, by the pattern in no sub-folder",
            id="deeper",
        ),
        pytest.param(
            "{visit}/{ignore}/{patient}.fcs", "C0D1/P01.fcs",
            "it lies in a sub-folder, by the pattern 2 sub-folders deep", id="less deep",
        ),
        pytest.param("{visit}/{patient}.fcs", "one/P01.fcs", "{visit} cannot be 'one'", id="a"),
        pytest.param(
            "trial_{patient}-{visit}", "Trial_P01-C0D1",
            "it has 'Trial_P01-C0D1' where the pattern has 'trial_'", id="literal text",
        ),
        pytest.param(
            "{patient}-{visit}", "P01-C0D1.fcs", "it has '.fcs' where the pattern has nothing",
            id="no ending",
        ),
        pytest.param(
            "{patient}{date}_{visit}.fcs", "P_C0D1.fcs", "{date} is missing", id="neighbours",
        ),
    ],
)  # fmt: skip
def test_the_first_part_that_does_not_fit_is_named(pattern, name, said):
    assert first_misfit(pattern, name) == said
