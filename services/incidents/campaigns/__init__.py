"""Campaigns to everybody with a tag: each person is reached once, by the way they like best, or by another."""
