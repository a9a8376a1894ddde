"""Random courses: what must hold of every one, and a second, plain reading of the criteria."""

import random

import pytest

from clinic_maker import PATIENT, dose, lesion, make_records
from correlates.clinical.response.course import responses_of
from correlates.clinical.response.judged import RANK
from response_maker import BEFORE, categories, respond, settings

N_RANDOM = 3000
# Nodes: whether one is enlarged follows from the longest; values near the limits are frequent.
SPD = (0.0, 300.0, 1999.0, 2000.0, 2001.0, 4000.0, 5999.0, 6000.0, 9000.0)
LONGEST = (0.0, 1.4, 1.5, 3.0, 6.0)
SPLEEN = (10.0, 12.9, 13.0, 14.0, 15.0, 15.1, 17.0, 18.9, 19.0, 22.0)
ALC = (1.0, 3.9, 4.0, 29.9, 30.0, 30.1, 60.0, 89.9, 90.0, 200.0)
PLATELETS = (20.0, 29.9, 30.0, 60.0, 89.9, 90.0, 99.0, 100.0, 200.0)
HEMOGLOBIN = (6.0, 7.0, 7.1, 9.0, 10.9, 11.0, 13.4, 13.5, 14.0)
NEUTROPHILS = (0.3, 1.0, 1.49, 1.5, 4.0)
WELL = {
    **{"spd_mm2": 300.0, "longest_node_cm": 1.4, "spleen_cm": 12.9, "liver_enlarged": False},
    **{"symptoms": False, "alc_10e9_l": 3.9, "plt_10e9_l": 100.0, "hb_g_dl": 11.0},
    **{"anc_10e9_l": 1.5, "transfused_7d": False, "epo": False, "gcsf_7d": False},
    **{"new_organ": False, "transformation": False},
}
MARROW = ("not_done", "normal", "hypocellular", "nodules", "cll")


def random_row(rng, day, *, may_miss=True):
    """Return a random assessment; blood values, organs and the marrow may be missing."""

    def one_of(values):
        return None if may_miss and rng.random() < 0.05 else rng.choice(values)

    marrow = rng.choice(MARROW)
    row = {
        "study_day": day,
        "spd_mm2": one_of(SPD),
        "longest_node_cm": one_of(LONGEST),
        "spleen_cm": one_of(SPLEEN),
        "liver_enlarged": one_of((True, False, False)),
        "symptoms": one_of((True, False, False)),
        "alc_10e9_l": one_of(ALC),
        "plt_10e9_l": one_of(PLATELETS),
        "hb_g_dl": one_of(HEMOGLOBIN),
        "anc_10e9_l": one_of(NEUTROPHILS),
        "marrow": marrow,
        "marrow_lymphocytes_pct": None if marrow == "not_done" else rng.choice((5.0, 29.9, 30.0)),
        "marrow_cll_pct": 0.0 if marrow in ("normal", "hypocellular") else None,
        "transfused_7d": rng.random() < 0.1,
        "epo": rng.random() < 0.1,
        "gcsf_7d": rng.random() < 0.1,
        "cytopenia_cause": rng.choice((None, "cll", "drug", "drug", "other")),
        "new_organ": rng.random() < 0.03,
        "transformation": rng.random() < 0.03,
    }
    # Complete responses ask for so much at once that they must be helped to come up.
    helped = rng.random() < 0.3
    return row | {name: row[name] if rng.random() < 0.1 else WELL[name] for name in WELL if helped}


