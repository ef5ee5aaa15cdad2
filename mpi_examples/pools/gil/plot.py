"""The experiment as a picture: seconds, and times as fast.

Theory of operation: on the left a line for each way, both axes
logarithmic, so that "ten times the work takes ten times as long"
is a straight slope, and what asking costs is the flat part
before it. On the right the same as a ratio to one process: above
1 is faster. Dashed: the start of the workers included.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("Agg")  # a file is written, no window is opened

from matplotlib import pyplot

if TYPE_CHECKING:
    from mpi_examples.pools.gil.figures import Figures

# Four colours that the colour-blind can tell apart as well.
COLOURS = ("#000000", "#e69f00", "#0072b2", "#009e73")
MARKERS = ("o", "s", "^", "D")


def plot(figures: Figures, file: Path) -> None:
    """Draw the experiment.

    Args:
        figures: what was measured.
        file: where the picture goes; its name ends in .svg or
            .png.
    """
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(11, 4.5), layout="constrained"
    )
    ways = figures.ways
    for way, colour, marker in zip(
        ways, COLOURS, MARKERS, strict=True
    ):
        style = {"color": colour, "marker": marker, "ms": 4}
        seconds = figures.median(way)
        left.plot(figures.operations, seconds, label=way, **style)
        ratios = figures.ratios(way)
        right.plot(figures.operations, ratios, label=way, **style)
        if figures.median_startup(way):
            ratios = figures.ratios(way, started=False)
            right.plot(
                figures.operations, ratios, "--", color=colour
            )
    left.set(xscale="log", yscale="log", ylabel="seconds")
    left.set_title("time for one sum")
    left.legend(frameon=False)
    right.set(xscale="log", ylabel=f"times as fast as {ways[0]}")
    right.set_title("dashed: workers started for this one sum")
    right.axhline(1, color="grey", linewidth=0.8)
    for axes in (left, right):
        axes.set_xlabel("operations")
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(figures.setting, fontsize="medium")
    figure.savefig(file)
    pyplot.close(figure)
