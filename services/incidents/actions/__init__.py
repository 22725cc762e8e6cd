"""What can be asked of incidents, one verb for each: report, advance, look, and fire what is due."""
