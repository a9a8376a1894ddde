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
        ``contrasts`` and ``fdr``.
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
    block: Mapping,
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
    block
        ``cells`` that are asked, where they were measured, and genes ``without`` which they are.
    settings
        From `transcript_questions`.
    dosing, most_days
        As in `correlates.analyses.rnaseq.pairs.find_pairs`.

    Returns
    -------
    Of contrasts that some patient has both draws of; where nobody has there is no question.

    Notes
    -----
    Draws that were measured in two ways (another chemistry, other reference genes) make no pair:
    their difference is that of the ways. Values of one way only are compared with each other.
    """
    rows = measured[measured["assay"] == assay]
    named = [one for one in asked_features(rows, settings) if _is_asked(one, assay, block)]
    rows = rows[rows["feature"].isin(named)]
    asked = ask(rows, settings, dosing, most_days, frozenset(), _is_of_one_method)
    drawn = {(one.specimen, one.contrast) for one in asked if one.pairs}
    return [one for one in asked if (one.specimen, one.contrast) in drawn]


def _is_asked(feature: str, assay: str, block: Mapping) -> bool:
    gene, statistic, of = (*feature.split("__"), "", "")[:3]
    without = {tuple(one.lower().split()) for one in block["without"]}
    is_named = statistic == STATISTICS[assay] and of in (*block["cells"], *_FLUIDS)
    return is_named and (gene, of) not in without


def _is_of_one_method(pair: Pair) -> bool:
    return pair.before.method == pair.after.method
