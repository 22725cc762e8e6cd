"""The rules by which a case lives, as pure functions: nothing here reads a clock, a network or a database."""
