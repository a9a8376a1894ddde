"""Assays beside flow: each turns its own raw input into rows of the measurement table."""
