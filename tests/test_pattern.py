"""Filename patterns: what they read, and which are refused."""

import itertools
import re

import pytest

from conftest import ROOT
from correlates.intake.files.ambiguity import ambiguous_text
from correlates.intake.files.defaults import _word_but
from correlates.intake.files.pattern import PatternError, compile_pattern
from correlates.intake.files.pattern_text import segments_of
from correlates.intake.files.positions import UnreadableRegexError
from correlates.intake.sheets.schemas import load_schema

README = ROOT / "config" / "README.md"
LAB = r"{patient:[A-Z]+\d+}_{visit}_{panel}.fcs"


@pytest.mark.parametrize(
    ("pattern", "name", "held"),
    [
        pytest.param(
            LAB,
            "P01_C1D1_tnk.fcs",
            {"patient": "P01", "visit": "C1D1", "panel": "tnk"},
            id="the ordinary case",
        ),
        pytest.param(
            LAB,
            "P01_C1D1_H4_tnk.FCS",
            {"patient": "P01", "visit": "C1D1_H4", "panel": "tnk"},
            id="a visit may hold its timepoint, and the ending capitals",
        ),
        pytest.param(LAB, "P01_C1D1_H0.5_tnk.fcs", {"visit": "C1D1_H0.5"}, id="half an hour"),
        pytest.param(LAB, "P01_EOT_LEN_tnk.fcs", {"visit": "EOT_LEN"}, id="the longer visit"),
        pytest.param(LAB, "p01_C1D1_tnk.fcs", None, id="an expression minds capitals"),
        pytest.param(LAB, "P01_C1D1_tnk.fcs.txt", None, id="the whole name is matched"),
        pytest.param(LAB, "new/P01_C1D1_tnk.fcs", None, id="a sub-folder must be in the pattern"),
        pytest.param(
            r"{batch}/{date}/{patient}-{visit}-{timepoint}-{panel}-{tube}.fcs",
            "b1/2025-07-26/P01-C1D1-h4-tnk-fmo_CD25.fcs",
            {"batch": "b1", "date": "2025-07-26", "timepoint": "h4", "tube": "fmo_CD25"},
            id="folders, and every kind of placeholder",
        ),
        pytest.param(
            r"{patient:P\d{2,3}}_{visit}_{ignore}_{ignore}.fcs",
            "P123_SCR_A03_001.fcs",
            {"patient": "P123", "visit": "SCR"},
            id="a quantifier's braces belong to the expression, and the rest may be ignored",
        ),
        pytest.param(
            r"{patient:[A-Z}{]+}_{visit}.fcs", "A}_SCR.fcs", {"patient": "A}"}, id="braces in a set"
        ),
        pytest.param(
            r"{patient:A\{1\}}_{visit}.fcs", "A{1}_SCR.fcs", {"patient": "A{1}"}, id="esc"
        ),
        pytest.param(
            r"{patient:INF\d+|NY\d+}_{visit}.fcs", "NY068_PD.fcs", {"patient": "NY068"}, id="or"
        ),
        pytest.param(
            "{patient}_{visit}_{specimen}.lmd",
            "P-01_SCR_cryo_pbmc.lmd",
            {"patient": "P-01", "specimen": "cryo_pbmc"},
            id="a specimen holds its own separator",
        ),
        pytest.param(
            "{patient}{visit}.fcs", "P01C1D1.fcs", {"patient": "P01", "visit": "C1D1"}, id="no gap"
        ),
        pytest.param("{patient}-{visit}.fcs", "P-01-SCR.fcs", None, id="a separator ends a run"),
        pytest.param(
            "{patient:.+}_{visit}.fcs", "a/b_SCR.fcs", None, id="a placeholder keeps to its folder"
        ),
    ],
)
def test_a_pattern_reads_a_name(pattern, name, held):
    found = compile_pattern(pattern).match(name)

    assert found is None if held is None else held.items() <= found.items()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        pytest.param(
            "{patient}_{vist}.fcs", "{vist} is not known. Did you mean 'visit'?", id="typo"
        ),
        pytest.param(
            "{patient}_{visit}_{patient}.fcs", "{patient} is used twice. Keep one", id="twice"
        ),
        pytest.param("{patient}_{panel}.fcs", "{visit} is missing", id="no visit"),
        pytest.param("{visit}_{panel}.fcs", "{patient} is missing", id="no patient"),
        pytest.param("{patient:(}_{visit}.fcs", "{patient} is no regular expression", id="bad"),
        pytest.param("{patient:}_{visit}.fcs", "empty regular expression", id="empty"),
        pytest.param("{patient_{visit}.fcs", "character 1 is never closed", id="open brace"),
        pytest.param("{patient}_{visit}}.fcs", "character 18 closes nothing", id="closing brace"),
        pytest.param("{}_{patient}_{visit}.fcs", "{?} is not known", id="a nameless placeholder"),
        pytest.param("{patient:a/b}_{visit}.fcs", "{patient} holds a /", id="across folders"),
        pytest.param("{patient:(?P<x>a)}_{visit}.fcs", "names a group", id="a group's name"),
        pytest.param("{patient:(?!x).+}_{visit}.fcs", "looks around", id="looking around"),
        pytest.param(r"{patient:\d{9000}}_{visit}.fcs", "it is too long", id="too long"),
        pytest.param(
            "{patient}{panel}_{visit}.fcs",
            "'AAA_PD.fcs' could be patient 'AA', panel 'A', or patient 'A', panel 'AA'. Say what "
            r"{patient} and {panel} may hold in your names, such as {patient:[A-Z]+\d+} and "
            "{panel:[a-z]+}, or put a separator between them",
            id="neighbours that divide in two ways",
        ),
        pytest.param(
            "{patient:.+}_{visit}_{panel:.+}.fcs",
            "'A_PD_PD_A.fcs' could be patient 'A_PD', panel 'A', or patient 'A', panel 'PD_A'. "
            "Say what {panel} may hold in your names, such as {panel:[a-z]+}.",
            id="a separator that both sides may hold",
        ),
        pytest.param(
            "{patient}_{visit}_{panel:.+}_{tube}.fcs",
            "'A_PD_H0_A_FULL.fcs' could be visit 'PD_H0', panel 'A', or visit 'PD', panel 'H0_A'. "
            "Say what {panel} may hold in your names, such as {panel:[a-z]+}.",
            id="the expression to be narrowed is not the visit's",
        ),
        pytest.param(
            "{patient:.+}{panel:.+}_{visit}_{ignore:.+}{batch:.+}{tube:.+}{specimen:.+}.fcs",
            "Give {patient} and {panel} narrower expressions, such as {panel:[a-z]+}, or put a sep",
            id="no usual expression is enough",
        ),
    ],
)
def test_a_wrong_pattern_is_refused_with_a_remedy(pattern, said):
    with pytest.raises(PatternError) as raised:
        compile_pattern(pattern)

    assert said in str(raised.value)
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("p01_C1D1_tnk.fcs", "Only capital and small letters differ"),
        ("a/b/P01_C1D1_tnk.fcs", "begin the pattern with '{ignore}/{ignore}/'"),
        ("other.fcs", f"Rename it to match {LAB}"),
    ],
)
def test_what_does_not_match_says_why(name, said):
    assert said in compile_pattern(LAB).remedy(name)


