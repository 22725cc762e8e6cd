"""The demo city: a fictional place that fills an empty installation, and a gentle day of traffic that keeps it alive."""
