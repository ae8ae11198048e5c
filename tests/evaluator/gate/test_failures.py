"""Each failed answer stands once in a record, with all that is needed to mend it; its words are shown, never obeyed."""

import html
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluator.cli import app
from evaluator.files.policy_cases import PolicyCase, read_policy_cases
from evaluator.gate.failures import LONGEST, Failure
from evaluator.gate.record import Record
from evaluator.gate.reports.junit import junit
from evaluator.gate.reports.markdown import escaped, markdown
from evaluator.gate.reports.page import page
from tests.evaluator.gate.gate_runs import check, cited, gate, rules_in, run_in, trace

RULES = """
[[rate]]
name = "right"
of = "decisions"
checks = ["decision"]
at_least = 0.1

[[never]]
name = "no wrong decision"
of = "decisions"
checks = ["decision", "policy_id"]
"""

NEEDED = {"decision": "eligible", "policy_id": "P-7", "citations": ["P-7@2#1"], "words": {"P-7@2#1": "within 30 days"}}
RIGHT = {"eligible": True, "policy_id": "P-7", "citations": ["P-7@2#1"], "answer": "Yes, within 30 days."}
WRONG = {**RIGHT, "eligible": False, "answer": "No, it may not."}
NAMED = {"checkpoint": "assistant-1", "prompt": "returns-1", "release": "2025-03"}

IDS = ("good", "wrong", "misled", "handed-over", "late")

EXPECTED = "eligible by P-7, citing P-7@2#1"


def asked(id: str, answer: Any = RIGHT, first_token_ms: float = 300, **fields: Any) -> dict[str, Any]:
    """A trace of a case, as it was asked."""
    given = {"question": f"May the {id} lamp go back?", "facts": {"region": "US"}, "as_of": "2025-04-01"}
    evidence = {"evidence": ["P-7@2#1"], "executed_actions": []}
    return {**trace(f"trace-{id}", first_token_ms, case=id, **given, **evidence), "answer": answer, **fields}


def judged(id: str, right: bool = True) -> list[dict[str, Any]]:
    """The records of its decision: two checks, which both fail where it is wrong."""
    if right:
        return [check(id, "decision"), check(id, "policy_id")]
    return [
        check(id, "decision", "FAIL", "wrong_decision", "not_eligible, where the policy has eligible"),
        check(id, "policy_id", "FAIL", "wrong_policy", "names P-9, and not P-7"),
    ]


def decided(*records: dict[str, Any], expected: bool = True) -> dict[str, Any]:
    """The document of `asof-eval decisions`, which says what is expected of a case; earlier ones did not."""
    said = {"expected": EXPECTED} if expected else {}
    ids = dict.fromkeys(record["id"] for record in records)
    return {"records": list(records), "by_case": {id: {"group": id, "verdict": "PASS", **said} for id in ids}}


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """One right answer; one wrong with the words that decide, one without; one rightly handed over; one late."""
    by_hand = {"eligible": None, "policy_id": None, "citations": []}
    traces = [
        asked("good"),
        asked("wrong", WRONG),
        asked("misled", WRONG, evidence=["P-9@1#1"]),
        asked("handed-over", by_hand, escalation={"reason": "citations", "detail": "one may not apply"}),
        asked("late", first_token_ms=2500),
    ]
    records = [record for id in IDS for record in judged(id, right=id not in ("wrong", "misled"))]
    nobody_can_tell = cited("trace-handed-over", outcome="UNKNOWN", why="unconfirmed", in_evidence=None)
    citations = [cited(f"trace-{id}") for id in IDS if id != "handed-over"] + [nobody_can_tell]
    return run_in(tmp_path / "new", traces, decisions=decided(*records), citations={"answers": 5, "records": citations})


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    """All right, by a release that is named; the case that is misled had the words that decide."""
    traces = [asked(id, **NAMED) for id in IDS]
    return run_in(tmp_path / "old", traces, decisions=decided(*(it for id in IDS for it in judged(id))))


@pytest.fixture
def cases_file(tmp_path: Path) -> Path:
    shared = {"facts": {"region": "US"}, "as_of": "2025-04-01"}
    lines = (
        {
            "id": id,
            "group": id,
            "question": f"May the {id} lamp go back?",
            **shared,
            "expected": {"decision": "escalate"} if id == "handed-over" else NEEDED,
        }
        for id in IDS
    )
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.fixture
def cases(cases_file: Path) -> dict[str, PolicyCase]:
    return {case.id: case for case in read_policy_cases(cases_file)}


