"""The task lists of workers and posts: drafted, published when nothing is missing, worked, and appraised."""
