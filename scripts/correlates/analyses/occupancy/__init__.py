"""Does lenalidomide change the occupancy that ibrutinib reaches?"""
