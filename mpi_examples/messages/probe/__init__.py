"""Letters of unknown size and sender, looked at first."""
