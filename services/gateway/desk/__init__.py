"""What the command page keeps and tells beside the cases: saved views, who looks at what, and lists to take along."""
