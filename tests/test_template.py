"""Gating templates are read whole or refused with every reason."""

import math

import pytest

from correlates.flow.templates.args import (
    ArgumentsError,
    Join,
    Not,
    names_in,
    parse_arguments,
    parse_expression,
)
from correlates.flow.templates.template import (
    check_template,
    load_template,
    parse_template,
    read_template,
)
from correlates.problems import StudyError

HEADER = (
    "alias,pop,parent,dims,gating_method,gating_args,"
    "collapseDataForGating,groupBy,preprocessing_method,preprocessing_args\n"
)
CELLS = 'cells,+,root,"FSC-A,SSC-A",boundary,"min=c(1,1)",,,,\n'
CD4 = "cd4_pos,+,cells,CD4,mindensity,,,,,\n"


def read(*rows):
    return parse_template(HEADER + "".join(rows), "t.csv")


def only_problem(*rows):
    _, problems = read(*rows)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param(
            "gate_range=c(100,5e3), adjust=0.8",
            {"gate_range": (100.0, 5000.0), "adjust": 0.8},
            id="numbers and a range",
        ),
        pytest.param("min=c(-Inf, 1e2L)", {"min": (-math.inf, 100.0)}, id="infinity, integers"),
        pytest.param("wider_gate=TRUE", {"wider_gate": True}, id="a logical"),
        pytest.param("side='left'", {"side": "left"}, id="quoted text"),
        pytest.param("side=left", {"side": "left"}, id="bare text"),
        pytest.param("x=NA", {"x": None}, id="missing"),
        pytest.param("r=list(c(1,2),c(3,4))", {"r": ((1.0, 2.0), (3.0, 4.0))}, id="nested"),
        pytest.param("keeps=c(t=cd45_t,b=b1)", {"keeps": {"t": "cd45_t", "b": "b1"}}, id="names"),
    ],
)
def test_arguments_are_read(text, expected):
    assert parse_arguments(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("c(1,2)", "has no name", id="a value without a name"),
        pytest.param("a=1, a=2", "'a' is given twice", id="a name twice"),
        pytest.param("a=c(1,2", "expected", id="an open parenthesis"),
        pytest.param("a=1 b=2", "a comma or the end at character 5", id="a missing comma"),
        pytest.param("a=system('x')", "system() is not understood", id="a function call"),
        pytest.param("a='x", "closing", id="an open quote"),
        pytest.param("a=", "a value at character 3, found the end", id="no value"),
        pytest.param("a=--Inf", "a number", id="two signs"),
    ],
)
def test_arguments_that_cannot_be_read_say_where(text, message):
    with pytest.raises(ArgumentsError) as error:
        parse_arguments(text)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        pytest.param("a&!b", Join("and", ("a", Not("b"))), id="and, not"),
        pytest.param("a|b&c", Join("or", ("a", Join("and", ("b", "c")))), id="& before |"),
        pytest.param("(a|b)&c", Join("and", (Join("or", ("a", "b")), "c")), id="parentheses"),
        pytest.param("!(a & cd4+)", Not(Join("and", ("a", "cd4+"))), id="a complement of a join"),
        pytest.param("t/cd4+ & t/cd8-", Join("and", ("t/cd4+", "t/cd8-")), id="paths and signs"),
    ],
)
def test_expressions_are_read(text, tree):
    assert parse_expression(text) == tree


@pytest.mark.parametrize("text", ["", "a &", "& a", "(a", "a b", "!", "a)"])
def test_broken_expressions_are_refused(text):
    with pytest.raises(ArgumentsError):
        parse_expression(text)


def test_names_of_an_expression_stand_once_in_order():
    assert names_in(parse_expression("b & (a | !b)")) == ["b", "a"]


@pytest.mark.parametrize(
    ("row", "aliases", "signs"),
    [
        pytest.param("x,+,cells,CD4,mindensity,,,,,", ("x",), ("+",), id="positive"),
        pytest.param("x,-,cells,CD4,mindensity,,,,,", ("x",), ("-",), id="negative"),
        pytest.param("x,+/-,cells,CD4,mindensity,,,,,", ("x+", "x-"), ("+", "-"), id="both sides"),
        pytest.param('"p,n",+/-,cells,CD4,mindensity,,,,,', ("p", "n"), ("+", "-"), id="two names"),
        pytest.param("*,-/+,cells,CD4,mindensity,,,,,", ("CD4+", "CD4-"), ("+", "-"), id="star"),
        pytest.param('x,+-,cells,"CD4,CD8",mindensity,,,,,', ("x",), ("+-",), id="one quadrant"),
        pytest.param(
            '"a,b,c,d",*,cells,"CD4,CD8",quadrantGate,,,,,',
            ("a", "b", "c", "d"),
            ("++", "+-", "-+", "--"),
            id="four quadrants by name",
        ),
        pytest.param(
            '*,+/-+/-,cells,"CD4,CD8",MINDENSITY,,FALSE,,,',
            ("CD4+CD8+", "CD4+CD8-", "CD4-CD8+", "CD4-CD8-"),
            ("++", "+-", "-+", "--"),
            id="four quadrants named by their dimensions",
        ),
    ],
)
def test_sides_and_names_are_expanded(row, aliases, signs):
    template, problems = read(CELLS, row)

    assert problems == []
    assert template.rows[1].aliases == aliases
    assert template.rows[1].signs == signs


