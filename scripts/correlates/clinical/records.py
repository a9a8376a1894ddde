"""The clinical records that the computations of this floor start from."""

from correlates.intake.clinical import (
    ClinicalRecords,
    DataCut,
    cut_records,
    first_lenalidomide_day,
    read_records,
)

__all__ = ["ClinicalRecords", "DataCut", "cut_records", "first_lenalidomide_day", "read_records"]
