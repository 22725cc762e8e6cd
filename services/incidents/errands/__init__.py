"""What social workers do for people, in three modes, as one ticket that the counter and the grid share."""