@pytest.mark.parametrize("panels", [(), ("tnk", "cll", "t_nk")], ids=["any panel", "its panels"])
@pytest.mark.parametrize(
    "pattern",
    [
        r"{patient:[A-Z]+\d+}_{visit}_{panel}_{tube}.fcs",
        r"{patient:[A-Z]+\d+}_{visit}_{panel}_{tube}_{batch}_{date}.fcs",
        "{patient}_{visit}_{batch}_{tube}.fcs",
        "{patient}_{visit}_{timepoint}_{panel}_{specimen}_{tube}.fcs",
        "{date}_{batch}_{patient}_{visit}_{panel}_{specimen}_{tube}.fcs",
        "{batch}/{tube}_{panel}_{patient}_{visit}_{timepoint}.fcs",
        "{patient}-{visit}-{panel}-{tube}-{batch}-{date}.fcs",
        "{patient} {visit} {panel} {tube}.fcs",
    ],
)
def test_placeholders_without_expressions_are_not_ambiguous(pattern, panels):
    assert compile_pattern(pattern, panels).text == pattern


@pytest.mark.parametrize(
    ("name", "held"),
    [
        pytest.param(
            "P01_PD_H4_tnk_full_b1_20250726.fcs",
            {"visit": "PD_H4", "panel": "tnk", "tube": "full", "batch": "b1", "date": "20250726"},
            id="the suffix belongs to the visit",
        ),
        pytest.param(
            "P01_EOT_LEN_T_NK_fmo_HLA-DR_b1_2025_07_26.fcs",
            {"visit": "EOT_LEN", "panel": "T_NK", "tube": "fmo_HLA-DR", "date": "2025_07_26"},
            id="a panel of the study may hold the separator, and capitals",
        ),
        pytest.param(
            "P01_C1D1_tnk_probe_bg_2025-07-26.fcs",
            {"tube": "probe", "batch": "bg", "date": "2025-07-26"},
            id="a tube that begins like a longer one",
        ),
        pytest.param("P01_C1D1_tkn_full_b1_20250726.fcs", None, id="no panel of the study"),
        pytest.param("P01_C1D1_tnk_fmo_full_b1_20250726.fcs", None, id="no marker"),
    ],
)
def test_every_placeholder_is_read_without_an_expression(name, held):
    pattern = compile_pattern(
        r"{patient:[A-Z]+\d+}_{visit}_{panel}_{tube}_{batch}_{date}.fcs", ["tnk", "t_nk"]
    )

    found = pattern.match(name)

    assert found is None if held is None else held.items() <= found.items()


def test_every_legal_tube_and_specimen_is_read():
    columns = load_schema("samples")["properties"]
    tubes = re.findall(r"\w+(?:<\w+>)?", columns["tube"]["legal"])
    tubes = [re.sub("<.*>", "CD25", tube) for tube in tubes if tube != "or"]
    pattern = compile_pattern("{patient}_{visit}_{specimen}_{tube}.fcs")

    assert len(tubes) == 12
    for tube in tubes:
        for specimen in columns["specimen"]["enum"]:
            found = pattern.match(f"P1_SCR_{specimen}_{tube}.fcs")
            assert (found["specimen"], found["tube"]) == (specimen, tube)


