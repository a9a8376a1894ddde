"""From paired counts to the measurement table of the assay ics."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import NOT_EVALUABLE
from correlates.flow.counts.fmo import mover
from correlates.flow.counts.superseded import one_per_key
from correlates.flow.ics.combinations import ANY, SUBSET
from correlates.flow.ics.judging import FISHER, IcsSettings, combined_functions
from correlates.flow.ics.polyfunctionality import functions_of, index_of, interval
from correlates.flow.ics.trees import Trees
from correlates.measurements import COLUMNS, conform

# Neither call knows how tubes of one draw differ for other reasons than chance of counting.
COUNTING_ONLY = "call_knows_counting_only"
CALL_COLUMNS = (
    *("acquisition", "unstim", "parent", "agent", "combination", "kind"),
    *("n", "n_parent", "n_u", "n_parent_u", "net", "ci_low", "ci_high", "fold", "p", "q"),
    *("posterior", "responds", "reasons"),
)
_KEYS = ("patient", "visit", "timepoint", "specimen", "sample", "day", "hours_post_dose")


def ics_measurements(
    rows: pd.DataFrame,
    tubes: pd.DataFrame,
    trees: Trees,
    settings: IcsSettings,
    panel_order: list[str],
) -> tuple[pd.DataFrame, list[dict]]:
    """Measure every combination, index and response of every stimulated tube.

    Parameters
    ----------
    rows
        Judged pairs, with posteriors.
    tubes
        Tubes by acquisition.
    trees
        What the gating of each tube says of the parents.
    settings
        Limits and the kind of call.
    panel_order
        Panels, the one first that goes before the others.

    Returns
    -------
    The measurement table, and what was left out of it for another panel's.
    """
    parts = list(_parts(rows, settings))
    if not parts:
        return conform(pd.DataFrame(columns=COLUMNS)), []
    table = pd.DataFrame(parts)
    of = tubes.reindex(table["acquisition"]).reset_index(drop=True)
    batch = of["batch"].fillna("") if "batch" in of else pd.Series("", of.index)
    unstim = dict(zip(rows["acquisition"], rows["unstim"], strict=True))
    joined = of["tube_flags"] + ";" + table["flags"]
    joined = joined + [
        f";{trees.flags(key, unstim[key], parent)}"
        for key, parent in zip(table["acquisition"], table["parent"], strict=True)
    ]
    table = table.assign(
        **{key: of.get(key) for key in _KEYS},
        phase="",
        run=batch.where(batch != "", table["acquisition"]),
        assay="ics",
        limit=np.nan,
        flags=[list(dict.fromkeys(filter(None, text.split(";")))) for text in joined],
    )
    kept, left_out = one_per_key(table, tubes, panel_order)
    return conform(kept.reset_index(drop=True)), left_out


def _parts(rows: pd.DataFrame, settings: IcsSettings) -> Iterator[dict]:
    combined = combined_functions(rows)
    for (acquisition, parent), block in rows.groupby(["acquisition", "parent"], sort=False):
        agent = block["agent"].iloc[0]
        of = {"acquisition": acquisition, "parent": parent}
        for row in block.to_dict("records"):
            yield of | _net(row, parent, agent)
        subsets = block[block["kind"] == SUBSET]
        if len(subsets):
            yield from (
                of | one
                for one in _indices(block, subsets, len(combined[acquisition, parent]), settings)
            )
            yield of | _response(block, subsets, settings)


def _net(row: Mapping, parent: str, agent: str) -> dict:
    return {
        "feature": f"{parent}__net_{agent}__{row['combination']}",
        "value": row["net"],
        "unit": "%",
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "n": row["n"],
        "status": NOT_EVALUABLE if row["reasons"] else "ok",
        "method": "stimulated_minus_unstimulated;newcombe",
        "flags": f"{row['reasons']};{row['notes']}",
    }


def _indices(
    block: pd.DataFrame, subsets: pd.DataFrame, k: int, settings: IcsSettings
) -> Iterator[dict]:
    """Yield the index of the stimulated tube, and the signed one above the unstimulated tube."""
    whole = block[block["kind"] == ANY].iloc[0]
    degrees = [functions_of(name) for name in subsets["combination"]]
    q = settings.polyfunctionality_q
    stim, error_s = index_of(subsets["n"], degrees, k, whole["n_parent"], q)
    unstim, error_u = index_of(subsets["n_u"], degrees, k, whole["n_parent_u"], q)
    common = {
        "unit": "1",
        "n": whole["n"],
        "status": NOT_EVALUABLE if whole["reasons"] else "ok",
        "method": f"polyfunctionality_index:q={q:g}",
        "flags": f"{whole['reasons']};{whole['notes']}",
    }
    parent, agent = whole["parent"], whole["agent"]
    of_stim = stim, *interval(stim, error_s, whole["n_parent"])
    of_unstim = unstim, *interval(unstim, error_u, whole["n_parent_u"])
    yield common | {
        "feature": f"{parent}__pi_{agent}",
        **dict(zip(("value", "ci_low", "ci_high"), of_stim, strict=True)),
    }
    low, high = mover(of_stim, of_unstim)
    yield common | {
        "feature": f"{parent}__net_pi_{agent}",
        **{"value": stim - unstim, "ci_low": low, "ci_high": high},
    }


def _response(block: pd.DataFrame, subsets: pd.DataFrame, settings: IcsSettings) -> dict:
    """Return whether a parent responds to an agent: any of its combinations, or the mixture."""
    whole = block[block["kind"] == ANY].iloc[0]
    reasons = whole["reasons"]
    if settings.call == FISHER:
        responds, method = bool(subsets["responds"].any()), "fisher_one_sided;bh"
    else:
        responds = bool(whole["posterior"] >= settings.min_posterior)
        method = "beta_binomial_mixture;em"
        if not reasons and np.isnan(whole["posterior"]):
            reasons = "too_few_draws_for_mixture"
    return {
        "feature": f"{whole['parent']}__response_{whole['agent']}",
        "value": np.nan if reasons else float(responds),
        "unit": "1",
        "ci_low": np.nan,
        "ci_high": np.nan,
        "n": whole["n"],
        "status": NOT_EVALUABLE if reasons else "ok",
        "method": method,
        "flags": f"{reasons};{whole['notes']}" + (f";{COUNTING_ONLY}" if responds else ""),
    }
