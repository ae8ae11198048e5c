"""A sweep over policies: the words and hard negatives are those in force at each case's date."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.errors import BadFile
from evaluator.positions.cases import SweepCase, read_sweep_cases
from evaluator.positions.settings import set_among
from evaluator.positions.sources import HomePassages
from policies.change import Change, Publish
from policies.sources.draft import parse_draft
from retriever.bootstrap import Asof
from retriever.config import Settings
from tests.e2e.models.simulated import simulated_reader

DAYS = {"P-7": (7, 30), "P-8": (8, 31), "P-9": (9, 32), "P-10": (10, 33), "P-11": (11, 34), "P-12": (12, 35)}
THING = {"P-7": "parcels", "P-8": "letters", "P-9": "crates", "P-10": "tubes", "P-11": "pallets", "P-12": "envelopes"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six policies, each with one number of days from January and another from March 2025."""
    folder = tmp_path_factory.mktemp("policies") / "home"
    writer = Asof.at(folder).writer(create=True)
    for revision, start in enumerate(("2025-01-01", "2025-03-01")):
        changes: list[Change] = [
            Publish(
                parse_draft(
                    f"---\npolicy: {policy}\ntitle: Late {THING[policy]}\neffective: {start}\n---\n"
                    f"Late {THING[policy]} are refunded within {days[revision]} days.\n",
                    "here",
                )
            )
            for policy, days in DAYS.items()
        ]
        writer.write(changes)
    return folder


@pytest.fixture(scope="module")
def source(home: Path) -> HomePassages:
    return HomePassages(Asof(Settings.from_environment(home)))


def case(tmp_path: Path, **fields: Any) -> SweepCase:
    line = {
        "id": "c1",
        "question": "Within how many days are late parcels refunded?",
        "as_of": "2025-04-01",
        "gold": "P-7@2#1",
        "answers": ["30 days"],
        **fields,
    }
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(line) + "\n")
    return read_sweep_cases(path)[0]


def test_words_and_negatives_are_those_in_force_at_the_cases_date(source: HomePassages, tmp_path: Path) -> None:
    later = set_among(case(tmp_path), source, 6, 0, ranked=True)
    assert later.gold.text == "Late parcels are refunded within 30 days."
    assert {item.handle for item in later.others} == {f"P-{number}@2#1" for number in range(8, 13)}
    assert later.ranked[0].handle == "P-7@2#1"
    earlier = set_among(
        case(tmp_path, as_of="2025-02-01", gold="P-7@1#1", answers=["7 days"]), source, 6, 0, ranked=True
    )
    assert earlier.gold.text == "Late parcels are refunded within 7 days."
    assert {item.handle for item in earlier.others} == {f"P-{number}@1#1" for number in range(8, 13)}


def test_a_gold_passage_that_was_not_in_force_is_refused(source: HomePassages, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"gold passage of case c1 cannot be asked about: .*P-7"):
        set_among(case(tmp_path, as_of="2025-02-01"), source, 6, 0)


def test_a_passage_of_another_policy_with_the_same_answer_is_no_distractor(
    source: HomePassages, tmp_path: Path
) -> None:
    with pytest.raises(BadFile, match="Case c1 has 4 passages"):
        set_among(case(tmp_path, answers=["30 days", "31 days"]), source, 6, 0)


def test_a_question_that_is_no_policys_is_set_among_the_homes_passages_without_their_handles(
    source: HomePassages, tmp_path: Path
) -> None:
    path = tmp_path / "cases.jsonl"
    gold = [{"title": "Barn", "text": "The barn is red."}]
    path.write_text(json.dumps({"question": "what colour is the barn", "answers": ["red"], "ctxs": gold}) + "\n")
    setting = set_among(read_sweep_cases(path)[0], source, 6, 0)
    assert all(item.handle is None for item in setting.at(2))
    assert all("are refunded within" in item.text for item in setting.others)


def test_one_question_as_of_two_dates_is_two_cases_with_words_and_citations_of_their_own(
    home: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "cases.jsonl", tmp_path / "out"
    asked = {"question": "Within how many days are late parcels refunded?"}
    early = {**asked, "id": "early", "as_of": "2025-02-01", "gold": "P-7@1#1", "answers": ["7 days"]}
    late = {**asked, "id": "late", "as_of": "2025-04-01", "gold": "P-7@2#1", "answers": ["30 days"]}
    path.write_text(json.dumps(early) + "\n" + json.dumps(late) + "\n")
    with simulated_reader(path, "--curve", "0:1,1:0,3:0,5:1", "--oracle", "1", "--closed-book", "0") as reader:
        given = {"--cases": path, "--home": home, "--endpoint": reader.base_url, "--out": out, "-k": 6}
        parts = [str(part) for pair in given.items() for part in pair]
        command = ["positions", *parts, "--model", "simulated-policies", "--orders", "rank,edges"]
        assert CliRunner().invoke(app, command).exit_code == 0
    found = json.loads((out / "results.json").read_text())
    assert found["correct"]["positions"] == [0, 1, 2, 3, 5]
    assert found["correct"]["outcomes"] == [[1, 0, 0, 0, 1]] * 2
    assert found["cites_gold"]["outcomes"] == [[1, 0, 0, 0, 1]] * 2
    assert found["correct"]["clusters"] == ["P-7", "P-7"]
    # By rank and by edges alike the gold passage is first.
    assert [found["orders"][order]["value"] for order in ("rank", "edges")] == [1, 1]
    assert found["orders"]["cases_with_the_gold_passage"] == 2
