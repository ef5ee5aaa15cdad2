"""The primes below 100, found in shares of unknown length."""
