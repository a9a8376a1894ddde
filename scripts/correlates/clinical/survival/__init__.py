"""Time to event: progression, death, duration of response, follow-up."""
