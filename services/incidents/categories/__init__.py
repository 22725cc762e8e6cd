"""The city's classes of components and events (部件、事件) as versioned data, and which class somebody's words mean."""
