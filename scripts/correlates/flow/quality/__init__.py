"""Quality of events: steady acquisition, margins, what compensation and scale the values are on."""
