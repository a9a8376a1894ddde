"""Clinical data: what was recorded of the patients becomes response, flare, safety, time to event.

Reads   the clinical records of the plan, up to the data cut
Writes  results/clinical/
"""
