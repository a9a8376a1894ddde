"""What an intensity beside its FMO's becomes in the measurement table."""

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import NOT_EVALUABLE
from correlates.flow.counts.counting import ND, OK
from correlates.flow.counts.features import marker_names
from correlates.flow.counts.fmo import AT_ZERO, NOT_POSITIVE
from correlates.flow.counts.settings import FlowSettings
from correlates.flow.counts.tubes import DISPLAY_ONLY

_NEAR_ZERO = frozenset({AT_ZERO, NOT_POSITIVE})
_METHODS = {
    "mfir": "median_full/median_fmo",
    "dmfi": "median_full-median_fmo",
    "mesf": "mesf_full-mesf_fmo",
    "abc": "(mesf_full-mesf_fmo)/f_p",
}


def fmo_rows(
    counts: pd.DataFrame, compared: pd.DataFrame | None, settings: FlowSettings
) -> pd.DataFrame:
    """Return the rows of a population's marker against its FMO.

    They are ``<population>__mfir__<marker>`` and ``__dmfi__``, and where the batch has calibration
    beads for the channel ``__mesf__``, with F:P also ``__abc__``.

    Parameters
    ----------
    counts
        Populations of the measured tubes, with ``name``, ``flags`` and ``mfi_compositional``.
    compared
        What `correlates.flow.counts.fmo.fmo_intensities` gave, if anything.
    settings
        The fewest events that are detected, and quantified.

    Returns
    -------
    A ratio and a difference of each population and marker that has an FMO, not evaluable where
    either population is below ``lod_events``. The ratio is not either where the FMO's median may be
    zero: it would be any number, and its sign a matter of chance.
    Calibrated values are not evaluable where the curve was rejected, and say why.
    """
    if compared is None or compared.empty:
        return pd.DataFrame()
    gates = counts[["acquisition", "population", "name", "mfi_compositional", "flags"]]
    rows = compared.rename(columns={"flags": "fmo_flags"}).merge(
        gates, on=["acquisition", "population"]
    )
    if rows.empty:
        return pd.DataFrame()
    may_be_zero = rows["fmo_flags"].fillna("").str.split(";").map(_NEAR_ZERO.intersection).ne(set())
    parts = [_rows(rows, one, "1", settings) for one in ("mfir", "dmfi")]
    parts[0].loc[may_be_zero, "status"] = NOT_EVALUABLE
    if "calibration" in rows:
        calibrated = rows[rows["calibration"].fillna("") != ""]
        calibrated = calibrated.assign(
            fmo_flags=calibrated["fmo_flags"].fillna("") + ";" + calibrated["mesf_flags"].fillna("")
        )
        parts.append(_rows(calibrated, "mesf", "{MESF}", settings))
        parts.append(_rows(calibrated[calibrated["f_p"].notna()], "abc", "{antibodies}", settings))
    return pd.concat([part for part in parts if not part.empty], ignore_index=True)


def _rows(rows: pd.DataFrame, kind: str, unit: str, settings: FlowSettings) -> pd.DataFrame:
    few = rows["n"] < settings.lod_events
    limit = rows.get(f"{kind}_limit", pd.Series(np.nan, index=rows.index)).astype(float)
    below = ~few & limit.notna()
    some = ~few & (rows["n"] < settings.lloq_events)
    return pd.DataFrame(
        {
            "acquisition": rows["acquisition"],
            "feature": rows["name"] + f"__{kind}__" + marker_names(rows["marker"]),
            "value": rows[kind].where(~below, limit),
            "unit": unit,
            "ci_low": rows[f"{kind}_low"],
            "ci_high": rows[f"{kind}_high"],
            "n": rows["n"],
            "limit": limit.where(below),
            "status": np.select([below, few | rows[kind].isna()], [ND, NOT_EVALUABLE], default=OK),
            "method": _METHODS[kind],
            "flags": rows["flags"]
            + ";"
            + rows["fmo_flags"].fillna("")
            + np.select([few, some], [";too_few_events", ";few_events"], default="")
            + np.where(rows["mfi_compositional"], f";{DISPLAY_ONLY}", ""),
        }
    )
