"""The measurement table: what every assay emits and every analysis starts from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from correlates.tables import whole_file

KEY = ["patient", "visit", "timepoint", "specimen", "feature"]
TEXT, NUMBER, COUNT, LIST = pa.string(), pa.float64(), pa.int64(), pa.list_(pa.string())
SCHEMA = pa.schema(
    [
        *((name, TEXT) for name in ("patient", "visit", "timepoint", "specimen", "sample")),
        ("day", NUMBER),
        ("hours_post_dose", NUMBER),
        *((name, TEXT) for name in ("phase", "run", "assay", "feature")),
        ("value", NUMBER),
        ("unit", TEXT),
        ("ci_low", NUMBER),
        ("ci_high", NUMBER),
        ("n", COUNT),
        ("status", TEXT),
        ("limit", NUMBER),
        ("method", TEXT),
        ("flags", LIST),
    ]
)
COLUMNS = SCHEMA.names
# Fixed places: the codes of the AnnData layer, so a new status goes to the end.
STATUSES = ("ok", "lt_lloq", "gt_uloq", "nd", "not_evaluable", "missing")
CENSORED = frozenset({"lt_lloq", "gt_uloq", "nd"})
USABLE = CENSORED | {"ok"}
# Statistics of one marker on a population, as features name them.
INTENSITIES = ("mfi", "mfir", "dmfi", "mesf", "abc")
# Statistics that are differences about zero, so that a logarithm would depend on who is drawn.
_DIFFERENCES = ("dmfi", "adt")
_NET = "net_"
# What of an assay's input gave no measurement, or none that can be used.
LEFT_OUT = ["what", "patient", "visit", "item", "status", "reason"]
ASSAYS = (
    *("flow", "ics", "occupancy", "qpcr", "rnaseq", "scrna", "protein", "soluble", "pk"),
    *("variants", "genotype", "synapse", "hematology"),
)


def faults(table: pd.DataFrame) -> list[str]:
    """Say every way in which a table breaks the contract; an empty list is a sound table."""
    absent = [name for name in COLUMNS if name not in table]
    surplus = [str(name) for name in table if name not in COLUMNS]
    found = [f"columns missing: {', '.join(absent)}"] if absent else []
    found += [f"columns unknown: {', '.join(surplus)}"] if surplus else []
    if absent:
        return found
    for column, legal in (("status", STATUSES), ("assay", ASSAYS)):
        unknown = sorted(set(table[column].astype(str)) - set(legal))
        found += [f"{column} unknown: {', '.join(unknown)}"] if unknown else []
    value, status = table["value"].astype(float), table["status"]
    checks = {
        "an ok row has no finite value": (status == "ok") & ~np.isfinite(value),
        "a missing row has a value": (status == "missing") & value.notna(),
        "a censored row has no limit": status.isin(CENSORED) & table["limit"].isna(),
        "a key is blank": (table[KEY].fillna("") == "").any(axis=1),
    }
    for fault, wrong in checks.items():
        found += [f"{fault}: {_named(table[wrong])}"] if wrong.any() else []
    units = table.groupby("feature")["unit"].nunique()
    mixed = sorted(units.index[units > 1])
    found += [f"features in several units: {', '.join(mixed)}"] if mixed else []
    twice = repeated_keys(table)
    return [*found, twice] if twice else found


def is_difference(feature: str) -> bool:
    """Tell whether a feature is a signed difference, such as ``t_cd8__net_cmv__ifng``."""
    _, _, statistic = feature.partition("__")
    return statistic.startswith(_NET) or statistic.partition("__")[0] in _DIFFERENCES


def repeated_keys(table: pd.DataFrame) -> str:
    """Say which keys stand more than once; nothing if none does."""
    repeated = table.duplicated(KEY)
    return f"the key is not unique: {_named(table[repeated])}" if repeated.any() else ""


def _named(rows: pd.DataFrame, most: int = 5) -> str:
    """Name the first rows by their keys, and say how many there are."""
    names = ["/".join(map(str, key)) for key in rows[KEY].head(most).itertuples(index=False)]
    return f"{', '.join(names)}{' ...' if len(rows) > most else ''} ({len(rows)} rows)"


def conform(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in the contract's order and types; flags become lists of text."""
    types = {TEXT: object, NUMBER: float, COUNT: "Int64", LIST: object}
    table = table[COLUMNS].astype({field.name: types[field.type] for field in SCHEMA})
    texts = [field.name for field in SCHEMA if field.type == TEXT]
    flags = [[] if flags is None else list(flags) for flags in table["flags"]]
    return table.assign(
        **{name: table[name].where(table[name].notna(), "") for name in texts},
        flags=pd.Series(flags, index=table.index, dtype=object),
    )


def write_measurements(table: pd.DataFrame, path: str | Path) -> None:
    """Write a measurement table as Parquet, whole, with the contract's types and nothing else."""
    content = pa.Table.from_pandas(conform(table), schema=SCHEMA, preserve_index=False)
    # The pandas metadata would hold versions, and equal content shall be an equal file.
    with whole_file(path, "wb") as stream:
        pq.write_table(content.replace_schema_metadata(None), stream)


def read_measurements(path: str | Path) -> pd.DataFrame:
    """Read what `write_measurements` wrote, in the same types."""
    with Path(path).open("rb") as stream:
        return conform(pq.read_table(stream).to_pandas())


def status_codes(status: pd.Series) -> np.ndarray:
    """Return each status as its place in `STATUSES`."""
    return status.map({name: code for code, name in enumerate(STATUSES)}).to_numpy(dtype=float)