def plain_category(base, nadir, now, criteria, on_ibrutinib):
    """Judge one assessment by reading the published table row by row, and nothing else.

    ``base`` is the assessment before the first dose, ``nadir`` the lowest sum of products, spleen
    and the best liver up to now. Every value of ``base`` is known.
    """
    old = criteria == "iwCLL2008"
    spd, longest, spleen, liver = (
        now[name] for name in ("spd_mm2", "longest_node_cm", "spleen_cm", "liver_enlarged")
    )
    alc, plt, hb, anc = (now[n] for n in ("alc_10e9_l", "plt_10e9_l", "hb_g_dl", "anc_10e9_l"))
    cause, marrow, share = (now[n] for n in ("cytopenia_cause", "marrow", "marrow_lymphocytes_pct"))
    small = longest is not None and longest < 1.5

    # Progression: one row of the table is enough.
    if now["new_organ"] or now["transformation"]:
        return "PD"
    if spd is not None and not small:
        if nadir["spd"] > 0 and spd >= 1.5 * nadir["spd"]:
            return "PD"
        if nadir["spd"] == 0 and spd > 0 and longest is not None:
            return "PD"
    if spleen is not None and spleen >= 13:
        if nadir["spleen"] <= 13:
            if spleen - nadir["spleen"] >= 2:
                return "PD"
        elif spleen - 13 >= 1.5 * (nadir["spleen"] - 13) - 1e-9 and spleen - nadir["spleen"] >= 0.5:
            return "PD"
    if liver and not nadir["liver"]:
        return "PD"
    if alc is not None and alc >= 5 and alc >= 1.5 * base["alc_10e9_l"] and not on_ibrutinib:
        return "PD"
    if cause == "cll":
        if plt is not None and plt <= base["plt_10e9_l"] / 2:
            return "PD"
        if hb is not None and base["hb_g_dl"] - hb >= 2 - 1e-9:
            return "PD"
    if old and share is not None and share >= 30 and nadir["share"] < 30:
        return "PD"

    # Not evaluable.
    nodes_known = small or (spd is not None and not (nadir["spd"] == 0 and longest is None and spd))
    if not nodes_known or alc is None or plt is None or hb is None:
        return "NE"

    # Complete response and its kin.
    tumour_gone = (
        small
        and spleen is not None
        and spleen < 13
        and liver is False
        and now["symptoms"] is False
        and alc < 4
    )
    plt_fine = plt >= 100 and not now["transfused_7d"]
    hb_fine = hb >= 11 and not now["transfused_7d"] and not now["epo"]
    anc_fine = not old or (anc is not None and anc >= 1.5 and not now["gcsf_7d"])
    anc_counted = not old or anc is not None
    blood_fine = plt_fine and hb_fine and anc_fine
    is_looked_at = marrow not in ("not_done", "nodules")
    clean = is_looked_at and (share < 30 if old else marrow != "cll")
    if tumour_gone and blood_fine and clean and marrow != "hypocellular":
        return "CR"
    drug_only = blood_fine or (cause == "drug" and anc_counted)
    if tumour_gone and clean and drug_only:
        return "CRi"
    if tumour_gone and blood_fine and marrow == "nodules":
        return "nPR"

    # Partial response: count, of what was abnormal, what improved.
    abnormal, improved, unknown = 0, 0, 0
    if base["longest_node_cm"] >= 1.5:
        abnormal += 1
        improved += small or spd <= base["spd_mm2"] / 2
    organs = []
    if base["spleen_cm"] >= 13:
        half = (base["spleen_cm"] - 13) / 2
        fell = None if spleen is None else spleen < 13 or (half > 0 and spleen - 13 <= half + 1e-9)
        organs.append(fell)
    if base["liver_enlarged"]:
        organs.append(None if liver is None else not liver)
    if organs:
        abnormal += 1
        improved += True in organs
        unknown += True not in organs and None in organs
    down = alc < 4 or alc <= base["alc_10e9_l"] / 2
    load_improved = improved
    if base["alc_10e9_l"] >= 4 and down:
        abnormal += 1
        improved += 1
    b_abnormal, b_improved, b_unknown = 0, 0, 0
    if base["plt_10e9_l"] < 100:
        b_abnormal += 1
        b_improved += (plt >= 100 or plt >= 1.5 * base["plt_10e9_l"]) and not now["transfused_7d"]
    if base["hb_g_dl"] < 11:
        b_abnormal += 1
        rose = hb >= 11 or hb >= 1.5 * base["hb_g_dl"] - 1e-9
        b_improved += rose and not now["transfused_7d"] and not now["epo"]
    if old and base["anc_10e9_l"] < 1.5:
        b_abnormal += 1
        if anc is None:
            b_unknown += 1
        else:
            rose = anc >= 1.5 or anc >= 1.5 * base["anc_10e9_l"]
            b_improved += rose and not now["gcsf_7d"]
    lacks_a = min(2, abnormal) - improved
    lacks_b = min(1, b_abnormal) - b_improved
    if lacks_a <= 0 and lacks_b <= 0 and improved + b_improved and (load_improved or down):
        return "PR" if down else "PR-L"
    if unknown + b_unknown and lacks_a <= unknown and lacks_b <= b_unknown:
        return "NE"
    return "SD"


