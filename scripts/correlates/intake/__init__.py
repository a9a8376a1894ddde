"""Intake: every file and sheet is read, checked, and accepted or refused with a reason."""
