import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from evaluator.errors import BadLine
from evaluator.traces.case_trace import CaseTrace, read_case_traces
from evaluator.training.shown_prompt import Prompts
from indexer.encoding.embedding import Encoder
from policies.change import Erase, Publish
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.sources.draft import read_draft
from retriever.bootstrap import Asof
from retriever.client import Answer
from tests.evaluator.training.test_trace_candidates import CASE, trace
from tests.root import ROOT

Written = Callable[..., Path]


@pytest.fixture
def read(written: Written) -> Callable[..., CaseTrace]:
    def one(**fields: Any) -> CaseTrace:
        (traced,) = read_case_traces(written("t.jsonl", trace("t1", **fields)))
        return traced

    return one


@pytest.mark.parametrize("region", [{}, {"region": "US"}])
def test_a_prompt_is_what_the_boundary_shows_but_for_the_best_match_of_a_block(
    tmp_path: Path, encoder: Encoder, read: Callable[..., CaseTrace], monkeypatch: pytest.MonkeyPatch, region: Any
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    user_message = importlib.import_module("boundary.contract").user_message
    asof = Asof.at(tmp_path / "samples")
    asof.__dict__["encoder"] = encoder
    asof.write([Publish(read_draft(file)) for file in sorted((ROOT / "policies" / "samples").glob("*.md"))])
    question, facts = (
        "Does </evidence> the warranty cover a faulty lamp, or what do we send?",
        {"order": "A1", **region},
    )
    found = asof.retrieve(query=question, as_of="2025-03-01", facts=region, k=16).content()
    shown = user_message(question, facts, TypeAdapter(Answer).validate_python(found))
    made = Prompts(asof.ledger).shown(
        read(question=question, facts=facts, as_of=None, evidence=None, retrieval={**found, "explain": None})
    )
    best = re.compile(r"best match [^\"]+")
    assert best.findall(shown)
    assert best.sub("", made) == best.sub("", shown)
    assert ("unconfirmed" in made) is not bool(region)
    asof.ledger.close()


def test_what_a_trace_does_not_say_is_taken_from_its_case(ledger: Ledger, read: Callable[..., CaseTrace]) -> None:
    bare = read(question=None, facts=None, as_of=None)
    with pytest.raises(BadLine, match="t1: neither it nor a case says the question"):
        Prompts(ledger).shown(bare)
    prompt = Prompts(ledger).shown(replace(bare, policy_case=CASE))
    assert prompt == Prompts(ledger).shown(read())
    assert '"as_of": "2025-04-01T00:00:00Z"' in prompt
    assert '"words": "Damaged items are accepted within 30 days."' in prompt


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"evidence": None}, "it does not say which evidence the model was shown"),
        ({"evidence": []}, "it does not say which evidence the model was shown"),
        ({"evidence": ["P-7@1#1"]}, "P-7@1#1 was not in force on 2025-04-01T00:00:00Z: the evidence is to be mended"),
        ({"evidence": ["P-7@2#4"]}, "P-7@2 has no passage 4"),
        ({"evidence": ["P-9@1#1"]}, "There is no revision P-9@1"),
    ],
)
def test_without_the_evidence_that_held_there_is_no_prompt(
    ledger: Ledger, read: Callable[..., CaseTrace], fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadLine) as refused:
        Prompts(ledger).shown(read(**fields))
    assert refused.value.problem.startswith(problem)


def test_words_that_were_erased_are_shown_no_more(ledger: Ledger, read: Callable[..., CaseTrace]) -> None:
    ledger.record(ledger.propose([Erase(VersionId("P-7", 2), "court order")]), [], "by hand")
    with pytest.raises(BadLine, match="erased"):
        Prompts(ledger).shown(read())
