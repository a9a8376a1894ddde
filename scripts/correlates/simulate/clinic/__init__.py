"""The simulated clinic: courses that are true by construction, and the sheets that record them."""
