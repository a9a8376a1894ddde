"""REDCap: flat exports turned into the study's sheets, by a mapping that the study writes."""
