"""From counts to measurements: intervals, cells per microlitre, the tidy table."""
