"""Counts what people earned for the city, and never twice.

Points move between accounts as in any book-keeping: what enters one account leaves another, in one row that is never
changed. They come from the mint, the only account that may go below zero, so all balances together are always zero.
"""
