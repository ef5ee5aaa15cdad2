"""One call by a worker; then four that are asked at once."""
