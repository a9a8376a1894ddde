"""Whether lenalidomide changes the occupancy that ibrutinib reaches."""
