"""The files of a sweep: its results, the curve for `asof-eval shape`, and the pictures where they can be drawn."""

import json
from pathlib import Path

from evaluator.files.atomic_write import write_whole
from evaluator.positions.outdated import Outdated
from evaluator.positions.reports import outdated
from evaluator.positions.reports.plot import NoPlots, draw, picture
from evaluator.positions.results import Results

RESULTS, CURVES, PICTURES = "results.json", "curves.json", ("curve.png", "curve.svg")


def write(found: Results | Outdated, folder: Path) -> str | None:
    """Writes the files, each whole; gives the reason where there is no picture among them."""
    for name, content in ((RESULTS, found.content()), (CURVES, found.curves())):
        write_whole(folder / name, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    if not found.complete_cases():
        for name in PICTURES:
            (folder / name).unlink(missing_ok=True)  # a picture of other cases would not fit these results
        return "No picture: no case was answered at every position"
    try:
        shown = outdated.picture(found) if isinstance(found, Outdated) else picture(found)
        draw(shown, [folder / name for name in PICTURES])
    except NoPlots as missing:
        return str(missing)
    return None
