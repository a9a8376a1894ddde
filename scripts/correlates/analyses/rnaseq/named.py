"""Whether the genes that were named beforehand changed, by the exact paired test."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from correlates.analyses.answers import answer
from correlates.analyses.multiplicity import benjamini_hochberg
from correlates.analyses.rnaseq.composition import adjusted_change
from correlates.analyses.rnaseq.pairs import Pair, ends_of, find_pairs
from correlates.analyses.rnaseq.sentences import change_caution, change_sentence, is_hidden
from correlates.analyses.rnaseq.settings import Contrast, RnaseqQuestions
from correlates.analyses.sign_flip import PairedShift, paired_shift
from correlates.clinical.dosing.dosing import Dosing

QUESTION = "Change of RNA between draws"
HIGHER, LOWER, NOT_SHOWN = "higher", "lower", "not shown"
CANNOT, NOT_EVALUABLE = "cannot be shown", "not evaluable"
PAIR_COLUMNS = (
    *("feature", "specimen", "contrast", "patient", "before", "after", "library_before"),
    *("library_after", "difference_low", "difference_high", "is_doubtful", "left_out_for"),
)
_FEWEST = 2


@dataclass(frozen=True)
class Asked:
    """One feature in one specimen and one contrast, with its pairs and what the test gives.

    ``left_out`` are pairs that are no comparison of phases in one patient, ``n_one_draw`` patients
    with one of the two draws only.
    """

    feature: str
    specimen: str
    contrast: Contrast
    pairs: list[Pair]
    shift: PairedShift | None
    without_doubtful: PairedShift | None
    left_out: tuple[Pair, ...] = ()
    n_one_draw: int = 0


def asked_features(measurements: pd.DataFrame, settings: RnaseqQuestions) -> list[str]:
    """Return the features of the named genes, and of the isoforms of CRBN, in their order."""
    present = dict.fromkeys(measurements["feature"])
    found = []
    for gene in map(str.lower, settings.genes.values()):
        starts = (f"{gene}__", f"{gene}_total__", f"{gene}_fl__")
        found += [one for one in present if one.startswith(starts)]
    return found


def ask(
    measurements: pd.DataFrame,
    settings: RnaseqQuestions,
    dosing: Mapping[str, Dosing],
    most_days: Mapping[str, float],
    swapped: frozenset[tuple[str, str, str]],
    is_pair: Callable[[Pair], bool] | None = None,
) -> list[Asked]:
    """Test every named feature in every contrast.

    Parameters
    ----------
    measurements
        The cohort's rows of the assay.
    settings
        Contrasts, genes, confidence.
    dosing, most_days, swapped
        As in `find_pairs`.
    is_pair
        Tells which pairs were measured in one way, and count; all if not given.
    """
    found = []
    for feature in asked_features(measurements, settings):
        rows = measurements[measurements["feature"] == feature]
        for specimen, together in rows.groupby("specimen", sort=True):
            for contrast in settings.contrasts:
                every, n_one = find_pairs(together, contrast, dosing, most_days, swapped)
                every = [_of_two_ways(one, is_pair) for one in every]
                pairs = [one for one in every if not one.left_out_for]
                sound = [one for one in pairs if not one.is_doubtful]
                found.append(
                    Asked(
                        feature,
                        str(specimen),
                        contrast,
                        pairs,
                        _shift(pairs, settings),
                        _shift(sound, settings) if len(sound) < len(pairs) else None,
                        tuple(one for one in every if one.left_out_for),
                        n_one,
                    )
                )
    return found


def _of_two_ways(pair: Pair, is_pair: Callable[[Pair], bool] | None) -> Pair:
    """Return a pair, left out if both draws were measured and not in one way."""
    if pair.left_out_for or is_pair is None or is_pair(pair):
        return pair
    return replace(pair, left_out_for="methods")


def _shift(pairs: Sequence[Pair], settings: RnaseqQuestions) -> PairedShift | None:
    if len(pairs) < _FEWEST:
        return None
    return paired_shift(*ends_of(list(pairs)), confidence=settings.confidence)


def named_answers(
    asked: Sequence[Asked],
    settings: RnaseqQuestions,
    cll_pct: Mapping[str, float],
    design_note: str,
    assay: str = "rnaseq",
) -> list[dict]:
    """Return one answer a feature, specimen and contrast.

    Parameters
    ----------
    asked
        What was tested.
    settings
        Confidence and false discovery rate.
    cll_pct
        Share of CLL cells by library, in percent, where it is known.
    design_note
        What the design keeps from being told apart.
    assay
        What measured it.

    Returns
    -------
    Answers whose p is corrected over the features of their contrast (Benjamini and Hochberg).
    """
    q_values: dict[int, float] = {}
    for contrast in settings.contrasts:
        places = [n for n, one in enumerate(asked) if one.contrast == contrast]
        p = [np.nan if asked[n].shift is None else asked[n].shift.p for n in places]
        q_values |= dict(zip(places, benjamini_hochberg(p), strict=True)) if places else {}
    sizes = {one.contrast: sum(other.contrast == one.contrast for other in asked) for one in asked}
    answers = []
    for n, one in enumerate(asked):
        adjusted = adjusted_change(one, cll_pct, settings)
        verdict = _verdict(one, q_values[n], settings)
        shift = one.shift
        is_estimate = shift is not None and shift.mean_low == shift.mean_high
        answers.append(
            answer(
                *(assay, QUESTION, one.feature, one.contrast.name),
                n=len(one.pairs),
                n_censored=sum(pair.is_censored for pair in one.pairs),
                estimate=shift.mean_low if is_estimate else None,
                unit="1" if "__psi10" in one.feature else "log2",
                ci_low=shift.low if shift else None,
                ci_high=shift.high if shift else None,
                confidence=settings.confidence,
                p=shift.p if shift else None,
                verdict=verdict,
                sentence=change_sentence(one, verdict, q_values[n], sizes[one.contrast]),
                caution=change_caution(one, adjusted, design_note),
            )
        )
    return answers


def _verdict(one: Asked, q: float, settings: RnaseqQuestions) -> str:
    shift = one.shift
    if shift is None or is_hidden(shift):
        return NOT_EVALUABLE
    if shift.smallest_p > settings.fdr:
        return CANNOT
    if q <= settings.fdr and shift.low > 0:
        return HIGHER
    return LOWER if q <= settings.fdr and shift.high < 0 else NOT_SHOWN


def pair_rows(asked: Iterable[Asked]) -> list[dict]:
    """Return every pair behind the answers."""
    return [
        {
            **{"feature": one.feature, "specimen": one.specimen, "contrast": one.contrast.name},
            **{"patient": pair.patient, "before": f"{pair.before.visit} {pair.before.timepoint}"},
            "after": f"{pair.after.visit} {pair.after.timepoint}",
            **{"library_before": pair.before.sample, "library_after": pair.after.sample},
            **{"difference_low": round(pair.low, 6), "difference_high": round(pair.high, 6)},
            "is_doubtful": "yes" if pair.is_doubtful else "no",
            "left_out_for": pair.left_out_for,
        }
        for one in asked
        for pair in (*one.pairs, *one.left_out)
    ]
