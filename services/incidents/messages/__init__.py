"""Says cases in the words of the contract, and understands what the contract says."""
