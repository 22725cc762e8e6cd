"""Does what a step changes besides the state: people named, times written, the countdown started or stopped."""
