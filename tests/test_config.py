"""The config, its schema and its prose in step, and every wrong config by its message."""

import copy
import re
import subprocess
import sys
from dataclasses import fields

import pytest
import yaml
from snakemake.utils import update_config

from conftest import ROOT
from correlates.analyses.comparison import Contrast
from correlates.analyses.families import families_of
from correlates.intake.against_schema import dotted
from correlates.intake.config import (
    check_config,
    has_study,
    parse_problems_to_stop,
    require_study,
)
from correlates.intake.sheets.schemas import load_schema
from correlates.problems import Problem, StudyError

SHIPPED = ROOT / "config" / "config.yaml"
STUDY = {
    "patients": "patients.tsv",
    "panels": "panels.tsv",
    "samples": "samples.tsv",
    "gating": {"tnk": "tnk.csv"},
}


@pytest.fixture
def config():
    return yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))


def leaves(schema, path="", optional=True):
    for key, part in schema.get("properties", {}).items():
        place = f"{path}.{key}" if path else key
        if part.get("type") == "object" and "properties" in part:
            yield from leaves(part, place, optional)
        elif not optional and key not in schema["required"]:
            continue
        else:
            yield place, part


def keys_of(config, path=""):
    for key, value in config.items():
        place = f"{path}.{key}" if path else key
        if isinstance(value, dict) and value:
            yield from keys_of(value, place)
        else:
            yield place


def with_value(config, place, value):
    changed = copy.deepcopy(config)
    *path, last = place.split(".")
    block = changed
    for key in path:
        block = block[int(key) if isinstance(block, list) else key]
    block[last] = value
    return changed


def test_the_shipped_config_is_legal(config):
    assert check_config(config) == []


def test_the_demo_is_legal_over_the_shipped_config(config):
    demo = yaml.safe_load((ROOT / "config" / "demo" / "config.yaml").read_text(encoding="utf-8"))
    update_config(config, demo)  # as Snakemake lays one file over another

    assert [str(problem) for problem in check_config(config)] == []


def test_the_shipped_config_names_no_study(config):
    assert not has_study(config)
    assert not {"study", "simulate"} & set(config)


def test_the_shipped_config_and_the_schema_have_the_same_keys(config):
    known = {
        place
        for place, _ in leaves(load_schema("config"), optional=False)
        if not place.startswith(("study.", "simulate."))
    }

    assert set(keys_of(config)) == known


@pytest.mark.parametrize(("place", "schema"), list(leaves(load_schema("config"))))
def test_every_key_says_what_it_is_and_what_is_legal(place, schema):
    assert schema["description"].endswith(".") or "<" in schema["description"], place
    assert schema["legal"], place


def test_every_key_of_the_shipped_config_has_prose_above_it(config):
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for above, line in zip(lines, lines[1:], strict=False)
        if re.match(r" *[a-z_0-9]+:", line)
        and not above.lstrip().startswith("#")
        and not re.match(r" {6,}", line)
    ]

    assert bare == []


