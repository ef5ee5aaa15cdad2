"""All finish a phase before anybody begins the next."""
