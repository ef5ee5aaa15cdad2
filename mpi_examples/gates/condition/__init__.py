"""Two stages hand items over through a slot for one."""
