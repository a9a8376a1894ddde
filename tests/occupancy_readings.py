"""Readings, rows of sheets and settings of occupancy, as the tests of the assay need them."""

import yaml

from correlates.assays.occupancy.formulas import Signal
from correlates.assays.occupancy.mutants import Mutations
from correlates.assays.occupancy.readings import Reading
from correlates.assays.occupancy.settings import OccupancySettings
from correlates.intake.sheets.schemas import load_schema
from study import ROOT

BLOCK = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["occupancy"]
SETTINGS = OccupancySettings(**BLOCK)
NOBODY = Mutations({}, {"P1": "M", "P2": "F"})
DAYS = {"SCR": -3.0, "C0D1": 1.0, "C1D1": 29.0, "C2D1": 57.0}


def reading(visit="C1D1", free=240.0, total=None, **other):
    """One reading of BTK in CLL cells; the draw before treatment has no hours."""
    is_before = visit in ("SCR", "C0D1")
    values = {
        **{"patient": "P1", "visit": visit, "timepoint": "pre", "specimen": "cryo_pbmc"},
        **{"sample": "", "day": DAYS.get(visit), "hours": None if is_before else 24.0},
        **{"target": "btk", "cell": "cll", "assay": "flow_probe", "run": "R1", "unit": "mfi"},
        **{"free": _signal(free), "total": _signal(total)},
        **{"lloq_free": 150.0, "n": 900, "parts": {"tubes": ""}},
    }
    return Reading(**values | other)


def _signal(value):
    return value if value is None or isinstance(value, Signal) else Signal(value)


def well(**values):
    """One row of the sheet, every column a key."""
    row = dict.fromkeys(load_schema("occupancy")["properties"])
    usual = {
        **{"patient": "P1", "visit": "C1D1", "timepoint": "pre", "specimen": "cryo_pbmc"},
        **{"cell": "cll", "target": "btk", "assay": "elisa", "unit": "ng_ml", "run": "E1"},
        **{"signal_free": 0.6, "signal_total": 5.0, "lloq_free": 0.15, "hours_post_ibr": 24.0},
        **{"study_day": 29.0, "shared_calibrator": True, "row": 2, "sheet": "e.tsv"},
    }
    return row | usual | values


def well_before(**values):
    """The same before treatment."""
    before = {"visit": "C0D1", "study_day": 1.0, "hours_post_ibr": None}
    return well(**before | {"signal_free": 9.5, "signal_total": 10.0} | values)
