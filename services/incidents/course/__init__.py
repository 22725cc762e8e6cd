"""Explains the course of a case: how its deadline came about, who held it how long; and puts cases into one another."""
