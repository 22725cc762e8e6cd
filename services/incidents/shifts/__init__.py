"""Ends one shift and begins the next (交接班): what is in hand goes over in one act, and the book of it."""
