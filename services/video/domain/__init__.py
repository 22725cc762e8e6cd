"""What cameras, tours, health and findings are, as values and rules: nothing here reads a clock, a network or a database."""
