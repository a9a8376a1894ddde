"""Events of many files clustered together, and new files laid on the map that came of it."""