@pytest.mark.parametrize("block", [None, "absent"])
def test_a_config_without_a_study_is_no_problem_until_a_result_is_asked_for(config, block):
    if block is None:
        config["study"] = None

    assert check_config(config) == []
    with pytest.raises(StudyError, match=r"--configfile my/config.yaml .*make demo"):
        require_study(config)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        pytest.param(
            "flow.min_parnt_events",
            3,
            "config, flow.min_parnt_events: unknown key. Did you mean 'min_parent_events'?",
            id="a mistyped key is named with the nearest right one",
        ),
        pytest.param(
            "study.patient",
            "p.tsv",
            "study.patient: unknown key. Did you mean 'patients'?",
            id="keys of the study too",
        ),
        pytest.param(
            "study.drop",
            {"folder": "fcs", "pattrn": "x"},
            "study.drop.pattrn: unknown key. Did you mean 'pattern'?",
            id="keys of a block within",
        ),
        pytest.param(
            "flow.lod_events",
            "20",
            "flow.lod_events: wrong type of value (found '20'). Legal: a whole number, 1 or more, "
            "at most lloq_events. This is text: write it without quotes",
            id="text for a number is told apart from a wrong number",
        ),
        pytest.param("flow.lod_events", 2.5, "wrong type of value (found '2.5')", id="no halves"),
        pytest.param("flow.lod_events", 0, "Legal: a whole number, 1 or more", id="too small"),
        pytest.param(
            "flow.lod_events",
            60,
            "flow.lod_events: detection needs more events than quantification (found '60'). "
            "Give at most flow.lloq_events, which is 50.",
            id="a population cannot be quantified before it is detected",
        ),
        pytest.param("flow.cv_cbc", 3, "a fraction, 0 to 1 (0.03 is 3 %)", id="percent, not share"),
        pytest.param("flow.scale.w", "aut", "auto, or a number of decades", id="auto mistyped"),
        pytest.param("flow.scale.w", 2.5, "half of flow.scale.m: 2.25", id="w beyond half m"),
        pytest.param("flow.scale.kind", "logical", "Did you mean 'logicle'", id="kind mistyped"),
        pytest.param("flow.scale.cofactor", 0, "auto, or a number above 0", id="no cofactor"),
        pytest.param(
            "flow.scale.markers",
            {"CD3": {"kind": "hyperlog", "w": 0}},
            "flow.scale.markers.CD3.w: a hyperlog scale has no meaning without a linear part",
            id="no width of one marker's hyperlog",
        ),
        pytest.param(
            "flow.scale.markers", {"CD3": {"width": 1}}, "flow.scale.markers.CD3.width", id="no key"
        ),
        pytest.param(
            "flow.clone_free",
            ["t", "lymph"],
            "flow.clone_free: this population holds the clone: it stands in "
            "flow.anchors.lymphocytes (found 'lymph')",
            id="lymphocytes are not free of the clone",
        ),
        pytest.param(
            "flow.clone_free", ["cll"], "it stands in flow.clone", id="the clone is not either"
        ),
        pytest.param("flow.clone_free", "t", "a list of population keys", id="no list of keys"),
        pytest.param("strict", "yes", "strict: wrong type of value", id="text for a boolean"),
        pytest.param(
            "clinical.response.criteria",
            "iwCLL2108",
            "Did you mean 'iwCLL2018'?",
            id="an enum names its nearest value",
        ),
        pytest.param(
            "cohort.response_criteria",
            "iwCLL2018",
            "cohort.response_criteria: unknown key. It is called clinical.response.criteria now.",
            id="a key that moved names its new place",
        ),
        pytest.param(
            "analyses.model.endpoints",
            ["response_depth"],
            "analyses.model.endpoints[0]: this value is not legal",
            id="a ridge model is for binary endpoints",
        ),
        pytest.param("analyses.model.min_eff", 5, "6 or more", id="no model below six"),
        pytest.param("analyses.model.features", [], "at least one feature", id="no feature"),
        pytest.param("flow", None, "flow: wrong type of value", id="a block left empty"),
        pytest.param("study", [], "study: wrong type of value", id="a study that is a list"),
        pytest.param(
            "study.gating",
            {"t nk": "a.csv"},
            "study.gating.t nk: this name cannot stand in a path",
            id="names of panels stand in paths",
        ),
        pytest.param(
            "study.gating", {"tnk": "a.txt"}, "Legal: .csv (template), .wsp", id="kind of gating"
        ),
        pytest.param(
            "study.compensation",
            {"tkn": "file"},
            "study.compensation.tkn: this panel has no gating in study.gating. Did you mean 'tnk'?",
            id="compensation of an unknown panel",
        ),
        pytest.param(
            "study.compensation",
            {"tnk": "flie"},
            "Legal: file, none or a path to .csv.",
            id="compensation that is none",
        ),
    ],
)
def test_a_wrong_config_is_told_with_its_key(config, place, value, said):
    problems = check_config(with_value(config | {"study": STUDY}, place, value))

    assert any(said in str(problem) for problem in problems), [str(p) for p in problems]
    assert {problem.stops for problem in problems} == {"run"}


