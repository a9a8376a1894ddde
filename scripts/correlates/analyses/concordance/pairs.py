"""Messenger and protein of one draw and kind of cell, side by side on the log2 scale."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from correlates.analyses.proteins import METHOD_OF
from correlates.measurements import CENSORED, USABLE

# A messenger's analyte may be one of several of its gene, such as full-length CRBN.
_MESSENGER = re.compile(r"([a-z0-9]+)(_[a-z0-9]+)?__log2_(?:cnrq|cpm|pb_cpm)__([a-z0-9_]+)")
_PROTEIN = re.compile(r"([a-z0-9]+)__(mesf|net|log2_ratio)__([a-z0-9_]+)")
_ASSAYS = ("qpcr", "rnaseq", "scrna")
DRAW = ["patient", "visit", "timepoint"]
SERIES = ["gene", "cell", "analyte", "assay", "method"]
PAIR_COLUMNS = (
    *SERIES,
    *DRAW,
    *("specimen_mrna", "specimen_protein", "day", "phase", "run", "statistic"),
    *("log2_mrna", "log2_protein", "side_mrna", "side_protein"),
)


def expression_pairs(measured: pd.DataFrame, genes: Sequence[str]) -> pd.DataFrame:
    """Pair the messengers and proteins of each draw.

    Parameters
    ----------
    measured
        The cohort's measurement table.
    genes
        Genes that are looked at, as features name them.

    Returns
    -------
    `PAIR_COLUMNS`, a row a draw, kind of cell, messenger (assay and analyte) and protein (method).
    ``side_`` is -1 where a value lies below its limit, which then stands for it. Net signals are
    taken as log2, so one that is not above zero and not censored either is left out. Where flow is
    calibrated, MESF takes the place of net signals. Specimens may differ: RNA is kept otherwise
    than cells are stained.
    """
    messengers = _messengers(measured, genes)
    proteins = _proteins(measured, genes)
    if messengers.empty or proteins.empty:
        return pd.DataFrame(columns=list(PAIR_COLUMNS))
    pairs = messengers.merge(proteins, on=[*DRAW, "gene", "cell"], suffixes=("_mrna", "_protein"))
    # Of a messenger measured in several specimens of a draw that of the protein counts: a patient
    # who stood there twice would weigh double.
    nearest = (pairs["specimen_mrna"] != pairs["specimen_protein"]).sort_values(kind="stable")
    pairs = pairs.loc[nearest.index].drop_duplicates([*SERIES, *DRAW])
    order = [*SERIES, "patient", "day", "visit", "timepoint"]
    return pairs.sort_values(order, kind="stable")[list(PAIR_COLUMNS)].reset_index(drop=True)


def _messengers(measured: pd.DataFrame, genes: Sequence[str]) -> pd.DataFrame:
    rows = []
    for row in _usable(measured[measured["assay"].isin(_ASSAYS)]):
        named = _MESSENGER.fullmatch(row["feature"])
        if named and named[1] in genes:
            rows.append(
                _key(row)
                | {
                    **{"gene": named[1], "cell": named[3], "analyte": named[1] + (named[2] or "")},
                    **{"assay": row["assay"], "log2_mrna": _value(row), "side_mrna": _side(row)},
                }
            )
    return pd.DataFrame(rows)


def _proteins(measured: pd.DataFrame, genes: Sequence[str]) -> pd.DataFrame:
    rows = []
    for row in _usable(measured[measured["assay"] == "protein"]):
        named = _PROTEIN.fullmatch(row["feature"])
        if not named or named[1] not in genes:
            continue
        value = _value(row)
        if named[2] != "log2_ratio":
            value = np.log2(value) if value > 0 else np.nan
        rows.append(
            _key(row)
            | {
                **{"gene": named[1], "cell": named[3], "method": METHOD_OF[named[2]]},
                **{"statistic": named[2], "run": row["run"], "day": row["day"]},
                **{"phase": row["phase"], "log2_protein": value, "side_protein": _side(row)},
            }
        )
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    table = table[np.isfinite(table["log2_protein"])]
    kept = [_one_statistic(rows) for _, rows in table.groupby(["gene", "cell", "method"])]
    return pd.concat(kept).drop_duplicates([*DRAW, "gene", "cell", "method"])


def _one_statistic(rows: pd.DataFrame) -> pd.DataFrame:
    """Return calibrated values where every draw has one, else net signals: never both."""
    calibrated = rows[rows["statistic"] == "mesf"]
    others = rows[rows["statistic"] != "mesf"]
    if len(calibrated) and len(calibrated) >= len(others):
        return calibrated
    return others


def _usable(rows: pd.DataFrame) -> list[dict]:
    rows = rows[rows["status"].isin(USABLE) & rows["value"].notna()]
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def _key(row: Mapping) -> dict:
    return {name: row[name] for name in (*DRAW, "specimen")}


def _value(row: Mapping) -> float:
    """Return the value, or where only a limit is known, that."""
    return float(row["limit"] if row["status"] in CENSORED else row["value"])


def _side(row: Mapping) -> int:
    if row["status"] not in CENSORED:
        return 0
    return 1 if row["status"] == "gt_uloq" else -1


def b1_draws(features: pd.DataFrame) -> dict[str, set[tuple[str, str]]]:
    """Return the draws that stand for B1 of any feature, by patient."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in features[features["baseline"] == "B1"].to_dict("records"):
        found.setdefault(row["patient"], set()).add((row["visit"], row["timepoint"]))
    return found
