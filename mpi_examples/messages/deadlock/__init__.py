"""Two that swap data, three ways that never hang."""
