"""The simulated clinic: sheets that a study could hand in, and courses that are what they say."""

import hashlib
from collections import Counter

import pytest

from clinic_maker import read_clinic
from correlates.simulate.clinic.columns import SHEET_COLUMNS
from correlates.simulate.clinic.write import simulate_clinic
from correlates.simulate.cohort import simulate_cohort
from correlates.tables import read_tsv


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clinic")
    simulate_clinic(folder, n_patients=24, seed=1)
    return folder


@pytest.fixture(scope="module")
def truth(folder):
    return {
        name: read_tsv(folder / "truth" / f"{name}.tsv")
        for name in ("endpoints", "assessments", "safety", "doses", "disagreements", "defects")
    }


def digests(folder):
    paths = sorted(path for path in folder.rglob("*.tsv"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_the_same_seed_gives_the_same_sheets_and_another_does_not(folder, tmp_path):
    simulate_clinic(tmp_path / "same", n_patients=24, seed=1)
    simulate_clinic(tmp_path / "other", n_patients=24, seed=2)

    assert digests(tmp_path / "same") == digests(folder)
    assert not set(digests(tmp_path / "other").values()) & (
        set(digests(folder).values()) - {digests(folder)["panels.tsv"]}
    )


def test_the_clinic_is_the_same_with_and_without_files(tmp_path):
    simulate_clinic(tmp_path / "sheets", n_patients=3, seed=4)
    simulate_cohort(tmp_path / "all", n_patients=3, n_events=50, seed=4)

    with_files = digests(tmp_path / "all")
    assert digests(tmp_path / "sheets").items() <= with_files.items()


@pytest.mark.parametrize("n_patients", [1, 2, 5, 24, 60])
def test_sheets_of_any_size_are_read_without_a_problem(tmp_path, n_patients):
    simulate_clinic(tmp_path, n_patients=n_patients, seed=7)

    records = read_clinic(tmp_path)

    assert len(records.patients) == n_patients
    assert all(records.has(kind) for kind in SHEET_COLUMNS)


def test_responses_and_flares_are_those_that_the_blood_was_drawn_with(folder, truth):
    planted = {row["patient"]: row["recorded"] for row in truth["defects"]}
    typed = {row["patient"]: row for row in read_tsv(folder / "patients.tsv")}

    for row in truth["endpoints"]:
        sheet = typed[row["patient"]]
        assert row["best_response"] == sheet["response"]
        if row["patient"] not in planted:
            assert row["tfr_ordinal"] == sheet["tfr_grade"]


def test_every_fate_befalls_one_patient(truth):
    counts = Counter(row["fate"] for row in truth["endpoints"])

    assert counts.pop("well") > 6
    assert set(counts.values()) == {1}
    assert len(counts) == 14


def test_laboratory_and_blood_count_of_a_draw_say_the_same(folder):
    records = read_clinic(folder)
    rows = {(row["patient"], row["visit"]): row for row in records.rows("laboratory")}
    columns = ("wbc_10e9_l", "alc_10e9_l", "anc_10e9_l", "hb_g_dl", "plt_10e9_l")

    for count in read_tsv(folder / "cbc.tsv"):
        row = rows[count["patient"], count["visit"]]
        assert [row[name] for name in columns] == [float(count[name]) for name in columns]


def test_ibrutinib_redistributes_lymphocytes_into_the_blood(folder):
    """Half more than at the first draw would be progression, but for the drug."""
    records = read_clinic(folder)
    rises = []
    for patient in records.patients:
        rows = {row["visit"]: row["alc_10e9_l"] for row in records.of("laboratory", patient)}
        rises.append(rows["C0D8"] / rows["C0D1"])

    assert sum(rise >= 1.5 for rise in rises) > 12


def test_lymph_nodes_grow_in_a_flare_and_shrink_after_it(folder, truth):
    records = read_clinic(folder)
    in_flare = [row for row in truth["assessments"] if row["finding"] == "flare"]

    assert len(in_flare) >= 5
    for row in in_flare:
        sums = Counter()
        for one in records.of("lesions", row["patient"]):
            sums[one["study_day"]] += one["ld_mm"] * one["sd_mm"]
        day = float(row["study_day"])
        earlier = [value for other, value in sums.items() if other < day]
        later = [value for other, value in sums.items() if other > day]
        assert sums[day] >= 1.5 * min(earlier)
        assert later[0] < 0.7 * sums[day]


def test_toxicities_of_the_dose_levels_end_the_escalation_at_the_top(folder, truth):
    """At most one of six below, two at the top."""
    levels = {row["patient"]: row["dose_cohort"] for row in read_tsv(folder / "patients.tsv")}
    counts = Counter(levels[row["patient"]] for row in truth["safety"] if row["dlt"])

    assert counts == {"3": 1, "4": 2}


def test_what_was_planted_is_told(truth):
    assert Counter(row["defect"] for row in truth["defects"]) == {
        "first_dose_differs": 1,
        "typed_grade_differs": 1,
        "draw_out_of_window": 1,
    }
    assert len(truth["disagreements"]) == 2
    assert Counter(row["tls_laboratory"] for row in truth["safety"])["yes"] == 2
    assert Counter(row["tls_clinical"] for row in truth["safety"])["yes"] == 1


def test_a_sound_clinic_holds_neither_defects_nor_disagreements(tmp_path):
    simulate_clinic(tmp_path, n_patients=24, seed=1, defects=False)

    assert read_tsv(tmp_path / "truth" / "defects.tsv") == []
    assert read_tsv(tmp_path / "truth" / "disagreements.tsv") == []
