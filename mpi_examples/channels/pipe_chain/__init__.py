"""Items down one pipe, their squares down the next."""
