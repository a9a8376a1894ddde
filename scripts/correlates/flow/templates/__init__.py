"""Templates: gates that are set on each file's own events."""
