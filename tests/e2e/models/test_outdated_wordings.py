"""A sweep among outdated wordings: a planted share of outdated answers is found again, by the command."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from benchmarks.outdated_cases import generate
from evaluator.cli import app
from evaluator.positions.cases import read_sweep_cases
from evaluator.positions.settings import set_among
from evaluator.positions.sources import HomePassages
from policies.change import Publish
from policies.sources.draft import parse_draft
from retriever.bootstrap import Asof
from retriever.entrypoints.cli import app as asof
from tests.e2e.models.simulated import simulated_reader
from tests.root import ROOT

POLICIES = 30


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with generated cases, and the home of their policies."""
    folder = tmp_path_factory.mktemp("generated")
    generate(folder, POLICIES, seed=3)
    imported = CliRunner().invoke(asof, ["import", f"{folder}/generated_revisions.jsonl", "--home", f"{folder}/home"])
    assert imported.exit_code == 0, imported.output
    return folder


def swept(made: Path, url: object, out: Path, *more: str) -> Result:
    given = {"--cases": made / "generated.jsonl", "--home": made / "home", "--endpoint": url, "--out": out, "-k": 5}
    parts = [str(part) for pair in given.items() for part in pair]
    return CliRunner().invoke(app, ["positions", *parts, "--model", "simulated-old", "--others", "outdated", *more])


def test_a_planted_share_of_outdated_answers_is_found_with_dates_and_without(made: Path, tmp_path: Path) -> None:
    # Half of all answers are right at 0 and 4, a fifth between. Of the others all are outdated, with dates a quarter.
    planted = ("--curve", "0:0.5,1:0.2,3:0.2,4:0.5", "--outdated", "1", "--outdated-dated", "0.25", "--seed", "1")
    with simulated_reader(made / "generated.jsonl", *planted) as reader:
        finished = swept(made, reader.base_url, tmp_path / "out")
    assert finished.exit_code == 0, finished.output
    assert finished.stdout.startswith("SIMULATED reader")
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    without, with_dates = found["without_dates"]["outdated"]["outdated"], found["outdated"]["outdated"]
    # (2 x 0.5 + 3 x 0.8) / 5 = 0.68, and a quarter of it.
    assert without["low"] < 0.68 < without["high"]
    assert with_dates["low"] < 0.17 < with_dates["high"]
    gain = found["dates_gain"]["outdated"]["overall"]
    assert gain["low"] < 0.17 - 0.68 < gain["high"] < 0
    for share, (low, high) in zip(
        (0.5, 0.8, 0.8, 0.8, 0.5), found["without_dates"]["outdated"]["by_position"]["intervals"], strict=True
    ):
        assert low < 100 * share < high
    assert found["without_dates"]["outdated"]["said"]["other"] == 0
    # Every outdated answer cites the wording that it is from.
    assert found["outdated"]["cites_outdated"]["value"] == with_dates["value"]


def test_one_side_alone_is_asked_and_kept_answers_serve_both(made: Path, tmp_path: Path) -> None:
    with simulated_reader(made / "generated.jsonl", "--outdated", "0.5") as reader:
        alone = swept(made, reader.base_url, tmp_path / "out", "--limit", "5", "--dates", "without")
        both = swept(made, reader.base_url, tmp_path / "out", "--limit", "5")
    assert "35 calls, 0 of them answered before" in alone.stderr
    assert "70 calls, 35 of them answered before" in both.stderr
    assert "Dates: outdated answers with dates less without" not in alone.stdout
    assert "Dates: outdated answers with dates less without" in both.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--orders", "rank,edges"), "--orders is for the retriever"),
        (("--others", "retriever", "--dates", "both"), "--dates is for --others outdated"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    made: Path, tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    refused = swept(made, "http://127.0.0.1:9/v1", tmp_path / "out", *more)
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.replace("│", " ").split())


def test_the_samples_cases_fit_the_samples(tmp_path: Path) -> None:
    writer = Asof.at(tmp_path / "home").writer(create=True)
    for path in sorted((ROOT / "policies" / "samples").glob("*.md")):
        writer.write([Publish(parse_draft(path.read_text(), path.name))])
    source = HomePassages(Asof.at(tmp_path / "home"))
    shown = {
        case.id: {item.handle for item in set_among(case, source, 5, 0, beside="outdated").others if item.outdated}
        for case in read_sweep_cases(ROOT / "evals" / "outdated_cases.jsonl")
    }
    assert shown == {
        "damaged-2025": {"P-7@1#1"},
        "damaged-2025-later": {"P-7@1#1", "P-7@3#1"},
        "damaged-2024-later": {"P-7@2#1", "P-7@3#1"},
        "damaged-2035": {"P-7@1#1", "P-7@2#1"},
    }
