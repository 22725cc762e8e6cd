"""Open311 GeoReport v2: lets other systems and apps read the city's cases and file new ones by the world's common form."""
