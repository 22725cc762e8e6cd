"""The services of Gridward; each folder is one process with one job."""
