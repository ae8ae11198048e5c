import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import BadFile, BadLine
from evaluator.files.policy_cases import Expected, PolicyCase, read_policy_cases
from policies.change import Publish
from policies.ledger import Ledger
from policies.revision import VersionId
from policies.sources.draft import read_draft
from retriever.asking.eligible import applies
from retriever.bootstrap import Asof
from retriever.evidence.citations import Handle, check_citation
from tests.root import ROOT

CASES = ROOT / "evals" / "policy_cases.jsonl"

Written = Callable[..., Path]


@pytest.fixture(scope="module")
def shipped() -> list[PolicyCase]:
    return read_policy_cases(CASES)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """The ledger of a home that holds the sample policies."""
    asof = Asof.at(tmp_path_factory.mktemp("samples") / "home")
    files = sorted((ROOT / "policies" / "samples").glob("*.md"))
    asof.write([Publish(read_draft(file)) for file in files])
    yield asof.ledger
    asof.ledger.close()


def line(**fields: Any) -> dict[str, Any]:
    """A whole case, with the fields given in place of its own."""
    return {
        "id": "late-1",
        "group": "late",
        "question": "Is a late parcel refunded?",
        "facts": {"order": "A1"},
        "as_of": "2025-04-01",
        "expected": expected(),
        **fields,
    }


def expected(**fields: Any) -> dict[str, Any]:
    return {
        "decision": "eligible",
        "policy_id": "P-9",
        "citations": ["P-9@1#1"],
        "words": {"P-9@1#1": "refunded"},
        **fields,
    }


def test_a_case_is_read_with_its_citations_and_revisions(written: Written) -> None:
    whole = expected(policy_id=["P-9", "P-8"], must_not_cite=["P-9@2", "P-9@1#3"], forbidden_actions=["create_label"])
    (case,) = read_policy_cases(written("cases.jsonl", line(expected=whole, note="why")))
    assert case.expected == Expected(
        decision="eligible",
        policy_ids=("P-9", "P-8"),
        citations=(Handle.parse("P-9@1#1"),),
        words=("refunded",),
        must_not_cite=(VersionId("P-9", 2), Handle.parse("P-9@1#3")),
        forbidden_actions=("create_label",),
    )
    assert (case.id, case.group, case.facts, case.note) == ("late-1", "late", {"order": "A1"}, "why")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"group": None}, "group is missing"),
        ({"facts": {"days": 12}}, "facts is {'days': 12}; write an object whose values are text"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"expected": None}, "expected is missing"),
        ({"expected": expected(decision="yes")}, "expected.decision is 'yes'; write one of eligible, not_eligible"),
        ({"expected": expected(policy_id=[])}, "expected.policy_id is []"),
        ({"expected": expected(citations=[])}, "expected.citations is missing"),
        ({"expected": expected(citations=["P-9"])}, "expected.citations is not right: 'P-9' is not a citation"),
        ({"expected": expected(words={})}, "expected.words does not have exactly the citations"),
        ({"expected": expected(must_not_cite=["P-9"])}, "expected.must_not_cite is not right"),
        ({"expected": expected(forbidden_actions="all")}, "expected.forbidden_actions is 'all'; write a list"),
        ({"expected": expected(decision="escalate")}, "expected.policy_id is given, but a case that is escalated"),
    ],
)
def test_a_bad_line_is_named_with_its_field(written: Written, fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadLine, match=r"cases\.jsonl, line 1: ") as refused:
        read_policy_cases(written("cases.jsonl", line(**fields)))
    assert problem in str(refused.value)


def test_an_id_is_given_once_and_a_file_without_cases_is_none(written: Written) -> None:
    with pytest.raises(BadLine, match="line 2: id is 'late-1', which an earlier line has"):
        read_policy_cases(written("twice.jsonl", line(), line()))
    with pytest.raises(BadFile, match="holds no cases"):
        read_policy_cases(written("none.jsonl"))


def test_shipped_cases_are_decided_both_ways_and_escalated(shipped: list[PolicyCase]) -> None:
    counts: dict[str, int] = defaultdict(int)
    for case in shipped:
        counts[case.expected.decision] += 1
    assert len(shipped) >= 36
    assert min(counts[decision] for decision in ("eligible", "not_eligible", "escalate")) >= 10
    assert len({case.facts["order"] for case in shipped}) == len(shipped)


def test_paraphrases_differ_in_their_words_alone(shipped: list[PolicyCase]) -> None:
    groups: dict[str, list[PolicyCase]] = defaultdict(list)
    for case in shipped:
        groups[case.group].append(case)
    for group in groups.values():
        facts = [{**case.facts, "order": ""} for case in group]
        assert all(other == facts[0] for other in facts)
        assert {(case.as_of, case.expected) for case in group} == {(group[0].as_of, group[0].expected)}
        assert len({case.question for case in group}) == len(group)
    assert sum(len(group) > 1 for group in groups.values()) >= 15


def test_each_acceptable_citation_holds_the_deciding_words_at_that_instant(
    shipped: list[PolicyCase], samples: Ledger
) -> None:
    timeline = samples.timeline()
    for case in shipped:
        for handle, words in zip(case.expected.citations, case.expected.words, strict=True):
            found = check_citation(samples, timeline, handle, case.as_of, timeline.recorded_at, ("public",), words)
            assert found.verdict == "supported", (case.id, found.detail)
            assert applies(timeline.publishes[handle.version].applies_to, case.facts), case.id
        assert {handle.version.policy_id for handle in case.expected.citations} == set(case.expected.policy_ids)


def test_what_must_not_be_cited_exists_and_does_not_hold_for_the_case(
    shipped: list[PolicyCase], samples: Ledger
) -> None:
    timeline = samples.timeline()
    for case in shipped:
        for forbidden in case.expected.must_not_cite:
            version = forbidden.version if isinstance(forbidden, Handle) else forbidden
            said = timeline.policies[version.policy_id].in_force(case.as_of, timeline.recorded_at)
            holds = said is not None and said.revision == version.number
            assert not holds or applies(timeline.publishes[version].applies_to, case.facts) is False, case.id


def test_periods_in_the_deciding_words_agree_with_the_decision(shipped: list[PolicyCase]) -> None:
    compared = 0
    for case in shipped:
        periods = [re.search(r"within (\d+) (days|months) of delivery", words) for words in case.expected.words]
        for period in filter(None, periods):
            limit = int(period[1]) * (30.44 if period[2] == "months" else 1)
            within = int(case.facts["days_since_delivery"]) <= limit
            assert within == (case.expected.decision == "eligible"), case.id
            compared += 1
    assert compared >= 30


def test_no_case_is_a_demonstration_elsewhere_in_the_repository(shipped: list[PolicyCase]) -> None:
    folders = ("benchmarks", "docs", "evaluator", "policies", "retriever", "scripts", "tests")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in (".md", ".py", "")]
    files += ROOT.glob("*.md")
    texts = {file: file.read_text() for file in files if file.is_file()}
    assert len(texts) > 100
    for case in shipped:
        assert [str(file) for file, text in texts.items() if case.question in text] == []


def test_the_documented_line_is_a_case(written: Written) -> None:
    text = (ROOT / "docs" / "policy-cases.md").read_text()
    example = text[text.index("    {") : text.index("(on one line")]
    (case,) = read_policy_cases(written("example.jsonl", json.loads(example)))
    assert case.expected.decision == "eligible"
