"""Analyses: pre-specified contrasts and one fixed-penalty model, each refused where n is small."""
