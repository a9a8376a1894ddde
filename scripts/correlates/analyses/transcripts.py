"""What changes in messengers by RT-qPCR and single cells between the phases, patient by patient."""

from collections.abc import Mapping, Sequence

import pandas as pd

from correlates.analyses.rnaseq.named import Asked, ask, asked_features
from correlates.analyses.rnaseq.pairs import Pair
from correlates.analyses.rnaseq.settings import Contrast, RnaseqQuestions
from correlates.clinical.dosing.dosing import Dosing

# The statistic of each assay that is the logarithm of a quantity, so that a difference is a ratio.
STATISTICS = {"qpcr": "log2_cnrq", "scrna": "log2_pb_cpm"}
# Asked besides the genes of the config's block rnaseq; plasma and serum are no cells to choose.
_MICRORNA, _FLUIDS = "mir155", ("plasma", "serum")


def transcript_questions(
    block: Mapping, genes: Sequence[str], confidence: float
) -> RnaseqQuestions:
    """Return the questions of the config's block ``analyses: transcripts``.

    Parameters
    ----------
    block
        ``contrasts``, ``fdr`` and ``cells``.
    genes
        As in the block ``rnaseq``; isoforms (``CRBN_FL``) are asked with their gene.
    confidence
        Of all analyses.
    """
    symbols = [one.split()[0] for one in genes]
    return RnaseqQuestions(
        contrasts=tuple(Contrast(*one) for one in block["contrasts"]),
        genes={name: name for name in (*symbols, _MICRORNA)},
        confidence=confidence,
        fdr=block["fdr"],
    )


def ask_transcripts(
    measured: pd.DataFrame,
    assay: str,
    cells: Sequence[str],
    settings: RnaseqQuestions,
    dosing: Mapping[str, Dosing],
    most_days: Mapping[str, float],
) -> list[Asked]:
    """Test each gene in each kind of cells and contrast.

    Parameters
    ----------
    measured
        The cohort's measurements.
    assay
        ``qpcr`` or ``scrna``.
    cells
        Kinds of cells that are asked, where they were measured.
    settings
        From `transcript_questions`.
    dosing, most_days
        As in `correlates.analyses.rnaseq.pairs.find_pairs`.

    Returns
    -------
    Of features that some patient was drawn for twice; where nobody was there is no question.

    Notes
    -----
    Draws that were measured in two ways (another chemistry, other reference genes) make no pair:
    their difference is that of the ways. Values of one way only are compared with each other.
    """
    rows = measured[measured["assay"] == assay]
    asked = [one for one in asked_features(rows, settings) if _is_asked(one, assay, cells)]
    draws = rows.drop_duplicates(["feature", "specimen", "patient", "visit", "timepoint"])
    n_draws = draws.groupby(["feature", "patient"]).size()
    twice = set(n_draws[n_draws > 1].index.get_level_values("feature"))
    rows = rows[rows["feature"].isin(twice.intersection(asked))]
    return ask(rows, settings, dosing, most_days, frozenset(), _is_of_one_method)


def _is_asked(feature: str, assay: str, cells: Sequence[str]) -> bool:
    _, _, rest = feature.partition("__")
    return rest in {f"{STATISTICS[assay]}__{one}" for one in (*cells, *_FLUIDS)}


def _is_of_one_method(pair: Pair) -> bool:
    return pair.before.method == pair.after.method
