"""Pharmacokinetics: profiles of concentrations into exposure."""
