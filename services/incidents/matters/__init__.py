"""Counts what was done for people: practical matters, errands, disputes (实事、代办、调解)."""
