"""The sample policies, and the question that the quickstart asks of them as of two dates."""

import json
from pathlib import Path

import pytest

from tests.e2e.command import Run
from tests.root import ROOT

SAMPLES = sorted((ROOT / "policies" / "samples").glob("*.md"))
QUESTION = "Order A10234 arrived damaged 12 days ago: is it eligible for a return?"


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with all sample policies, published together."""
    folder = tmp_path_factory.mktemp("samples") / "home"
    published = json.loads(run("publish", *SAMPLES, "--home", folder, "--json").stdout)
    assert len(published["events"]) == len(SAMPLES)
    return folder


def test_samples_are_three_revisions_of_one_policy_and_at_least_six_others(run: Run, home: Path) -> None:
    listed = json.loads(run("policies", "--home", home, "--as-of", "2025-04-01", "--json").stdout)["policies"]
    policies = {item["policy_id"]: item["version"] for item in listed}
    assert policies["P-7"] == "P-7@2"
    assert len(policies) >= 7
    assert len(SAMPLES) == len(policies) + 2


def test_question_of_the_quickstart_gets_the_wording_of_each_date(run: Run, home: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    dates = {"2025-02-01": "P-7@1", "2025-04-01": "P-7@2", "2036-01-01": "P-7@3"}
    questions.write_text("".join(json.dumps({"id": date, "query": QUESTION, "as_of": date}) + "\n" for date in dates))
    printed = run("retrieve", "--from-file", questions, "--home", home, "--json").stdout.splitlines()
    answers = {answer["id"]: answer for answer in map(json.loads, printed)}
    assert {date: answer["evidence"][0]["citation"] for date, answer in answers.items()} == {
        date: f"{version}#1" for date, version in dates.items()
    }
    days = [answers[date]["evidence"][0]["text"].split(" days")[0].split()[-1] for date in dates]
    assert days == ["7", "30", "45"]
    assert len({answer["receipt"]["pipeline"] for answer in answers.values()}) == 1


def test_quickstart_publishes_every_sample_and_asks_this_question() -> None:
    script = (ROOT / "scripts" / "quickstart").read_text()
    assert QUESTION in script
    for sample in SAMPLES:
        assert sample.name in script
