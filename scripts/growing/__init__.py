"""What operations cost with few and with many ranks, counted in real jobs; `scripts/growth` runs it."""
