"""What an intensity beside its FMO's becomes in the measurement table."""

import numpy as np
import pandas as pd

from correlates.flow.counts.absolute import NOT_EVALUABLE
from correlates.flow.counts.counting import OK
from correlates.flow.counts.features import marker_names
from correlates.flow.counts.tubes import FlowSettings

DISPLAY_ONLY = "display_only_compositional"
_METHODS = {"mfir": "median_full/median_fmo", "dmfi": "median_full-median_fmo"}


def fmo_rows(
    counts: pd.DataFrame, compared: pd.DataFrame | None, settings: FlowSettings
) -> pd.DataFrame:
    """Return the rows ``<population>__mfir__<marker>`` and ``<population>__dmfi__<marker>``.

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
    One row a population and marker that has an FMO: the ratio where the FMO's median is above
    zero, else the difference; not evaluable where either population is below ``lod_events``.
    """
    if compared is None or compared.empty:
        return pd.DataFrame()
    gates = counts[["acquisition", "population", "name", "mfi_compositional", "flags"]]
    rows = compared.rename(columns={"flags": "fmo_flags"}).merge(
        gates, on=["acquisition", "population"]
    )
    kind = np.where(rows["dmfi"].notna(), "dmfi", "mfir")
    value = rows["dmfi"].where(kind == "dmfi", rows["mfir"])
    few = (rows["n"] < settings.lod_events) | value.isna()
    some = ~few & (rows["n"] < settings.lloq_events)
    too_few = np.select(
        [rows["n"] < settings.lod_events, some], [";too_few_events", ";few_events"], default=""
    )
    return pd.DataFrame(
        {
            "acquisition": rows["acquisition"],
            "feature": rows["name"] + "__" + kind + "__" + marker_names(rows["marker"]),
            "value": value,
            "unit": "1",
            "ci_low": rows["dmfi_low"].where(kind == "dmfi", rows["mfir_low"]),
            "ci_high": rows["dmfi_high"].where(kind == "dmfi", rows["mfir_high"]),
            "n": rows["n"],
            "limit": np.nan,
            "status": np.where(few, NOT_EVALUABLE, OK),
            "method": pd.Series(kind, index=rows.index).map(_METHODS),
            "flags": rows["flags"]
            + ";"
            + rows["fmo_flags"].fillna("")
            + too_few
            + np.where(rows["mfi_compositional"], f";{DISPLAY_ONLY}", ""),
        }
    )
