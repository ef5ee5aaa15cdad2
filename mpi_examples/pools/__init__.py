"""Sharing out the calls of a function among workers."""