def by_case(made: Record) -> dict[str, Failure]:
    found = {failure.case: failure for failure in made.failures}
    assert len(found) == len(made.failures)
    return found


class TestWhichFailed:
    def test_each_failed_answer_is_there_once_in_the_order_of_the_run(self, tmp_path: Path, candidate: Path) -> None:
        made = gate(tmp_path, RULES, candidate)
        assert [failure.case for failure in made.failures] == ["wrong", "misled", "late"]
        named = [it.case for found in made.findings for it in found.cases]
        assert named.count("wrong") > 1  # by two rules, and by two checks

    def test_a_case_that_was_rightly_handed_over_is_none(self, tmp_path: Path, candidate: Path) -> None:
        made = gate(tmp_path, RULES, candidate)
        by_citations = next(it for it in made.measures if it.part == "citations" and it.by == "case")
        assert (by_citations.candidate.value, by_citations.candidate.n) == (1.0, 4)  # nobody can tell of its citation
        assert "handed-over" not in by_case(made)

    def test_a_case_that_was_wrongly_handed_over_is_one(self, tmp_path: Path) -> None:
        over = asked("wrong", {"eligible": None}, escalation={"reason": "citations"})
        run = run_in(tmp_path / "new", [over], decisions=decided(*judged("wrong", right=False)))
        assert by_case(gate(tmp_path, RULES.replace("0.1", "0.9"), run)).keys() == {"wrong"}

    def test_a_late_answer_is_servings_though_it_is_right(self, tmp_path: Path, candidate: Path) -> None:
        late = by_case(gate(tmp_path, RULES, candidate))["late"]
        assert (late.owner, late.rule, late.updates_weights) == ("serving", "first-token-late", False)
        assert late.found == ("the first token came after 2,500 ms",)

    def test_each_trial_has_an_owner_of_its_own(self, tmp_path: Path, cases: dict[str, PolicyCase]) -> None:
        late, wrong = asked("late", RIGHT, 2500, trial=1), {**asked("late", WRONG, trial=2), "id": "trace-2"}
        records = [{**it, "trial": 1} for it in judged("late")]
        records += [{**it, "trial": 2} for it in judged("late", right=False)]
        run = run_in(tmp_path / "new", [late, wrong], decisions=decided(*records))
        made = gate(tmp_path, '[[never]]\nname = "never"\nof = "decisions"\n', run, cases=cases)
        assert [(it.name, it.owner) for it in made.failures] == [
            ("late (trial 1)", "serving"),
            ("late (trial 2)", "prompt contract or demonstrations"),
        ]

    def test_a_perfect_run_has_none(self, tmp_path: Path, baseline: Path) -> None:
        assert gate(tmp_path, RULES, baseline).failures == ()


