"""Ten numbers cut into blocks that are not equally long."""
