"""Files: found, told apart, and assigned to patients and visits."""
