"""How many patients reach each step: sums that add up, reasons that are right, a figure to read."""

import random
import re
from collections import Counter
from xml.etree import ElementTree

import pytest

from clinic_maker import dose, make_records
from correlates.clinical.dosing.dosing import dosing_of_patient
from correlates.cohort.draws import DrawContext
from correlates.cohort.patient_flow.assemble import StudyTables, drawn_chains, patient_flow
from correlates.cohort.patient_flow.chain import COLUMNS, steps_of
from correlates.cohort.patient_flow.figure import patient_flow_svg
from correlates.cohort.patient_flow.markers import (
    STEPS,
    Analysis,
    MarkerAt,
    Measured,
    Sources,
    marker_chain,
)
from correlates.cohort.patient_flow.trial import endpoint_chains, trial_chain
from correlates.cohort.patient_flow.windows import Windows
from test_cohort_build import ROWS, built, tables

PATIENTS = ["P01", "P02", "P03"]
FEATURE, SPECIMEN = "nk__abs", "fresh_wb"
DRAW = ("C1D1", "pre")
OK = Measured("ok")


def place(patient, draw=DRAW):
    return (patient, SPECIMEN, *draw)


def sources(**changed):
    """Return sources in which every patient has a draw, an accepted file and a value."""
    sound = {
        "why_not_at_risk": {},
        "windows": {(p, SPECIMEN, "B1"): [DRAW] for p in PATIENTS},
        "why_no_draw": {},
        "files": {place(p): [{"state": "accepted", "acquisition": f"{p}_a"}] for p in PATIENTS},
        "populations": {f"{p}_a": frozenset({"nk"}) for p in PATIENTS},
        "measured": {FEATURE: {place(p): OK for p in PATIENTS}},
        "of_files": frozenset({FEATURE}),
    }
    return Sources(**sound | changed)


def chain(found=None, analysis=None, **changed):
    """Follow three patients, of whom P01 has what `found` says and the others a value."""
    measured = {FEATURE: {place(p): OK for p in PATIENTS}}
    chosen = dict.fromkeys(PATIENTS, OK)
    if found is None:
        chosen.pop("P01")
        measured[FEATURE].pop(place("P01"))
    else:
        chosen["P01"] = measured[FEATURE][place("P01")] = found
    marker = MarkerAt("nk__abs@B1", FEATURE, "B1", SPECIMEN, chosen)
    return marker_chain(marker, PATIENTS, sources(**{"measured": measured} | changed), analysis)


def without(of, patient, **put):
    return {key: value for key, value in of.items() if patient not in key} | put


def lost(one):
    """Return the step and the reason at which P01 falls out."""
    return next(((s.name, s.out["P01"]) for s in one.steps if "P01" in s.out), None)


WINDOWS, FILES = sources().windows, sources().files


@pytest.mark.parametrize(
    ("found", "changed", "expected"),
    [
        pytest.param(OK, {}, None, id="a usable value passes every step"),
        pytest.param(Measured("nd"), {}, None, id="a value below its limit is usable"),
        pytest.param(
            OK,
            {"why_not_at_risk": {("B1", "P01"): "never received lenalidomide"}},
            ("at risk", "never received lenalidomide"),
            id="a value of somebody not at risk counts for nothing",
        ),
        pytest.param(
            None,
            {
                "windows": without(WINDOWS, "P01"),
                "why_no_draw": {("P01", SPECIMEN, "B1"): "the last draw is too old"},
            },
            ("draw", "the last draw is too old"),
            id="no draw in the window",
        ),
        pytest.param(
            None, {"files": without(FILES, "P01")}, ("file", "no file"), id="a draw without file"
        ),
        pytest.param(
            None,
            {"files": FILES | {place("P01"): [{"state": "refused", "acquisition": "P01_a"}]}},
            ("file", "file refused"),
            id="a refused file",
        ),
        pytest.param(
            None,
            {"populations": {}},
            ("file", "no accepted file of a panel with this population"),
            id="another panel",
        ),
        pytest.param(None, {}, ("tube", "not measured in this tube"), id="a tube left out"),
        pytest.param(
            None,
            {"of_files": frozenset()},
            ("file", "not in any table or file"),
            id="what is of exported tables has no file",
        ),
        pytest.param(
            Measured("not_evaluable", ["day_planned", "viability_below_floor"]),
            {},
            ("tube", "viability below floor"),
            id="a tube that failed",
        ),
        pytest.param(
            Measured("not_evaluable", ["day_planned", "too_few_events"]),
            {},
            ("value", "too few events"),
            id="too few cells in a sound tube",
        ),
        pytest.param(Measured("missing"), {}, ("value", "missing"), id="a value without a reason"),
    ],
)
def test_a_patient_falls_out_where_the_first_thing_is_lacking(found, changed, expected):
    one = chain(found, **changed)

    assert lost(one) == expected
    assert one.counts[-1] == (3 if expected is None else 2)


