"""The comparison: one pattern, three columns, the same result.

Theory of operation: a pipeline of small files, each of which knows only the ones before it.

    catalogue   what is compared: a pattern of mpi_examples or a program of yours, in which columns
    figures     what a column writes about itself: messages, bytes, kinds, work time
    runner      starts a column in its own process group, under a time limit, and reads its figures
    verdict     did all columns print the same, and what they should
    records     the verdict as JSON
    words       what is said of a run, in the terminal as on the page
    tables      the verdict as tables
    report      the verdict in the terminal: sources side by side, output, tables, differences
    html        the verdict as a page, with pictures: page/ is its template, style and script; `standalone` makes one file
    progress    how far it is
    environment where it was run
    cli         `python -m mpiprocessing compare`

    aligned     which line of one program stands beside which of the other; `highlighted` colours them
    layout      where everything stands in a space-time diagram; `diagram` writes it as SVG
    visible     text of programs made safe to show; `terminal` a terminal that obeys none of it
    arguments   what its command line shares with that of the benchmark

    timed       how the standard library's column notes its work time
    counting/   communicators that count what a plain mpi4py program sends, put in place from outside
    counted     starts a program under them: `python -m mpiprocessing.compare.counted`

This package stands beside the library: nothing below imports it, and importing it starts no MPI.
"""
