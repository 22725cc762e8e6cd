"""Gives orders that reach every level at once, and counts who has read them (指令, 五级穿透)."""
