"""Clinical data: records become doses and phases, response, flare, safety, time to event."""
