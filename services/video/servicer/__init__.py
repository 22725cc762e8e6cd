"""Answers calls; each module is one service of the contract."""
