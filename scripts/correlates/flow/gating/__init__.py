"""Gates on events: what a gate is, who is inside, how strategies are read and written."""
