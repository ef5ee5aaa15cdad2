"""The longest way to 1 in each hundred, collected in order."""
