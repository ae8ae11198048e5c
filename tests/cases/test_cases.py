"""Failures that users met, as small inputs in folders beside this file: one test a folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluator.citations.accuracy import measure
from evaluator.files.json_lines import Line
from evaluator.support.lexical.score import LexicalScorer
from evaluator.traces.trace import parse_trace
from indexer.encoding.embedding import Encoder
from policies.change import Publish
from policies.sources.draft import parse_draft
from retriever.citation_forms import citation_forms
from retriever.entrypoints.assistants.mcp_server import ignored
from retriever.entrypoints.assistants.tools import Reader, Tools
from tests.retriever.homes import Home

FOLDER = Path(__file__).parent
AS_OF = "2025-06-01"


@pytest.fixture
def home(tmp_path: Path, encoder: Encoder) -> Iterator[Home]:
    made = Home(tmp_path / "home", encoder)
    yield made
    made.close()


def publish(home: Home, case: str) -> None:
    """Publishes every policy of a case, as its file stands."""
    files = sorted((FOLDER / case).glob("*.md"))
    home.write(*(Publish(parse_draft(file.read_text(encoding="utf-8"), file.name)) for file in files))


def lines(case: str, name: str) -> list[list[str]]:
    return [line.split("\t") for line in (FOLDER / case / name).read_text(encoding="utf-8").splitlines()]


def rows(case: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / case / name).read_text(encoding="utf-8").splitlines()]


def verdict(home: Home, citation: str, quote: str) -> str:
    return str(home.asof.cite(citation, quote, as_of=AS_OF).verdict)


def verdicts(home: Home, case: str, name: str, policy: str) -> dict[str, str]:
    return {quote: verdict(home, f"{policy}@1#{number}", quote) for number, quote in lines(case, name)}


def test_01_rendered_quotes(home: Home) -> None:
    publish(home, "01-rendered-quotes")
    read = verdicts(home, "01-rendered-quotes", "quotes.tsv", "POOL-1")
    assert read == dict.fromkeys(read, "supported")
    assert "supported" not in verdicts(home, "01-rendered-quotes", "not.tsv", "POOL-1").values()


def test_03_quote_cut(home: Home) -> None:
    publish(home, "03-quote-cut")
    whole = verdicts(home, "03-quote-cut", "whole.tsv", "FARE-1")
    assert whole == dict.fromkeys(whole, "supported")
    assert "supported" not in verdicts(home, "03-quote-cut", "cut.tsv", "FARE-1").values()


def test_04_scripts_without_spaces(home: Home) -> None:
    publish(home, "04-scripts-without-spaces")
    for citation, quote in lines("04-scripts-without-spaces", "quotes.tsv"):
        assert verdict(home, citation, quote) == "supported", quote
    for question, first in lines("04-scripts-without-spaces", "questions.tsv"):
        assert home.cited(question, as_of=AS_OF)[:1] == [first], question


def test_05_citation_forms(home: Home) -> None:
    publish(home, "05-citation-forms")
    for row in rows("05-citation-forms", "forms.jsonl"):
        evidence = ["B-2@1#1", "B-2@1#2"]
        assert [form.citation for form in citation_forms(row["answer"], evidence)] == row["cites"], row["id"]
        found = evaluated(home, row, evidence)
        assert found["uncited_claims"] == [], row["id"]
        assert {record["claim"] for record in found["records"]} == {"Bicycles are lent for 3 days."}, row["id"]


def test_16_html_comment(home: Home) -> None:
    publish(home, "16-html-comment")
    shown = json.dumps(home.ask("When does the gate close?", as_of=AS_OF)["evidence"], ensure_ascii=False)
    assert "23:00" not in shown
    assert "Sundays" not in shown
    assert verdict(home, "GATE-1@1#1", "until March: 23:00") != "supported"
    assert verdict(home, "GATE-1@1#1", "The gate closes at 22:00.") == "supported"
    assert verdict(home, "GATE-1@1#2", "Visitors ring the bell.") == "supported"


def test_21_claims(home: Home) -> None:
    publish(home, "05-citation-forms")
    for row in rows("21-claims", "answers.jsonl"):
        found = evaluated(home, row, ["B-2@1#1"])
        assert [record["claim"].rstrip(".") for record in found["records"]] == row["claims"], row["id"]
        assert [claim["claim"].rstrip(".") for claim in found["uncited_claims"]] == row["uncited"], row["id"]


def test_23_mcp_empty_date(home: Home) -> None:
    publish(home, "05-citation-forms")
    tools = Tools(home.asof, Reader(), ignored)
    [found, *_] = tools.search("How long are bicycles lent?", "", 2).results
    assert found.id == "B-2@1#1"
    for handle in (found.id, found.url, "B\u20112@1#1", "[B-2@1#1]"):
        assert tools.fetch(handle).text == "Bicycles are lent for 3 days."


def evaluated(home: Home, row: dict[str, Any], evidence: list[str]) -> dict[str, Any]:
    trace = {"id": row["id"], "as_of": AS_OF, "evidence": evidence, "answer": row["answer"]}
    measured = measure([parse_trace(Line(row["id"], trace))], home.asof.ledger, home.clock(), LexicalScorer())
    answer: dict[str, Any] = measured.answers[0]
    return answer
