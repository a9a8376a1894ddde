"""REDCap out: derived results as an import file, and the instrument that holds them."""
