"""What a program may rely on, topic by topic: written for `multiprocessing`, true for every library of that name.

Each function whose name starts with `check_` states one behaviour, takes no argument and asserts. It says
`import multiprocessing` like any user's program, so the library it meets is the one that the player was started
with. At most four children communicate at a time: a job of five ranks can host them.
"""
