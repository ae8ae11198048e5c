"""The rows in `data/`: each is accepted by the commands that made it, and its README makes them anew."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluator.files.policy_cases import PolicyCase, read_policy_cases
from policies.change import Publish
from policies.instant import parse_instant
from policies.sources.draft import read_draft
from retriever.asking.eligible import applies
from retriever.bootstrap import Asof
from retriever.evidence.citations import Handle, check_citation
from tests.e2e.serving import free_port
from tests.evaluator.in_process import Run
from tests.root import ROOT

Row = dict[str, Any]
Written = Callable[..., Path]

DATA, EVALS = ROOT / "data", ROOT / "evals"
HELD_OUT = ("--held-out", EVALS / "policy_cases.jsonl", "--held-out", EVALS / "contract_rows.jsonl")
KINDS = {"demonstrations": "sft_examples.jsonl", "preferences": "preference_pairs.jsonl"}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asof]:
    """A home that holds the sample policies."""
    asof = Asof.at(tmp_path_factory.mktemp("samples") / "home")
    asof.write([Publish(read_draft(file)) for file in sorted((ROOT / "policies" / "samples").glob("*.md"))])
    yield asof
    asof.ledger.close()


@pytest.fixture(scope="module")
def cases() -> list[PolicyCase]:
    return read_policy_cases(DATA / "training_cases.jsonl")


def rows(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def candidate(row: Row) -> Row:
    """A shipped row as the candidate that it was."""
    kept = {name: row[name] for name in ("id", "trace_ids", "citations")}
    if "messages" in row:
        said = {"system": "system", "user": "prompt", "assistant": "response"}
        return {**kept, **{said[message["role"]]: message["content"] for message in row["messages"]}}
    system, user = row["prompt"]
    answers = {name: row[name][0]["content"] for name in ("chosen", "rejected")}
    return {**kept, "system": system["content"], "prompt": user["content"], "reason": row["reason"], **answers}


def cases_shown(found: list[Row], cases: list[PolicyCase]) -> Counter[str]:
    """How often each case stands in the prompt of a row."""
    prompts = [json.dumps(row.get("messages", row.get("prompt"))) for row in found]
    return Counter(case.id for case in cases for prompt in prompts if f'"{case.facts["order"]}\\' in prompt)


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_row_is_accepted_by_the_command_that_makes_it(
    kind: str, samples: Asof, written: Written, asof_eval: Run
) -> None:
    shipped = rows(DATA / KINDS[kind])
    assert len(shipped) >= 30
    path = written("candidates.jsonl", *map(candidate, shipped))
    options = ("--schema", EVALS / "answer_schema.json", *HELD_OUT, "--home", samples.settings.home)
    finished = asof_eval("export", kind, path, *options)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert [json.loads(line) for line in finished.stdout.splitlines()] == shipped


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_row_has_the_citations_of_the_words_that_it_shows(kind: str, samples: Asof) -> None:
    timeline = samples.ledger.timeline()
    for row in rows(DATA / KINDS[kind]):
        one, shown = candidate(row), list(map(Handle.parse, row["citations"]))
        assert re.findall(r'^    "citation": "(.*)",$', one["prompt"], re.MULTILINE) == row["citations"] != []
        answer = json.loads(one.get("response", one.get("chosen")))
        assert all(any(handle.covers(Handle.parse(cited)) for handle in shown) for cited in answer["citations"])
        as_of = parse_instant(json.loads(one["prompt"].split("\nThe evidence")[0])["as_of"])
        for handle in shown:
            found = check_citation(samples.ledger, timeline, handle, as_of, timeline.recorded_at, ("public",))
            assert found.verdict == "supported", (row["id"], found.detail)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_a_held_out_question_would_be_refused(
    kind: str, samples: Asof, written: Written, asof_eval: Run
) -> None:
    (held, *_), (one, *_) = read_policy_cases(EVALS / "policy_cases.jsonl"), map(candidate, rows(DATA / KINDS[kind]))
    path = written("candidates.jsonl", {**one, "prompt": one["prompt"].replace("?", f" {held.question}")})
    finished = asof_eval("export", kind, path, *HELD_OUT, "--home", samples.settings.home)
    assert finished.returncode == 1
    assert "prompt is held out: it shares" in finished.stderr


def test_the_training_cases_are_decided_by_the_sample_policies(samples: Asof, cases: list[PolicyCase]) -> None:
    timeline = samples.ledger.timeline()
    assert len(cases) >= 40
    assert len({case.facts["order"] for case in cases}) == len({case.question for case in cases}) == len(cases)
    for case in cases:
        for handle, words in zip(case.expected.citations, case.expected.words, strict=True):
            found = check_citation(
                samples.ledger, timeline, handle, case.as_of, timeline.recorded_at, ("public",), words
            )
            assert found.verdict == "supported", (case.id, found.detail)
            assert applies(timeline.publishes[handle.version].applies_to, case.facts), case.id
            if period := re.search(r"within (\d+) (days|months) of delivery", words):
                limit = int(period[1]) * (30.44 if period[2] == "months" else 1)
                within = int(case.facts["days_since_delivery"]) <= limit
                assert within == (case.expected.decision == "eligible"), case.id


@pytest.mark.slow
def test_the_commands_of_the_readme_make_these_rows(tmp_path: Path, cases: list[PolicyCase]) -> None:
    """From the same cases, that is: the ids of traces are new in each run."""
    text = (DATA / "README.md").read_text("utf-8")
    (commands,) = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "OUT": str(tmp_path), "PORT": str(free_port()), "TMPDIR": str(tmp_path)}
    line = ["bash", "-euo", "pipefail", "-c", commands]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    for name in KINDS.values():
        made, shipped = rows(tmp_path / name), rows(DATA / name)
        assert cases_shown(made, cases) == cases_shown(shipped, cases)
        assert f"| `{name}` | {len(shipped)} " in text
        assert len(made) == len(shipped) == cases_shown(shipped, cases).total()
    assert f"| `training_cases.jsonl` | {len(cases)} " in text
