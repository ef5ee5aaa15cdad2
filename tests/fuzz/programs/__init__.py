"""Random programs, played on the standard library and on mpiprocessing; the standard library is the referee.

    generator   a program from a seed: shared objects, and steps of three processes that use them
    work        what pools and children are given to do
    scenes      steps in which several processes act at a time, and what comes out is determined all the same
    player      the main module of a job: plays programs and records what every step gave
    duel        both columns, compared; a difference is confirmed, and shrunk to the steps that it takes

What is compared has to be determined. So one process acts at a time, by turns, and nothing waits for ever; where several act
together, what they give is told as a whole. A program that gives two answers on the standard library tells nothing, and is
counted as that.
"""
