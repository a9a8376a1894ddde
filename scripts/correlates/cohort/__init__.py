"""Cohort: measurements and clinical endpoints become one AnnData, patients by features."""
