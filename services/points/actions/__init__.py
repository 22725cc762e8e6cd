"""What the points service does when asked, one verb for each use."""
