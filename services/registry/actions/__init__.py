"""What registry does, one verb for each call: load, decide, save, tell, in one transaction."""
