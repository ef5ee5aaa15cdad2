"""A producer and a consumer with a queue between them."""
