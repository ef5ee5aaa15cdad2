"""Recording what the program calls: the verbs of our classes, watched from outside when a trace is wanted."""
