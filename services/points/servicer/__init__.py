"""Answers calls: the contract on one side, what the service can do on the other."""
