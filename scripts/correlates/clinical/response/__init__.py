"""Response by the criteria of the iwCLL, from measurements."""
