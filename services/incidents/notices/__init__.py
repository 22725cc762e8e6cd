"""Tells people and other systems what happens to a case: each thing once, in order, and not at night."""
