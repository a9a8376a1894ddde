"""What changed in RNA between the phases of treatment, patient by patient."""
