"""Assesses grids, departments and workers month by month, and publishes who stands where (考核)."""