class TestWhatIsSaid:
    def test_it_holds_all_that_was_asked_given_answered_and_expected(self, tmp_path: Path, candidate: Path) -> None:
        wrong = by_case(gate(tmp_path, RULES, candidate))["wrong"]
        assert wrong.question == "May the wrong lamp go back?"
        assert (wrong.facts, wrong.as_of, wrong.evidence) == ({"region": "US"}, "2025-04-01", ("P-7@2#1",))
        assert json.loads(wrong.answer) == WRONG
        assert wrong.expected == EXPECTED
        assert wrong.found == (
            "FAIL decision: not_eligible, where the policy has eligible",
            "FAIL policy_id: names P-9, and not P-7",
        )

    def test_what_a_receipt_says_is_said_where_the_trace_does_not(self, tmp_path: Path) -> None:
        answer = {**trace("wrong"), "answer": "No."}
        answer["receipt"] = {"request": {"as_of": "2025-04-01", "facts": {"region": "CA"}}}
        run = run_in(tmp_path / "new", [answer], decisions=decided(*judged("wrong", right=False)))
        wrong = by_case(gate(tmp_path, RULES, run))["wrong"]
        assert (wrong.facts, wrong.as_of, wrong.evidence) == ({"region": "CA"}, "2025-04-01", None)
        assert not {"question", "evidence"} & dict(wrong.lines()).keys()

    def test_a_long_answer_is_cut(self, tmp_path: Path) -> None:
        for length, said in ((LONGEST, "x" * LONGEST), (LONGEST + 1, "x" * LONGEST + "…")):
            records = decided(*judged("wrong", right=False))
            run = run_in(tmp_path / str(length), [asked("wrong", "x" * length)], decisions=records)
            assert by_case(gate(tmp_path, RULES, run))["wrong"].answer == said

    def test_what_is_expected_comes_from_the_decisions_or_else_from_the_cases(
        self, tmp_path: Path, cases: dict[str, PolicyCase]
    ) -> None:
        records = decided(*judged("wrong", right=False), expected=False)
        run = run_in(tmp_path / "run", [asked("wrong", WRONG)], decisions=records)
        assert by_case(gate(tmp_path, RULES, run))["wrong"].expected is None
        assert by_case(gate(tmp_path, RULES, run, cases=cases))["wrong"].expected == EXPECTED

    def test_the_cases_tell_whether_the_words_that_decide_were_given(
        self, tmp_path: Path, candidate: Path, cases: dict[str, PolicyCase]
    ) -> None:
        found = by_case(gate(tmp_path, RULES, candidate, cases=cases))
        assert (found["wrong"].owner, found["wrong"].rule) == (
            "prompt contract or demonstrations",
            "fact-given-answer-wrong",
        )
        assert (found["misled"].owner, found["misled"].rule) == ("retrieval index", "needed-fact-missing")
        assert by_case(gate(tmp_path, RULES, candidate))["misled"].rule == "unexplained"

    def test_what_passed_before_on_the_same_evidence_is_a_matter_of_rolling_back(
        self, tmp_path: Path, candidate: Path, baseline: Path, cases: dict[str, PolicyCase]
    ) -> None:
        found = by_case(gate(tmp_path, RULES, candidate, baseline, cases))
        assert found["wrong"].owner == "evaluation gate and rollback"
        assert found["misled"].owner == "retrieval index"  # it had other evidence
        assert found["late"].owner == "serving"


class TestWhatChanged:
    def test_checkpoint_prompt_and_release_are_named_where_they_differ(self, tmp_path: Path, baseline: Path) -> None:
        records = decided(*(it for id in IDS for it in judged(id)))
        now = {"checkpoint": "assistant-2", "release": "2025-04"}
        new = run_in(tmp_path / "new", [asked(id, **{**NAMED, **now}) for id in IDS], decisions=records)
        made = gate(tmp_path, RULES, new, baseline)
        assert made.changed == ("checkpoint: assistant-1 -> assistant-2", "release: 2025-03 -> 2025-04")
        for text in (html.unescape(page(made)), html.unescape(markdown(made))):
            assert "checkpoint: assistant-1 -> assistant-2" in text
            assert "release: 2025-03 -> 2025-04" in text
        changed = ET.fromstring(junit(made)).find(".//property[@name='changed']")
        assert changed is not None
        assert changed.attrib["value"] == "; ".join(made.changed)

    def test_what_one_run_does_not_name_is_said_to_be_not_named(
        self, tmp_path: Path, candidate: Path, baseline: Path
    ) -> None:
        assert gate(tmp_path, RULES, candidate, baseline).changed == (
            "checkpoint: assistant-1 -> not named",
            "prompt: returns-1 -> not named",
            "release: 2025-03 -> not named",
        )

    def test_nothing_changed_where_nothing_is_compared_or_all_is_the_same(self, tmp_path: Path, baseline: Path) -> None:
        assert gate(tmp_path, RULES, baseline).changed == ()
        assert gate(tmp_path, RULES, baseline, baseline).changed == ()


