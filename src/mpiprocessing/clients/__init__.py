"""Libraries that have processes of their own, led to ours."""
