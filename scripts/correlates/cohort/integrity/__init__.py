"""Checks of a cohort's records against each other: every contradiction, with what resolves it."""