def known_before(rng):
    """Return a random assessment before the first dose with every value known."""
    row = random_row(rng, -5, may_miss=False)
    given = {"transfused_7d": False, "epo": False, "gcsf_7d": False}
    return row | given | {"new_organ": None, "transformation": None}


def share_of(row):
    return row["marrow_lymphocytes_pct"]


@pytest.mark.parametrize("criteria", ["iwCLL2018", "iwCLL2008"])
@pytest.mark.parametrize("on_ibrutinib", [True, False])
def test_the_categories_are_those_of_a_plain_reading_of_the_table(criteria, on_ibrutinib):
    rng = random.Random(f"{criteria}{on_ibrutinib}")
    seen = set()
    for _ in range(N_RANDOM // 2):
        base = known_before(rng)
        first, second = random_row(rng, 100), random_row(rng, 200)
        # The single-site rule has tests of its own; a marrow that is carried on has too.
        doses = [dose(1, None if on_ibrutinib else 20, 420.0, "ibrutinib")]
        given = {"criteria": criteria, "marrow_valid_days": 0}
        found = respond(first, second, before=base, exposure=doses, given=given)
        nadir = {
            "spd": base["spd_mm2"],
            "spleen": base["spleen_cm"],
            "liver": base["liver_enlarged"],
            "share": 100.0 if share_of(base) is None else share_of(base),
        }
        expected = [plain_category(base, nadir, first, criteria, on_ibrutinib)]
        for name, column in (("spd", "spd_mm2"), ("spleen", "spleen_cm")):
            if first[column] is not None:
                nadir[name] = min(nadir[name], first[column])
        nadir["liver"] = nadir["liver"] and first["liver_enlarged"] is not False
        if share_of(first) is not None:
            nadir["share"] = share_of(first)
        expected.append(plain_category(base, nadir, second, criteria, on_ibrutinib))

        assert categories(found) == expected, (base, first, second)
        seen |= set(expected)
    assert seen == set(RANK)


def random_course(rng, n=4):
    """Return random assessments and doses, of a patient who may flare."""
    days = sorted(rng.sample(range(20, 400), n))
    start = rng.randint(25, 60)
    doses = [dose(1, None, 420.0, "ibrutinib"), dose(start, 200), dose(201, None, 10.0)]
    rows = [random_row(rng, day) | {"tender_nodes": rng.random() < 0.2} for day in days]
    return rows, doses


def test_a_later_assessment_never_worsens_the_best_response():
    rng = random.Random(11)
    for _ in range(N_RANDOM // 5):
        rows, doses = random_course(rng)
        base = known_before(rng)
        shorter = respond(*rows[:-1], before=base, exposure=doses).computed
        longer = respond(*rows, before=base, exposure=doses).computed

        for kind in ("best_confirmed", "best_unconfirmed"):
            before, after = getattr(shorter, kind), getattr(longer, kind)
            # Of a patient with nothing yet, a progression is the first thing that is known.
            assert RANK[after] <= RANK[before] or (before, after) == ("NE", "PD"), (base, rows)


BETTER = {
    "spd_mm2": lambda value: value * 0.8,
    "longest_node_cm": lambda value: value * 0.8,
    "spleen_cm": lambda value: value - 1.0,
    "liver_enlarged": lambda value: False,
    "symptoms": lambda value: False,
    "alc_10e9_l": lambda value: value * 0.7,
    "plt_10e9_l": lambda value: value * 1.3,
    "hb_g_dl": lambda value: value + 1.0,
    "anc_10e9_l": lambda value: value * 1.3,
    "new_organ": lambda value: False,
    "transformation": lambda value: False,
    "transfused_7d": lambda value: False,
    "epo": lambda value: False,
    "gcsf_7d": lambda value: False,
}


@pytest.mark.parametrize("criteria", ["iwCLL2018", "iwCLL2008"])
@pytest.mark.parametrize("column", list(BETTER))
def test_a_better_assessment_never_worsens_category_or_best_response(column, criteria):
    """Better: the last assessment's tumour load lower, its blood values higher, a sign absent.

    Of an earlier assessment this would not hold: a lower nadir is what later growth is measured
    from.
    """
    rng = random.Random(f"{column}{criteria}")
    for _ in range(N_RANDOM // 30):
        rows, doses = random_course(rng, 3)
        base = known_before(rng)
        if rows[-1][column] is None:
            continue
        better = [*rows[:-1], rows[-1] | {column: BETTER[column](rows[-1][column])}]
        given = {"criteria": criteria}
        one = respond(*rows, before=base, exposure=doses, given=given).computed
        two = respond(*better, before=base, exposure=doses, given=given).computed

        for old, new in (
            (one.assessments[-1].category, two.assessments[-1].category),
            (one.best_confirmed, two.best_confirmed),
            (one.best_unconfirmed, two.best_unconfirmed),
        ):
            assert RANK[new] <= RANK[old] or "NE" in (old, new), (column, base, rows)


def shifted(row, shift):
    """Return a row with every day of it later."""
    known = {name: day for name, day in row.items() if name.endswith("_day") and day is not None}
    later = {name: day + shift for name, day in known.items()}
    return row | later


@pytest.mark.parametrize("shift", [-30, 7, 400])
def test_shifting_all_days_changes_nothing_but_the_days(shift):
    rng = random.Random(13)
    for _ in range(N_RANDOM // 30):
        rows, doses = random_course(rng)
        base = known_before(rng)
        flares = [{"onset_study_day": rows[0]["study_day"] - 2, "grade": 2}]
        labs = [{"study_day": row["study_day"] + 3, "plt_10e9_l": 88.0} for row in rows]
        found, moved = (
            respond(
                *(shifted(row, days) for row in rows),
                before=shifted(base, days),
                exposure=[shifted(row, days) for row in doses],
                flares=[shifted(row, days) for row in flares],
                laboratory=[shifted(row, days) for row in labs],
            ).computed
            for days in (0, shift)
        )

        assert [(one.study_day - shift, one.category) for one in moved.assessments] == [
            (one.study_day, one.category) for one in found.assessments
        ]
        assert (moved.best_confirmed, moved.best_unconfirmed) == (
            found.best_confirmed,
            found.best_unconfirmed,
        )
        for course in (found, moved):
            assert course.first_dose_day == (1 if course is found else 1 + shift)
        days = [course.days_from_first_dose(course.first_response_day) for course in (found, moved)]
        assert days[0] == days[1]


def test_the_order_of_rows_and_of_patients_changes_nothing():
    rng = random.Random(17)
    rows, sizes = [], []
    for number in range(20):
        name = {"patient": f"P{number}"}
        rows += [row | name for row in random_course(rng)[0]] + [BEFORE | name]
        sizes += [lesion(day, rng.randint(5, 60), **name) for day in (-5, 100)]
    first = responses_of(make_records(assessments=rows, lesions=sizes), settings())
    rng.shuffle(rows)
    rng.shuffle(sizes)
    again = responses_of(make_records(assessments=rows, lesions=sizes), settings())

    for name, one in first.items():
        assert one.computed == again[name].computed


def test_a_patient_s_course_depends_on_no_other_patient():
    rng = random.Random(19)
    rows = random_course(rng)[0]
    others = [row | {"patient": "P99"} for row in random_course(rng)[0]]
    alone = responses_of(make_records(assessments=[BEFORE, *rows]), settings())[PATIENT]
    among = responses_of(make_records(assessments=[BEFORE, *rows, *others]), settings())[PATIENT]

    assert alone == among
