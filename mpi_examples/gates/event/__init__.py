"""One signal sets many processes going."""
