"""How many patients reach each step, from enrolment to an analysis, and why others do not."""