def test_rows_come_parents_and_references_first_whatever_their_order():
    template, problems = read(
        "b,+,cells,,boolGate,a & !cd4_pos,,,,\n",
        "a,-,/cells,CD4,refGate,cells/cd4_pos,,,,\n",
        CD4,
        CELLS,
    )

    assert problems == []
    assert template.populations == ("cells", "cd4_pos", "a", "b")
    assert template.rows[2].parent == "cells"
    assert template.rows[2].references == ("cd4_pos",)
    assert template.dimensions == ("FSC-A", "SSC-A", "CD4")


@pytest.mark.parametrize(
    ("rows", "row", "column", "problem", "remedy"),
    [
        pytest.param(
            [CELLS, "x,+,cells,CD4,mindensty,,,,,"],
            3,
            "gating_method",
            "not supported",
            "'mindensity'",
            id="a mistyped method",
        ),
        pytest.param(
            [CELLS, "x,+,cells,CD4,flowClust.1d,,,,,"],
            3,
            "gating_method",
            "not supported",
            "mindensity",
            id="a method that only openCyto has",
        ),
        pytest.param(
            [CELLS, "x,+,cels,CD4,mindensity,,,,,"],
            3,
            "parent",
            "no row makes",
            "'cells'",
            id="a mistyped parent",
        ),
        pytest.param(
            [CELLS, CD4, "x,+,root/cd4_pos,CD4,mindensity,,,,,", "y,+,a/x,CD4,mindensity,,,,,"],
            5,
            "parent",
            "path",
            "/cells/cd4_pos/x",
            id="a path that leads elsewhere",
        ),
        pytest.param(
            [CELLS, 'x,+,"cells,root",CD4,mindensity,,,,,'],
            3,
            "parent",
            "several parents",
            "one row a parent",
            id="several parents",
        ),
        pytest.param(
            [CELLS, CELLS], 3, "alias", "taken by row 2", "own name", id="a name that is taken"
        ),
        pytest.param(
            [CELLS, "x y,+,cells,CD4,mindensity,,,,,"],
            3,
            "alias",
            "not a population key",
            "letters",
            id="a name that is no key",
        ),
        pytest.param(
            [CELLS, 'x,+,cells,"CD4,CD8",mindensity,,,,,'],
            3,
            "pop",
            "not what mindensity",
            "++",
            id="one sign for two dimensions",
        ),
        pytest.param(
            [CELLS, "x,cd4+,cells,CD4,mindensity,,,,,"],
            3,
            "pop",
            "not what mindensity",
            "only the signs: +",
            id="a sign with the marker's name",
        ),
        pytest.param(
            [CELLS, "x,-,cells,CD4,boundary,min=5,,,,"],
            3,
            "pop",
            "not what boundary",
            "!name",
            id="the outside of a fixed gate",
        ),
        pytest.param(
            [CELLS, '"a,b",*,cells,"CD4,CD8",quadrantGate,,,,,'],
            3,
            "alias",
            "2 names for 4",
            "++  +-  -+  --",
            id="too few names for four quadrants",
        ),
        pytest.param(
            [CELLS, "x,+,cells,CD4,singletGate,,,,,"],
            3,
            "dims",
            "2 dimensions, not 1",
            "commas",
            id="too few dimensions",
        ),
        pytest.param(
            [CELLS, 'x,++,cells,"CD4,cd4",mindensity,,,,,'],
            3,
            "dims",
            "twice",
            "different",
            id="one dimension twice",
        ),
        pytest.param(
            [CELLS, "x,+,cells,CD4,mindensity,,TRUE,,,"],
            3,
            "collapseDataForGating",
            "its own file",
            "FALSE",
            id="pooled samples",
        ),
        pytest.param(
            [CELLS, "x,+,cells,CD4,mindensity,,,4,,"],
            3,
            "groupBy",
            "its own file",
            "Empty",
            id="grouped samples",
        ),
        pytest.param(
            [CELLS, "x,+,cells,CD4,mindensity,,,,prior_flowClust,"],
            3,
            "preprocessing_method",
            "gate_range",
            "Empty",
            id="a preprocessing step",
        ),
        pytest.param(
            [CELLS, 'x,+,cells,CD4,mindensity,"gate_rnge=c(1,2)",,,,'],
            3,
            "gating_args",
            "no argument 'gate_rnge'",
            "'gate_range'",
            id="a mistyped argument",
        ),
        pytest.param(
            [CELLS, 'x,+,cells,CD4,mindensity,"gate_range=c(5,2)",,,,'],
            3,
            "gating_args",
            "low < high",
            "linear",
            id="a range the wrong way round",
        ),
        pytest.param(
            [CELLS, 'x,+,cells,CD4,mindensity,"gate_range=c(5",,,,'],
            3,
            "gating_args",
            "cannot be read",
            "README",
            id="arguments that cannot be read",
        ),
        pytest.param(
            [CELLS, 'x,+,cells,"CD4,CD8",polygonGate,"x=c(1,2,3),y=c(1,2,3,4)",,,,'],
            3,
            "gating_args",
            "3 numbers and y 4",
            "each corner",
            id="a polygon with half a corner",
        ),
        pytest.param(
            [CELLS, 'x,+,cells,"CD4,CD8",polygonGate,"x=c(1,2,3)",,,,'],
            3,
            "gating_args",
            "needs y",
            "y=c",
            id="a polygon without y",
        ),
        pytest.param(
            [CELLS, "x,+,cells,CD4,boundary,,,,,"],
            3,
            "gating_args",
            "min, max",
            "Add",
            id="a boundary without bounds",
        ),
        pytest.param(
            [CELLS, CD4, "x,+,cells,,boolGate,cd4_pos,,,,"],
            4,
            "gating_args",
            "is that population",
            "!",
            id="a boolean of one population",
        ),
        pytest.param(
            [CELLS, CD4, "x,+,cells,,boolGate,!cd4_ps & cells,,,,"],
            4,
            "gating_args",
            "no row makes",
            "'cd4_pos'",
            id="a mistyped operand",
        ),
        pytest.param(
            [CELLS, CD4, "x,+,cells,CD8,refGate,cd4_pos,,,,"],
            4,
            "gating_args",
            "threshold on CD8",
            "mindensity row on CD8",
            id="a reference without that threshold",
        ),
        pytest.param(
            [CELLS, CD4, "x,+,cells,CD4,refGate,cells,,,,"],
            4,
            "gating_args",
            "threshold on CD4",
            "cd4_pos",
            id="a reference to a fixed gate",
        ),
        pytest.param(
            [CELLS, "x,+,cells,CD4,mindensity,keeps=c(t=nobody),,,,"],
            3,
            "gating_args",
            "no row makes",
            "Known",
            id="a check of an unknown population",
        ),
        pytest.param(
            [CELLS, "x,+,cells,CD4,mindensity,gate_range=c(1,2),,,,"],
            3,
            "",
            "more cells than columns",
            "quotes",
            id="a comma without quotes",
        ),
    ],
)
def test_a_wrong_row_is_one_problem_with_its_place_and_remedy(rows, row, column, problem, remedy):
    found = only_problem(*(text.rstrip("\n") + "\n" for text in rows))

    assert (found.row, found.column) == (row, column)
    assert problem in found.problem
    assert remedy in found.remedy


