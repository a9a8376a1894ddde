"""Tumor flare reaction: events, and what they say of a patient."""
