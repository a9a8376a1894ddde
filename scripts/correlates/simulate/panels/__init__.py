"""Simulated tubes of the shipped panels, each event with its label and what it truly expresses."""
