"""The same matter brought twice, and the same place coming back: finds both, joins what is one, lists what returns."""
