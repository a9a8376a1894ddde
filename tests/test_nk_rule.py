"""NK cells by CD16 alone are refused where nothing keeps neutrophils out."""

import pytest

from correlates.flow.templates.template import check_template, parse_template

HEADER = "alias,pop,parent,dims,gating_method,gating_args\n"
CD45 = "cd45,+,root,CD45,mindensity,\n"
LINEAGE = "cd3_pos,+,{0},CD3,mindensity,\ncd19_pos,+,{0},CD19,mindensity,\n"
CUTS = "c56,+,pre,CD56,mindensity,\nc16,+,pre,CD16,mindensity,\nc7,+,pre,CD7,mindensity,\n"
PRE = "pre,+,{0},,boolGate,!cd3_pos & !cd19_pos\n"
SSC = "lymph,-,cd45,SSC-A,tailgate,\n"
POLYGON = 'lymph,+,cd45,"CD45,SSC-A",polygonGate,"x=c(1,2,3), y=c(1,2,3)"\n'
WHOLE_SCALE = 'lymph,+,cd45,"FSC-A,SSC-A",boundary,"min=c(1,1), max=c(262000,262000)"\n'
LOW_SSC = 'lymph,+,cd45,"FSC-A,SSC-A",boundary,"min=c(1,1), max=c(262000,40000)"\n'
PANEL = {name: name for name in ("CD45", "CD3", "CD19", "CD56", "CD16", "CD7")}


def said(nk, scatter=""):
    base = "lymph" if scatter else "cd45"
    text = HEADER + CD45 + scatter + LINEAGE.format(base) + PRE.format(base) + CUTS + nk
    template, problems = parse_template(text, "x.csv")
    assert problems == []
    return [(one.row, one.value) for one in check_template(template, PANEL)]


EITHER = "nk,+,pre,,boolGate,c56 | c16\n"


@pytest.mark.parametrize(
    ("nk", "scatter"),
    [
        pytest.param(EITHER, "", id="CD16 or CD56"),
        pytest.param("nk,+,pre,CD16,refGate,c16\n", "", id="CD16 only"),
        pytest.param("NK,+,pre,,boolGate,c16 & !c56\n", "", id="CD16 without CD56"),
        pytest.param('nk,+-,pre,"CD16,CD56",refGate,c16:c56\n', "", id="a quadrant"),
        pytest.param(EITHER, WHOLE_SCALE, id="a rectangle of the whole scale keeps nobody out"),
    ],
)
def test_cd16_without_cd7_or_scatter_is_refused(nk, scatter):
    assert [value.lower() for _, value in said(nk, scatter)] == ["nk"]


@pytest.mark.parametrize(
    ("nk", "scatter"),
    [
        pytest.param("nk,+,pre,CD56,refGate,c56\n", "", id="CD56 only"),
        pytest.param("nk,+,pre,,boolGate,c56 | (c16 & c7)\n", "", id="CD7 beside CD16"),
        pytest.param(EITHER, SSC, id="SSC low"),
        pytest.param(EITHER, POLYGON, id="a drawn scatter gate"),
        pytest.param(EITHER, LOW_SSC, id="a rectangle of low SSC"),
        pytest.param("nk,+,c56,,boolGate,c16 & c56\n", "", id="CD16 among CD56"),
        pytest.param("cd16,+,pre,CD16,refGate,c16\n", "", id="no NK cells"),
        pytest.param("nkt_like,+,cd3_pos,CD16,refGate,c16\n", "", id="NKT-like cells are T cells"),
    ],
)
def test_where_neutrophils_are_kept_out_it_is_not(nk, scatter):
    assert said(nk, scatter) == []


def test_what_rests_on_a_refused_population_is_not_told_again():
    nk = EITHER + "nk_cd16,+,nk,CD16,refGate,c16\n"

    (problem,) = said(nk)

    assert problem[1] == "nk"
