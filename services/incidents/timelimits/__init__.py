"""Lets the city and its areas settle the times of stages, loops and priorities, tried first on past cases (时限)."""
