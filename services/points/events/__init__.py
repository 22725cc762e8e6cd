"""Tells the city what happened, in the words of the contract."""
