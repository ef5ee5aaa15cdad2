"""The parts of a pool: what can be asked of it, what was asked, who works on it, and what comes back."""
