"""The city's own routing rules as data: stored in versions, tried on past cases, put in force, taken back."""
