"""Whether synapses change under treatment: patients compared, never conjugates."""