def test_rows_that_need_each_other_are_all_named():
    _, problems = read(
        "a,+,root,CD4,refGate,b,,,,\n",
        "b,+,a,CD4,mindensity,,,,,\n",
        "c,+,root,CD4,mindensity,,,,,",
    )

    assert [problem.value for problem in problems] == ["a", "b"]
    assert all("a, b" in problem.remedy for problem in problems)


def test_a_circle_is_told_in_the_same_pass_as_everything_else():
    _, problems = read(
        CELLS,
        "a,+,b,CD4,mindensity,,,,,\n",
        "b,+,a,CD4,mindensity,,,,,\n",
        "below,+,a,CD4,mindensity,,,,,\n",
        "typo,+,cels,CD4,mindensity,,,,,\n",
        "own,+,cells,,boolGate,own & cells,,,,\n",
        "ref,+,cells,CD8,refGate,cells,,,,\n",
        "twice,+,cells,CD4,mindensty,,,,,\n",
        "twice,+,cells,CD4,mindensity,,,,,\n",
    )
    told = {(problem.row, problem.column, problem.problem.split()[0]) for problem in problems}

    assert told == {
        (3, "alias", "needs"),
        (4, "alias", "needs"),
        (6, "parent", "no"),
        (7, "alias", "needs"),
        (8, "gating_args", "none"),
        (9, "gating_method", "this"),
        (10, "alias", "the"),
    }
    remedies = {problem.row: problem.remedy for problem in problems}
    assert remedies[3] == remedies[4] == "Break the circle of: a, b."
    assert remedies[7] == "Break the circle of: own."