@pytest.mark.parametrize(
    ("cut", "columns"),
    [
        pytest.param({"name": "interim1", "study_day": 200}, [], id="a name"),
        pytest.param({"name": "cut2", "study_day": 200}, [], id="a name with a number"),
        pytest.param(
            {"name": "2025-06-30", "study_day": 200}, ["study.data_cut.name"], id="a date"
        ),
        pytest.param(
            {"name": "cut_20250630", "study_day": 200}, ["study.data_cut.name"], id="holds a date"
        ),
        pytest.param({"name": "interim1"}, ["study.data_cut"], id="nothing tells when"),
    ],
)
def test_the_name_of_a_data_cut_is_no_date(config, cut, columns):
    config["study"] = STUDY | {"data_cut": cut}

    problems = check_config(config)

    assert [one.column for one in problems] == columns
    assert "2025" not in " ".join(f"{one.problem} {one.remedy} {one.value}" for one in problems)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("patients", "study.patients: the study names no patients"),
        ("gating", "study.gating: this key is missing"),
        ("samples", "study.samples: the study names no FCS files"),
        ("panels", "study.panels: the templates of tnk name markers"),
    ],
)
def test_a_missing_key_of_the_study_is_named(config, missing, said):
    config["study"] = {key: value for key, value in STUDY.items() if key != missing}

    assert [said in str(problem) for problem in check_config(config)] == [True]


@pytest.mark.parametrize("ending", [".wsp", ".xml"])
def test_a_workspace_needs_no_panels_sheet(config, ending):
    config["study"] = {
        "patients": "p.tsv",
        "samples": "s.tsv",
        "gating": {"tnk": f"gates{ending}"},
    }

    assert check_config(config) == []


def test_a_missing_section_is_named(config):
    del config["cohort"]

    assert [str(problem) for problem in check_config(config)] == [
        "config, cohort: this key is missing. It holds b0_max_days_before, b1_max_days_before."
    ]


@pytest.mark.parametrize(
    ("feature", "is_legal"),
    [
        ("nk_cd57__pct__nk", True),
        ("CD4+/CD8+__pct__Live/T_cells+", True),
        ("cll__mfi__hla-dr", True),
        ("nk", False),
        ("nk abs", False),
        ("nk__abs@B1", False),
    ],
)
def test_features_are_named_by_their_grammar(config, feature, is_legal):
    config["analyses"]["contrasts"][0]["feature"] = feature
    config["analyses"]["model"]["features"] = [feature]

    columns = [problem.column for problem in check_config(config)]

    wrong = ["analyses.contrasts[0].feature", "analyses.model.features[0]"]
    assert columns == ([] if is_legal else wrong)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("specimen", "cryo_pbmc", None),
        ("specimen", "cryo", "Did you mean 'cryo_pbmc'?"),
        ("family", "secondary", None),
        ("family", "secundary", "Did you mean 'secondary'?"),
        ("event", "a complete response", None),
        ("event", "", "a few words"),
    ],
)
def test_a_contrast_may_name_its_family_wording_and_specimen(config, key, value, said):
    config["analyses"]["contrasts"][0][key] = value

    problems = [str(problem) for problem in check_config(config)]

    assert [said in problem for problem in problems] == ([True] if said else [])


@pytest.mark.parametrize("specimen", ["fresh_wb", "blood"])
def test_a_model_may_name_its_specimen(config, specimen):
    config["analyses"]["model"]["specimen"] = specimen

    problems = check_config(config)

    is_legal = (
        specimen in load_schema("config")["properties"]["study"]["properties"]["specimen"]["enum"]
    )
    assert [problem.column for problem in problems] == (
        [] if is_legal else ["analyses.model.specimen"]
    )


def test_the_specimens_are_the_same_wherever_they_are_named():
    properties = load_schema("config")["properties"]
    analyses = properties["analyses"]["properties"]
    named = [
        properties["study"]["properties"],
        analyses["contrasts"]["items"]["properties"],
        analyses["model"]["properties"],
        load_schema("samples")["properties"],
    ]

    assert len({tuple(block["specimen"]["enum"]) for block in named}) == 1


