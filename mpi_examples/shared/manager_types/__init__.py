"""A list, a namespace and an object of a class of our own."""
