"""All parameters of an assessment, judged by one version of the criteria."""

from collections.abc import Mapping

from correlates.clinical.response.blood import judge_line, judge_lymphocytes, judge_marrow
from correlates.clinical.response.judged import ResponseSettings
from correlates.clinical.response.organs import judge_liver, judge_spleen
from correlates.clinical.response.readings import Finding, History
from correlates.clinical.response.tumour import (
    judge_new_lesion,
    judge_new_organ,
    judge_nodes,
    judge_nontarget,
    judge_single_site,
    judge_symptoms,
    judge_transformation,
)
from correlates.clinical.response.verdicts import Verdict

IWCLL_2008 = "iwCLL2008"


def judge_parameters(
    now: Finding, history: History, settings: ResponseSettings
) -> dict[str, Verdict]:
    """Judge every parameter of an assessment.

    Parameters
    ----------
    now
        What was found.
    history
        What was known before.
    settings
        ``criteria``, ``limits`` and ``blood_reference``.

    Returns
    -------
    Verdicts by parameter. Neutrophils are among them in the criteria of 2008 alone.
    """
    limits: Mapping = settings["limits"]
    is_2008 = settings["criteria"] == IWCLL_2008
    from_best = settings["blood_reference"] == "best"
    lines = ["platelets", "hemoglobin", *(["neutrophils"] if is_2008 else [])]
    found = [
        judge_nodes(now, history, limits),
        judge_spleen(now, history, limits, palpated=is_2008),
        judge_liver(now, history, limits),
        judge_symptoms(now, history, limits),
        judge_lymphocytes(now, history, limits, from_best=from_best),
        *(judge_line(line, now, history, limits, from_best=from_best) for line in lines),
        judge_marrow(now, history, limits, by_lymphocytes=is_2008),
        judge_single_site(now, history, limits),
        judge_new_lesion(now, history, limits),
        judge_nontarget(now, history, limits),
        judge_new_organ(now, history, limits),
        judge_transformation(now, history, limits),
    ]
    return {verdict.parameter: verdict for verdict in found}
