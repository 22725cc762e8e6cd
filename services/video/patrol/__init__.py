"""Tours the cameras: who visits which, when, what each visit shows, and what of it is kept and told."""
