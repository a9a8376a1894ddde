"""A simulated cohort with known truth, for the demo and the tests."""
