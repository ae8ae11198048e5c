import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from evaluator.positions.reports.plot import COLOURS, NoPlots, Picture, _fill, draw
from evaluator.positions.results import Outcomes
from evaluator.statistics.intervals import proportion
from tests.root import ROOT

LEVELS = (("with the gold passage alone", proportion(9, 10)), ("without passages", proportion(1, 10)))


def shown(title: str = "m: question, 20 passages, 10 cases") -> Picture:
    right = Outcomes((0, 4, 9, 14, 19), ((1, 0, 0, 0, 1), (1, 1, 0, 1, 1)))
    cited = Outcomes((0, 4, 9, 14, 19), ((1, 0, 0, 0, 0), (1, 0, 0, 1, 1)))
    return Picture(title, (("right", right), ("cites the gold passage", cited)), LEVELS)


def test_the_same_curves_give_the_same_bytes_in_another_process_too(tmp_path: Path) -> None:
    names = ["curve.png", "curve.svg"]
    draw(shown(), [tmp_path / name for name in names])
    code = (
        "from pathlib import Path; from tests.evaluator.positions.reports.test_plot import draw, shown;"
        f"draw(shown(), [Path(r'{tmp_path}') / 'again.png', Path(r'{tmp_path}') / 'again.svg'])"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    for name in names:
        assert (tmp_path / name).read_bytes() == (tmp_path / name.replace("curve", "again")).read_bytes()


def test_formats_are_those_of_the_names_and_hold_no_date(tmp_path: Path) -> None:
    draw(shown(), [tmp_path / "a.png", tmp_path / "a.svg"])
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    svg = (tmp_path / "a.svg").read_text()
    assert "<dc:date>" not in svg
    assert COLOURS[0].lower() in svg.lower()


@pytest.mark.parametrize("name", ["curve.png", "curve.svg"])
def test_a_full_disk_leaves_the_picture_of_before(
    tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]], name: str
) -> None:
    (tmp_path / name).write_text("before")
    with full_disk(), pytest.raises(OSError, match=name):
        draw(shown(), [tmp_path / name])
    assert (tmp_path / name).read_text() == "before"


def test_a_curve_of_no_cases_is_not_drawn_as_0_percent() -> None:
    from matplotlib.figure import Figure

    measured, none = Outcomes((0, 4), ((1, 0),)), Outcomes((0, 4), ())
    axes = Figure().add_subplot()
    _fill(axes, Picture("m", (("right", none), ("cites", measured)), (("oracle", proportion(0, 0)),)))
    assert [drawn.get_label() for drawn in axes.containers] == ["cites, 95% interval"]


def test_a_models_name_is_words_and_never_a_formula(tmp_path: Path) -> None:
    draw(shown("a $\\frac{ model " + "with a long name " * 12), [tmp_path / "a.png"])
    assert (tmp_path / "a.png").exists()


def test_starting_the_command_does_not_load_what_draws() -> None:
    code = "import sys, evaluator.cli; sys.exit(not sys.modules.keys().isdisjoint(['matplotlib', 'numpy', 'httpx']))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(NoPlots, match=r"pip install 'asof\[plots\]'"):
        draw(shown(), [tmp_path / "a.png"])
