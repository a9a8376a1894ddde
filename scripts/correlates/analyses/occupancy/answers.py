"""Every answer about occupancy: each target and cell, each comparison, medians and sensitivity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from correlates.analyses.cells import MIXED_CELLS
from correlates.analyses.occupancy import sentences as say
from correlates.analyses.occupancy.cohort_wide import (
    judged_troughs,
    median_answers,
    model_answer,
)
from correlates.analyses.occupancy.differences import difference_answer, ratio_answer
from correlates.analyses.occupancy.pairs import Pair, counted_causes, find_pairs, pair_row
from correlates.analyses.occupancy.reference import IMPLAUSIBLE
from correlates.analyses.occupancy.series import Series, series_of
from correlates.analyses.occupancy.settings import (
    PRIMARY,
    PRIMARY_SERIES,
    TROUGH,
    Comparison,
    OccupancySettings,
)
from correlates.clinical.dosing.dosing import Dosing

# the sensitivity of the primary comparison
ALL_PAIRS = "Occupancy at trough, with every pair"


@dataclass(frozen=True)
class Drawn:
    """One comparison as the figure shows it; ``difference`` is its answer."""

    series: Series
    comparison: Comparison
    pairs: tuple[Pair, ...]
    difference: dict


@dataclass
class Found:
    """What is written: answers, the pairs behind them, and every trough held against the model."""

    answers: list[dict] = field(default_factory=list)
    pairs: list[dict] = field(default_factory=list)
    troughs: list[dict] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)


def answer_occupancy(
    measurements: pd.DataFrame,
    dosing: Mapping[str, Dosing],
    settings: OccupancySettings,
    design_note: str = "",
) -> Found:
    """Compare occupancy under both drugs with that under ibrutinib alone.

    Parameters
    ----------
    measurements
        The cohort's table.
    dosing
        What each patient took.
    settings
        Draws, windows, margins.
    design_note
        What the design of the trial keeps apart; it stands with every comparison of phases.

    Returns
    -------
    `Found`, one answer a target, cell, specimen and comparison, never several of them together; the
    primary one is the first.
    """
    found = Found()
    every = series_of(measurements, settings)
    pairs_of = [
        [find_pairs(one.rows, asked, dosing, settings) for asked in settings.comparisons]
        for one in every
    ]
    made_in_all = sum(any(pair.is_used for pair in own) for of in pairs_of for own in of)
    for series, compared in zip(every, pairs_of, strict=True):
        troughs = judged_troughs(series, dosing, settings)
        found.troughs += troughs
        low = [row for row in troughs if row["verdict"] == IMPLAUSIBLE]
        for comparison, pairs in zip(settings.comparisons, compared, strict=True):
            is_secondary = comparison.question != PRIMARY
            if is_secondary and all(one.combination is None for one in pairs):
                continue
            asked = {
                **{"feature": series.feature, "specimen": series.specimen},
                **{"question": comparison.question, "contrast": comparison.name},
            }
            found.pairs += [pair_row(pair, asked) for pair in pairs]
            made = _compared(series, comparison, pairs, settings)
            for one in made:
                is_used = "has_values" if one["question"] == ALL_PAIRS else "is_used"
                caution = _caution(pairs, is_used, low, comparison, series, design_note)
                first = [say.standing_sentence(_is_primary(one, series), made_in_all)]
                first += [say.SYMMETRY] if one["unit"] == "points" else []
                found.answers.append(one | {"caution": " ".join([*first, caution]).strip()})
            found.drawn.append(Drawn(series, comparison, tuple(pairs), made[0]))
        note = f"{say.standing_sentence(False, made_in_all)} {design_note.strip()}".strip()
        found.answers.append(model_answer(series, dosing, settings) | {"caution": note})
        found.answers += median_answers(series, dosing, settings)
    return found


def _is_primary(one: Mapping, series: Series) -> bool:
    """Tell the one answer that was asked for beforehand; two specimens make two, and so none."""
    is_asked = (series.target, series.cell) == PRIMARY_SERIES and not series.named
    return is_asked and one["question"] == PRIMARY


def _compared(
    series: Series, comparison: Comparison, pairs: Sequence[Pair], settings: OccupancySettings
) -> list[dict]:
    """Return the difference, the ratio of free fractions and, for the primary, all pairs."""
    used = [pair for pair in pairs if pair.is_used]
    made = [
        difference_answer(series, comparison, used, settings),
        ratio_answer(series, comparison, used, settings),
    ]
    every = [pair for pair in pairs if pair.has_values]
    if comparison.question == PRIMARY and len(every) > len(used):
        said = "Sensitivity, with the pairs that timing, doses or normalisation leave out: "
        one = difference_answer(series, comparison, every, settings)
        made.append(one | {"question": ALL_PAIRS, "sentence": said + one["sentence"]})
    return made


def _caution(
    pairs: Sequence[Pair],
    is_used: str,
    low: Sequence[Mapping],
    comparison: Comparison,
    series: Series,
    note: str,
) -> str:
    used = [one for one in pairs if getattr(one, is_used)]
    others = [one for one in pairs if not getattr(one, is_used)]
    draws = {(one.patient, one.visit) for pair in used for one in (pair.alone, pair.combination)}
    odd = sorted({row["patient"] for row in low if (row["patient"], row["visit"]) in draws})
    parts = [say.left_out_sentence(counted_causes(others)), say.hours_sentence(used)]
    if odd and comparison.window == TROUGH:
        parts.append(
            f"Implausibly low at trough for what new protein alone could free: {', '.join(odd)}; "
            "ask for a missed dose, an exchanged sample, a failed stain."
        )
    if series.cell in MIXED_CELLS:
        parts.append("Not of purified cells: a change of their composition is a change of this.")
    return " ".join(part for part in [*parts, note.strip()] if part)
