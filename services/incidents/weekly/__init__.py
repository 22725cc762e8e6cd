"""The week as a whole: what came, who found it, who carried it, and what was more than the week before."""