def test_a_chain_ends_with_those_whom_the_analysis_used():
    analysis = Analysis(
        "H6", "tfr_ge2", lambda p: {"P01": "not assessed"}.get(p, ""), frozenset({"P02"})
    )

    one = chain(OK, analysis)

    assert [step.name for step in one.steps[1:]] == list(STEPS)
    assert one.counts[-3:] == (3, 2, 1)
    assert one.steps[-2].reasons == {"not assessed": 1}
    assert one.steps[-1].out == {"P03": "no value on the scale of the analysis"}


def test_a_refused_analysis_uses_nobody_and_says_why():
    analysis = Analysis("H1", "cr", lambda p: "", frozenset(PATIENTS), "too_few_events")

    step = chain(OK, analysis).steps[-1]

    assert (step.kept, step.reasons) == ((), {"refused: too few events": 3})


def test_censored_values_are_counted_among_the_kept():
    one = chain(Measured("lt_lloq"))

    assert {step.name: step.n_censored for step in one.steps}["value"] == 1


@pytest.mark.parametrize("seed", range(50))
def test_the_number_of_a_step_is_that_before_less_the_reasons(seed):
    rng = random.Random(seed)
    patients = [f"P{i:02d}" for i in range(rng.randrange(20))]
    verdicts = {
        step: {patient: rng.choice(["", "", "a", "b"]) for patient in patients} for step in STEPS
    }

    steps = steps_of("enrolled", patients, [(s, verdicts[s].__getitem__) for s in STEPS])

    for before, step in zip(steps, steps[1:], strict=False):
        assert len(step.kept) == len(before.kept) - sum(step.reasons.values())
        assert set(step.kept) | set(step.out) == set(before.kept)
    fallen = Counter(patient for step in steps for patient in step.out)
    assert all(count == 1 for count in fallen.values())
    assert len(steps[-1].kept) + len(fallen) == len(patients)


def test_the_trial_s_chain_names_screen_failures_refused_rows_and_the_untreated():
    records = make_records(
        patients=[
            "P01",
            "P02",
            {"patient": "P03", "screen_failure": "platelets below 20"},
            {"patient": "P04"},
        ],
        exposure=[
            dose(1, 20, 420, "ibrutinib", patient="P02"),
            dose(1, None, 420, "ibrutinib"),
            dose(29),
            dose(1, 20, 420, "ibrutinib", patient="P04"),
        ],
        follow_up=[
            {"patient": "P02", "study_day": 21, "off_study_day": 21,
             "off_study_reason": "withdrawal"},
        ],
    )  # fmt: skip
    dosing = {patient: dosing_of_patient(records, patient) for patient in records.patients}
    refused = {"file": "patients.tsv", "row": "6", "stops": "row", "patient": "P05"}

    one = trial_chain(records, dosing, [refused])

    assert one.counts == (5, 3, 3, 1)
    assert one.step("enrolled").out == {
        "P03": "screen failure: platelets below 20",
        "P05": "the row of the patients sheet is left out",
    }
    assert one.step("received lenalidomide").out == {
        "P02": "off study before lenalidomide: withdrawal",
        "P04": "never received lenalidomide",
    }


