"""The balance of an account after each of its movements."""
