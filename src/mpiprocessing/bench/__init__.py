"""The benchmark: the same small work on the standard library, on mpiprocessing, on plain mpi4py, and on other libraries.

Theory of operation: a pipeline of small files, each of which knows only the ones before it.

    catalogue    the works, their units and their targets
    columns      the libraries, and how a programme of each is started
    works/       the programmes themselves, a folder for each family
    spread       samples become a median and quartiles
    surroundings where it was measured, and what else the machine did
    runner       starts programmes, column after column and all over again, and collects the samples
    launching    starts one programme; `startup` times whole programs from outside
    verdict      ratios within the run, and which targets are reached
    words        figures as text
    tables       the report in the terminal; `markdown` the same for a document, `records` as JSON
    charts       pictures, in SVG; `pictures` says which, `html` puts them on a page: page/ is its template and style
    progress     how far it is
    cli          `python -m mpiprocessing bench`

This package stands beside the library, as the comparison does: nothing below imports it, and importing it starts no MPI.
Time is judged here and nowhere else: no test says how long something may take.
"""
