"""Sheets: read and checked, every problem in one pass."""