def test_every_key_of_a_contrast_is_one_that_the_analysis_reads():
    items = load_schema("config")["properties"]["analyses"]["properties"]["contrasts"]["items"]

    assert set(items["properties"]) == {field.name for field in fields(Contrast)}


def test_contrasts_of_one_id_are_refused(config):
    config["analyses"]["contrasts"][1]["id"] = "H1"

    (problem,) = check_config(config)

    assert problem.column == "analyses.contrasts[1].id"
    assert "the same id as analyses.contrasts[0]" in problem.problem


@pytest.mark.parametrize(
    ("sizes", "families", "said"),
    [
        pytest.param((2, None), ("primary", "primary"), [], id="as many as are listed"),
        pytest.param((1, 1), ("primary", "secondary"), [], id="each family by itself"),
        pytest.param(
            (1, None),
            ("primary", "primary"),
            [("analyses.contrasts[0].family_size", "2 are listed")],
            id="fewer than are listed",
        ),
        pytest.param(
            (4, 5),
            ("primary", "primary"),
            [("analyses.contrasts[1].family_size", "primary family than analyses.contrasts[0]")],
            id="two sizes of one family",
        ),
        pytest.param(
            (2.5, None),
            ("primary", "primary"),
            [("analyses.contrasts[0].family_size", "wrong type of value")],
            id="no whole number",
        ),
    ],
)
def test_the_size_of_a_family_fits_its_list(config, sizes, families, said):
    for contrast, size, family in zip(
        config["analyses"]["contrasts"], sizes, families, strict=True
    ):
        contrast.pop("family_size")
        contrast |= {"family": family} | ({"family_size": size} if size else {})

    problems = check_config(config)

    assert [problem.column for problem in problems] == [column for column, _ in said]
    assert all(part in problem.problem for problem, (_, part) in zip(problems, said, strict=True))


def test_the_shipped_primary_family_counts_what_is_not_tested_here(config):
    contrasts = [Contrast.of(row) for row in config["analyses"]["contrasts"]]

    assert families_of(contrasts)["primary"].size == 4


def test_a_list_of_ones_own_brings_its_own_family(config):
    own = [{**config["analyses"]["contrasts"][0]}]
    del own[0]["family_size"]
    config["analyses"]["contrasts"] = own

    assert check_config(config) == []
    assert families_of([Contrast.of(row) for row in own])["primary"].size == 1


def test_all_problems_are_told_at_once_in_order_of_the_config(config):
    config["strict"] = 1
    config["flow"]["lod_events"] = -1
    config["intake"]["settle_minutes"] = -1
    config["extra"] = 1

    columns = [problem.column for problem in check_config(config)]

    assert columns == ["extra", "intake.settle_minutes", "flow.lod_events", "strict"]


def test_only_problems_that_stop_the_run_are_raised():
    harmless = Problem("a.tsv", "note", "none", stops="nothing")
    row = Problem("a.tsv", "row", "none", row=2, stops="row")
    parse_problems_to_stop([harmless, row])

    with pytest.raises(StudyError, match="1 problem stops the run") as raised:
        parse_problems_to_stop([harmless, Problem("b.tsv", "bad", "mend"), row])

    assert [problem.file for problem in raised.value.problems] == ["b.tsv"]


def test_places_are_written_with_dots_and_indices():
    assert dotted(["analyses", "contrasts", 0, "id"]) == "analyses.contrasts[0].id"


def test_parsing_imports_nothing_heavy():
    heavy = ["numpy", "pandas", "jsonschema", "yaml", "flowkit", "scipy"]
    common = (ROOT / "workflow" / "rules" / "common.smk").read_text()
    modules = re.findall(r"^from (correlates\.\S+) import", common, flags=re.M)
    assert "correlates.intake.plan" in modules
    code = (
        f"import sys; import {', '.join(modules)}; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "scripts")},
    )

    assert done.stdout.strip() == "[]"
