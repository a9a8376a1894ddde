"""When files were acquired, as their headers have it; no date ever leaves this room."""