def endpoints():
    rows = []
    for patient in PATIENTS:
        evaluable = patient != "P01"
        reason = "" if evaluable else "not assessed <by> anybody & all"
        row = {"patient": patient, "kind": "binary", "reason": reason}
        rows += [row | {"endpoint": name, "evaluable": evaluable} for name in ("cr", "tfr_any")]
    return rows


def test_an_endpoint_s_chain_counts_its_reasons():
    cr, flare = endpoint_chains(PATIENTS, endpoints())

    assert (cr.names["analysis"], flare.names["analysis"]) == ("response", "flare")
    assert cr.counts == (3, 2)
    assert cr.steps[1].reasons == {"not assessed <by> anybody & all": 1}


def test_rows_hold_the_columns_of_the_table():
    (row, *_) = chain(OK).rows()

    assert list(row) == COLUMNS


def drawn():
    records = make_records(patients=[*PATIENTS, {"patient": "P04", "screen_failure": "age"}])
    dosing = {patient: dosing_of_patient(records, patient) for patient in records.patients}
    analysis = Analysis("H6", "tfr_ge2", lambda p: "", frozenset(PATIENTS))
    return [
        trial_chain(records, dosing, []),
        *endpoint_chains(PATIENTS, endpoints()),
        chain(Measured("not_evaluable", ["too_few_events"]), analysis),
        chain(OK),
        chain(OK),
    ]


def test_the_figure_holds_every_number_and_reason_inside_a_phone_s_width():
    svg = patient_flow_svg(drawn())

    root = ElementTree.fromstring(svg)
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert root.get("width") == "360"
    assert "n = 4" in texts
    assert any("1 screen failure: age" in words for words in texts)
    assert any("too few events" in words for words in texts)
    assert any("<by> anybody & all" in words for words in texts)
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)]
    assert min(sizes) >= 11
    for node in root.iter("{http://www.w3.org/2000/svg}text"):
        width = 0.55 * float(node.get("font-size")) * len(node.text)
        left = float(node.get("x")) - {"middle": width / 2, "end": width}.get(
            node.get("text-anchor"), 0
        )
        assert left > -1
        assert left + width < 366, node.text


def test_populations_of_one_flow_share_a_row():
    svg = patient_flow_svg(drawn())

    assert svg.count("at B1, fresh_wb: nk, nk") == 1


def test_every_marker_of_the_cohort_is_followed_and_one_of_each_population_is_drawn():
    cohort = built()
    records = make_records(patients=list(cohort.obs_names))
    dosing = {patient: dosing_of_patient(records, patient) for patient in records.patients}
    measured, _, _ = tables(ROWS)
    nothing = dict.fromkeys(
        ("files", "problems", "endpoints", "contrasts", "contrast_values", "predictions"), []
    )
    study = StudyTables(
        records=records,
        context=DrawContext(dosing=dosing),
        windows=Windows({}, {}),
        models=[],
        populations={},
        measured=measured,
        cohort=cohort,
        **nothing,
    )

    chains = patient_flow(study)

    followed = [one.names["marker"] for one in chains if one.kind == "marker"]
    assert followed == list(cohort.var_names) == ["nk__abs@B0", "nk__abs@B1", "nk__pct__lymph@B1"]
    shown = [one.names["marker"] for one in drawn_chains(chains) if one.kind == "marker"]
    assert shown == ["nk__abs@B0", "nk__abs@B1"]


def test_markers_that_are_tested_are_drawn_beside_the_count_of_their_population():
    tested = chain(OK, Analysis("H6", "tfr_ge2", lambda p: "", frozenset(PATIENTS)))

    assert drawn_chains([tested, chain(OK)]) == [tested, chain(OK)]