@pytest.mark.parametrize("cells", [CELLS, CELLS.replace("boundary", "boundry")], ids=["", "broken"])
def test_the_nearest_name_may_be_one_of_a_row_that_is_wrong_itself(cells):
    _, problems = read(cells, "x,+,cels,CD4,mindensity,,,,,\n", "y,+,x,,boolGate,!cels & x,,,,\n")

    wrong = [problem for problem in problems if problem.value == "cels"]
    assert [(problem.row, problem.column) for problem in wrong] == [
        (3, "parent"),
        (4, "gating_args"),
    ]
    assert all("'cells'" in problem.remedy for problem in wrong)


@pytest.mark.parametrize(
    ("row", "names"),
    [
        pytest.param("x,+/-,cells,CD4,mindensty,,,,,", ["x+", "x-"], id="both sides of one name"),
        pytest.param('"p,n",+/-,cells,CD4,mindensty,,,,,', ["p", "n"], id="both by name"),
        pytest.param("*,-/+,cells,CD4,mindensty,,,,,", ["CD4+", "CD4-"], id="star"),
        pytest.param(
            '*,*,cells,"CD4,CD8",flowClust.1d,,,,,', ["CD4+CD8+", "CD4-CD8-"], id="four quadrants"
        ),
        pytest.param("x,+,cells,CD4,mindensity,a=c(1,2),,,,", ["x"], id="more cells than columns"),
        pytest.param('x,+,"cells,root",CD4,mindensity,,,,,', ["/cells/x"], id="its path unknown"),
    ],
)
def test_the_populations_of_a_row_that_cannot_be_read_are_known(row, names):
    children = [f"c{n},+,{name},CD8,mindensity,,,,,\n" for n, name in enumerate(names)]

    assert only_problem(CELLS, f"{row}\n", *children).row == 3


def test_a_path_through_a_row_that_cannot_be_read_is_not_judged():
    found = only_problem(
        CELLS,
        "t,+,cells,CD3,mindensty,,,,,\n",
        "x,+,t,CD4,mindensity,,,,,\n",
        "y,+,/cells/t/x,CD8,mindensity,,,,,\n",
    )

    assert found.row == 3


def test_a_broken_row_is_not_reported_again_by_its_children():
    found = only_problem(
        "cells,+,root,FSC-A,flowClust.1d,,,,,\n", CD4, "x,-,cells,CD4,refGate,cd4_pos,,,,"
    )

    assert found.row == 2


def test_every_problem_is_reported_at_once():
    with pytest.raises(StudyError) as error:
        _raise_all(
            "cells,+,rot,FSC-A,mindensity,,,,,\n",
            "x,+,cells,CD4,mindensity,adjust=-1,TRUE,,,\n",
        )

    assert [problem.row for problem in error.value.problems] == [2, 3, 3]


def _raise_all(*rows):
    _, problems = read(*rows)
    raise StudyError(problems)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "has no column alias", id="an empty file"),
        pytest.param(HEADER.encode(), "holds no gates", id="a header alone"),
        pytest.param(b"alias;pop;parent\n", "not separated by commas", id="semicolons"),
        pytest.param(b"\xff\xfe\x00", "not UTF-8", id="another encoding"),
        pytest.param(
            (HEADER.replace("dims", "dim") + CELLS).encode(), "no column dims", id="column"
        ),
        pytest.param((HEADER[:-1] + ",note\n" + CELLS).encode(), "no column of", id="extra column"),
    ],
)
def test_a_file_that_is_no_template_says_so(tmp_path, content, problem):
    path = tmp_path / "t.csv"
    path.write_bytes(content)

    with pytest.raises(StudyError) as error:
        read_template(path)

    assert problem in str(error.value)


def test_a_missing_file_is_a_problem_not_a_crash(tmp_path):
    template, problems = load_template(tmp_path / "absent.csv")

    assert template.rows == ()
    assert "No such file" in problems[0].problem


def test_blank_rows_and_a_byte_order_mark_are_passed_over(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("\ufeff" + HEADER + CELLS + ",,,,,,,,,\n\n" + CD4, encoding="utf-8")

    assert read_template(path).populations == ("cells", "cd4_pos")


def test_markers_that_the_panel_lacks_are_named_with_the_nearest():
    template, _ = read(
        CELLS, "x,+,cells,CD45 RA,mindensity,,,,,\n", "y,+,cells,CCR77,mindensity,,,,,"
    )

    problems = check_template(template, {"CD45RA": "BV421-A", "CCR7": "PE-A"})

    assert [(problem.row, problem.value) for problem in problems] == [(4, "CCR77")]
    assert "'CCR7'" in problems[0].remedy
