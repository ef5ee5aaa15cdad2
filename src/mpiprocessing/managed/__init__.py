"""The parts of a manager: its server, the tokens that name what it keeps, the proxies that programs hold."""