@pytest.mark.parametrize(
    ("excluded", "characters"),
    [(["a"], "ab"), (["ab", "b"], "abc"), (["abc", "ab"], "abc"), (["ab*"], "abc"), (["x"], "ab")],
)
def test_words_but_some_are_all_others(excluded, characters):
    expression = re.compile(_word_but(excluded, characters))
    words = ("".join(text) for n in range(6) for text in itertools.product("abc", repeat=n))

    for word in words:
        is_excluded = any(
            word.startswith(one[:-1]) if one.endswith("*") else word == one for one in excluded
        )
        wanted = word != "" and set(word) <= set(characters) and not is_excluded
        assert (expression.fullmatch(word) is not None) == wanted, word


def test_a_wrong_word_is_read_to_be_told_of_and_never_as_an_identity():
    pattern = compile_pattern("{patient}_{visit}_{panel}_{tube}.fcs", ["tnk"])

    assert pattern.match("P01_C1D1_tkn_ful.fcs") is None
    assert pattern.match_wrong_words("P01_C1D1_tkn_ful.fcs")["panel"] == "tkn"
    assert pattern.match_wrong_words("P01_C1D1_tnk.fcs") is None


def test_a_study_of_many_panels_is_no_pattern_too_long():
    panels = [f"panel_number_{number}" for number in range(40)]

    found = compile_pattern("{patient}_{visit}_{panel}_{tube}_{batch}.fcs", panels)

    assert found.match("P1_SCR_panel_number_39_full_b1.fcs")["panel"] == "panel_number_39"


def ways(expressions, text):
    """Count the divisions of a text by trying every one."""
    count = 0
    for cuts in itertools.combinations_with_replacement(range(len(text) + 1), len(expressions) - 1):
        edges = [0, *cuts, len(text)]
        parts = [text[a:b] for a, b in itertools.pairwise(edges)]
        count += all(re.fullmatch(one, part) for one, part in zip(expressions, parts, strict=True))
    return count


@pytest.mark.parametrize(
    "expressions",
    [
        ("a+", "a"),
        ("a+", "a*"),
        ("a{1,2}", "b?", "a{0,2}"),
        ("(?:ab)*", "a?", "b?"),
        ("[ab]+", "_", "[ab_]+"),
        ("[ab]+", "_", "[^_]+"),
        (r"\w", r"\w?", "_"),
        ("a|ab", "b|_"),
        ("a|ab", "b|bb"),
        ("(?i:A)b*?", "(?:B|a){2}"),
        ("a{2}", "a{1,3}"),
        ("a{0,3}b", "a*"),
        (".*", "b", ".{1}"),
        ("(?:a(?:b|_)?)+", "b?"),
        ("[^a]", "[a-b]{2,}"),
        ("", "a*", ""),
    ],
)
def test_ambiguity_is_what_trying_every_division_finds(expressions):
    short = ("".join(text) for n in range(7) for text in itertools.product("ab_", repeat=n))
    first = next((text for text in short if ways(expressions, text) > 1), None)

    found = ambiguous_text([(expression, "") for expression in expressions])

    assert (found is None) == (first is None)
    if found is not None:
        one, other = found
        assert one != other
        assert "".join(one) == "".join(other)
        assert len("".join(one)) == len(first)
        for division in found:
            for expression, part in zip(expressions, division, strict=True):
                assert re.fullmatch(expression, part)


def test_characters_that_no_ambiguity_can_use_do_not_count():
    assert ambiguous_text([(".+", "/"), ("/", ""), (".+", "/")]) is None
    assert ambiguous_text([(".+", ""), ("/", ""), (".+", "")]) is not None


@pytest.mark.parametrize("expression", ["^a", r"(a)\1", "(?=a)a", "a++", "(?>a)b", r"a\b"])
def test_what_cannot_be_followed_is_said(expression):
    with pytest.raises(UnreadableRegexError):
        ambiguous_text([(expression, ""), ("b", "")])


def test_a_pattern_that_explodes_is_refused_and_not_waited_for():
    with pytest.raises(UnreadableRegexError, match="too many ways|too long"):
        ambiguous_text([("(?:a?){200}", ""), ("(?:a?){190}", ""), ("b", "")] * 2)


def test_a_pattern_is_divided_into_text_and_placeholders():
    parts = [(part.name, part.text) for part in segments_of(r"x_{patient:\d{2}}-{visit}")]

    assert parts == [("", "x_"), ("patient", r"\d{2}"), ("", "-"), ("visit", "")]


def test_the_readme_shows_patterns_that_read_the_names_beside_them():
    rows = re.findall(r"^\| `([^`]+)` \| `'([^`]+)'` \|$", README.read_text(encoding="utf-8"), re.M)

    assert rows
    for name, pattern in rows:
        assert compile_pattern(pattern).match(name) is not None, pattern
