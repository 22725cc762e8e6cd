"""Who may sign in, looked after by administrators: found, taken in, closed, given a new password; each deed is on record."""
