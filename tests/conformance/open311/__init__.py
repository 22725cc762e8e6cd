"""Checks whether an endpoint speaks Open311 GeoReport v2, ours or anybody's: `python -m tests.conformance.open311 URL`."""