class TestReports:
    @pytest.fixture
    def made(self, tmp_path: Path, candidate: Path, baseline: Path, cases: dict[str, PolicyCase]) -> Record:
        return gate(tmp_path, RULES, candidate, baseline, cases)

    def test_the_page_and_the_markdown_tell_each_failure_whole_and_once(self, made: Record) -> None:
        web, text = html.unescape(page(made)), markdown(made)
        for failure in made.failures:
            assert web.count(f"<h3>{failure.name}</h3>") == 1
            assert web.count(f"<strong>{failure.owner}</strong>: {failure.action}") == 1
            assert web.count(failure.question or "") == text.count(failure.question or "") == 1
            for name, value in failure.lines():
                assert value in web
                assert f"- {escaped(name)}: {escaped(value)}\n" in text

    def test_junit_tells_it_whole_with_the_first_rule_that_names_its_case(self, made: Record) -> None:
        told = {case.attrib["name"]: "".join(case.itertext()) for case in ET.fromstring(junit(made)).iter("testcase")}
        for case in ("wrong", "misled"):
            for name, value in by_case(made)[case].lines():
                assert f"    {name}: {' '.join(value.split())}" in told["no wrong decision"]
            assert sum(text.count(f"May the {case} lamp go back?") for text in told.values()) == 1

    def test_the_json_has_every_field(self, made: Record) -> None:
        [wrong, *_] = made.content()["failures"]
        assert wrong.keys() >= {"case", "trial", "question", "facts", "as_of", "evidence", "answer", "expected"}
        assert wrong.keys() >= {"found", "owner", "rule", "action", "updates_weights"}

    def test_the_command_prints_five_and_says_how_many_more(self, tmp_path: Path) -> None:
        ids = [f"case-{at}" for at in range(7)]
        records = decided(*(it for id in ids for it in judged(id, right=False)))
        run = run_in(tmp_path / "run", [asked(id, WRONG) for id in ids], decisions=records)
        rules = rules_in(tmp_path / "gate.toml", RULES)
        result = CliRunner().invoke(app, ["gate", "--rules", str(rules), "--candidate", str(run)])
        assert [f"May the {id} lamp go back?" in result.stdout for id in ids] == [True] * 5 + [False] * 2
        assert "and 2 more that failed; --html, --markdown and --json have them" in result.stdout

    def test_the_command_reads_the_cases(self, tmp_path: Path, candidate: Path, cases_file: Path) -> None:
        rules = rules_in(tmp_path / "gate.toml", RULES)
        options = ["gate", "--rules", str(rules), "--candidate", str(candidate), "--json"]
        content = json.loads(CliRunner().invoke(app, [*options, "--cases", str(cases_file)]).stdout)
        assert [it["owner"] for it in content["failures"]] == [
            "prompt contract or demonstrations",
            "retrieval index",
            "serving",
        ]
        cases_file.write_text('{"id": "a"}\n')
        assert CliRunner().invoke(app, [*options, "--cases", str(cases_file)]).exit_code == 2


HOSTILE = '<script>alert(1)</script> "><img src=x onerror=y> | [a](http://x.example) @someone \x1b[31m\u202e ]]>'


class TestWordsOfOthers:
    @pytest.fixture
    def made(self, tmp_path: Path) -> Record:
        """A record in which every text from outside tries something."""
        wrong = asked(
            "wrong",
            {"answer": HOSTILE},
            question=HOSTILE,
            facts={HOSTILE: HOSTILE},
            **dict.fromkeys(("checkpoint", "prompt", "release"), HOSTILE),
        )
        records = decided(check("wrong", "decision", "FAIL", "wrong_decision", HOSTILE), check("wrong", "policy_id"))
        records["by_case"]["wrong"]["expected"] = HOSTILE
        new = run_in(tmp_path / "new", [wrong], decisions=records)
        old = run_in(tmp_path / "old", [{"id": "wrong", "answer": "Yes."}], decisions=decided(*judged("wrong")))
        return gate(tmp_path, RULES, new, old)

    @pytest.mark.parametrize("report", [page, markdown])
    def test_reports_show_them_and_obey_nothing(self, made: Record, report: Callable[[Record], str]) -> None:
        text = report(made)
        assert "<script" not in text
        assert "<img" not in text
        assert not {"\x1b", "\u202e"} & set(text)
        assert text.count("&lt;script&gt;") >= 8  # detail, question, fact twice, answer, expected, and who answered

    def test_markdown_links_nowhere_mentions_nobody_and_keeps_each_value_on_its_line(self, made: Record) -> None:
        text = markdown(made)
        assert "http://" not in text
        assert not re.search(r"(?<!\\)\]\(", text)
        assert "@someone" not in text
        told = text[text.index("### What failed") :].splitlines()
        assert sum(line.startswith("- ") for line in told) == len(made.failures[0].lines())

    def test_junit_stays_xml_and_the_terminal_is_left_alone(self, made: Record, tmp_path: Path) -> None:
        failure = ET.fromstring(junit(made)).find(".//failure")
        assert failure is not None
        assert "<script>alert(1)</script>" in (failure.text or "")
        rules = rules_in(tmp_path / "gate.toml", RULES)
        printed = CliRunner().invoke(app, ["gate", "--rules", str(rules), "--candidate", str(tmp_path / "new")]).stdout
        assert not {"\x1b", "\u202e"} & set(printed)
