"""A swap alarm: each draw against its patient's other draws, and against everybody else's.

Lineage shares of T and NK cells and the phenotype of the clone are a person's own for years, while
drugs move them alike in everybody. Nothing is moved or left out for an alarm; a person decides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.check_rows import NOTE, WARNING, row
from correlates.cohort.integrity.lineage.alarm import Alarm, find_alarms, find_odd
from correlates.cohort.integrity.lineage.distances import (
    Distances,
    choose_features,
    distances_of,
)
from correlates.cohort.integrity.lineage.features import DRAW, Fingerprints, fingerprints_of

RULE = "swap_alarm"
SOURCE = "results/cohort/fingerprints.tsv"
SCORE_COLUMNS = [
    *DRAW,
    *("judged", "n_features", "other_draws", "own_distance", "nearest_other", "other_distance"),
    *("gain", "gain_by_chance", "verdict", "exchanged_with"),
]
EXCHANGED, LIKE_ANOTHER, ODD, OWN, NOT_JUDGED = (
    *("exchanged", "like_another", "unlike_its_own", "own", "not_judged"),
)
# A p of a hundredth of the level can be seen, in a few seconds.
REPLICATES = 1999
_SEED = 1
_FEWEST_FEATURES = 3
_FEWEST_REPEATED_DRAWS = 12
_LOOK = (
    "Look at results/cohort/fingerprints.svg and at the labels and worklists of these tubes; "
    "nothing was moved or left out."
)


@dataclass(frozen=True)
class Judged:
    """What came of the draws of one specimen.

    Parameters
    ----------
    specimen
        Which.
    findings
        Rows of ``integrity.tsv``.
    scores
        One row a draw, with ``SCORE_COLUMNS``.
    distances, alarms
        What was measured and what was found; None and empty where nothing could be judged.
    """

    specimen: str
    findings: list[dict]
    scores: pd.DataFrame
    distances: Distances | None = None
    alarms: Sequence[Alarm] = ()


def fingerprint_findings(
    measurements: pd.DataFrame,
    patients: Iterable[Mapping],
    settings: Mapping,
    replicates: int = REPLICATES,
) -> tuple[list[dict], pd.DataFrame]:
    """Judge every draw by its lineage fingerprint.

    Parameters
    ----------
    measurements
        Measurement table of the cohort.
    patients
        Rows of the patients sheet; a draw of anybody else is left out.
    settings
        ``swap_alarm_level``, ``swap_min_patients``, ``swap_min_stability``,
        ``swap_max_features``, ``swap_intensities_of``.
    replicates
        Cohorts drawn to learn what chance does.

    Returns
    -------
    Rows of ``integrity.tsv``: a warning for two draws that fit each other's patient and for a draw
    that fits another patient, a note for a draw that is unlike its patient's others and for what
    could not be judged. And one row a draw with ``SCORE_COLUMNS``: distances are root mean squares
    over the features, in standard deviations of what differs from draw to draw within a patient.
    """
    return join_judged(judge_specimens(measurements, patients, settings, replicates))


def judge_specimens(
    measurements: pd.DataFrame,
    patients: Iterable[Mapping],
    settings: Mapping,
    replicates: int = REPLICATES,
) -> list[Judged]:
    """Judge the draws of each specimen by themselves; parameters of `fingerprint_findings`."""
    specimens = _select(measurements, patients, settings)
    return [_of_specimen(prints, settings, replicates) for prints in specimens]


def join_judged(judged: Iterable[Judged]) -> tuple[list[dict], pd.DataFrame]:
    """Return the findings and the scores of all specimens, as `fingerprint_findings` does."""
    judged = list(judged)
    if not judged:
        said = "not judged, because flow cytometry measured no share of a lineage with a value"
        resolve = (
            "Nothing, if the study has no flow cytometry; else results/cohort/exclusions.tsv says "
            "why there is no value."
        )
        finding = row(RULE, NOTE, said, resolve)
        return [finding], pd.DataFrame(columns=SCORE_COLUMNS)
    findings = [finding for one in judged for finding in one.findings]
    scores = pd.concat([one.scores for one in judged], ignore_index=True)
    return findings, scores[SCORE_COLUMNS]


def _select(
    measurements: pd.DataFrame, patients: Iterable[Mapping], settings: Mapping
) -> list[Fingerprints]:
    """Return the fingerprints of each specimen, of the patients of the study."""
    known = {one["patient"] for one in patients}
    rows = measurements[measurements["patient"].isin(known)]
    return fingerprints_of(rows, settings["swap_intensities_of"])


def _measure(prints: Fingerprints, settings: Mapping) -> Distances | str:
    """Return the distances of all draws of a specimen, or why they cannot be judged."""
    repeated = prints.draws.groupby("patient")["visit"].transform("size") > 1
    n_patients = prints.draws.loc[repeated, "patient"].nunique()
    wanted = settings["swap_min_patients"]
    if n_patients < wanted:
        return f"{n_patients} patients have more than one draw, and {wanted} are needed"
    if repeated.sum() < _FEWEST_REPEATED_DRAWS:
        return (
            f"patients with more than one draw have {repeated.sum()} draws together, and "
            f"{_FEWEST_REPEATED_DRAWS} are needed"
        )
    limits = settings["swap_min_stability"], settings["swap_max_features"]
    prints, _ = choose_features(prints, *limits)
    found = len(prints.names)
    if found < _FEWEST_FEATURES:
        return (
            f"{found} lineage shares differ more between patients than from draw to draw, and "
            f"{_FEWEST_FEATURES} are needed"
        )
    return distances_of(prints)


def _of_specimen(prints: Fingerprints, settings: Mapping, replicates: int) -> Judged:
    specimen = prints.draws["specimen"].iat[0]
    distances = _measure(prints, settings)
    if isinstance(distances, str):
        said = f"not judged in specimen {specimen}, because {distances}"
        remedy = "Nothing: it is judged once there are enough draws."
        found = [row(RULE, NOTE, said, remedy, source=SOURCE)]
        return Judged(specimen, found, _unjudged(prints))
    judged = _others(prints) > 0
    level = settings["swap_alarm_level"]
    alarms, chance = find_alarms(distances, judged, level, replicates, _SEED)
    is_odd = find_odd(distances, judged, level)
    scores = _scores(distances, judged, alarms, is_odd, chance)
    found = _findings(scores, alarms, prints, specimen)
    return Judged(specimen, found, scores, distances, alarms)


def _others(prints: Fingerprints) -> np.ndarray:
    sizes = prints.draws.groupby("patient")["visit"].transform("size")
    return sizes.to_numpy() - 1


def _unjudged(prints: Fingerprints) -> pd.DataFrame:
    scores = pd.DataFrame(prints.draws[DRAW]).assign(judged=False, verdict=NOT_JUDGED)
    scores["n_features"] = np.isfinite(prints.values).sum(axis=1)
    return scores.assign(other_draws=_others(prints)).reindex(columns=SCORE_COLUMNS)


def _scores(
    distances: Distances,
    judged: np.ndarray,
    alarms: Iterable[Alarm],
    is_odd: np.ndarray,
    chance: float,
) -> pd.DataFrame:
    """Return one row a draw; of an alarm the nearest other is the patient that it fits."""
    prints, patients = distances.prints, np.array(distances.prints.patients)
    gains = distances.better_as
    nearest = np.nanargmax(gains, axis=1)
    verdict = np.where(is_odd, ODD, np.where(judged, OWN, NOT_JUDGED)).astype(object)
    partner = np.full(len(judged), "", dtype=object)
    names = prints.draws["patient"] + " " + _occasions(prints.draws)
    for alarm in alarms:
        places = list(alarm.draws)
        nearest[places] = alarm.patients
        verdict[places] = EXCHANGED if len(places) == 2 else LIKE_ANOTHER
        if len(places) == 2:
            partner[places] = names.iloc[places[::-1]]
    at = np.arange(len(judged))
    count = np.maximum(distances.has.sum(axis=1), 1)
    columns = {
        "judged": judged,
        "n_features": distances.has.sum(axis=1),
        "other_draws": _others(prints),
        "own_distance": np.sqrt(distances.own / count).round(3),
        "nearest_other": patients[nearest],
        "other_distance": np.sqrt(distances.to_patient[at, nearest] / count).round(3),
        "gain": gains[at, nearest].round(2),
        "gain_by_chance": round(chance, 2) if np.isfinite(chance) else np.nan,
        "verdict": verdict,
        "exchanged_with": partner,
    }
    measured = ["own_distance", "nearest_other", "other_distance", "gain", "gain_by_chance"]
    scores = prints.draws[DRAW].assign(**columns).astype(dict.fromkeys(measured, object))
    scores.loc[~judged, measured] = None
    return scores


def _occasions(draws: pd.DataFrame) -> pd.Series:
    is_usual = draws["timepoint"].isin(("", "pre"))
    return draws["visit"].where(is_usual, draws["visit"] + " " + draws["timepoint"])


def _findings(
    scores: pd.DataFrame, alarms: Iterable[Alarm], prints: Fingerprints, specimen: str
) -> list[dict]:
    found = [one for alarm in alarms for one in _alarm_rows(alarm, scores, prints)]
    for one in scores[scores["verdict"] == ODD].to_dict("records"):
        said = (
            f"the draw at {one['visit']} does not look like the others of the patient (distance "
            f"{one['own_distance']:.1f} SD over {one['n_features']} lineage features), nor like "
            "any other patient's"
        )
        remedy = "Look at the staining and the gates of this draw, and at whose tube it was."
        found.append(row(RULE, NOTE, said, remedy, one["patient"], one["visit"], SOURCE))
    single = scores[~scores["judged"].astype(bool)]
    if len(single):
        said = (
            f"not judged, because the patient has one draw only (specimen {specimen}): "
            f"{', '.join(single['patient'] + ' ' + single['visit'])}"
        )
        found.append(row(RULE, NOTE, said, "Nothing: there is nothing to compare.", source=SOURCE))
    return found


def _alarm_rows(alarm: Alarm, scores: pd.DataFrame, prints: Fingerprints) -> Iterator[dict]:
    """Yield one row a draw, so that a swap is found with either patient."""
    names = [f"{one.patient} {one.visit}" for one in scores.iloc[list(alarm.draws)].itertuples()]
    chance = f"in a cohort without a swap, the chance of as much is at most {alarm.p:.2g}"
    for number, (place, fits) in enumerate(zip(alarm.draws, alarm.patients, strict=True)):
        one = scores.iloc[place]
        said = f"{names[number]} looks like {prints.patients[fits]} and not like its own patient"
        if len(names) == 2:
            said = f"probable swap of {names[number]} and {names[1 - number]}: {said}"
        said += (
            f" ({one['other_distance']:.1f} and {one['own_distance']:.1f} SD away, over "
            f"{one['n_features']} lineage features); {chance}"
        )
        yield row(RULE, WARNING, said, _LOOK, one["patient"], one["visit"], SOURCE)
