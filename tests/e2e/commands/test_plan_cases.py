"""plan --cases: which golden questions gain, lose or change their evidence before a revision is published."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from evaluator.retrieval.golden import read_golden
from policies.instant import format_instant
from tests.e2e.command import Run
from tests.root import ROOT

CASES = ROOT / "evals" / "policy_cases.jsonl"


def authored(path: Path, policy: str, body: str, effective: str | None = "2024-01-01", **fields: str) -> Path:
    front = {
        "policy": policy,
        "title": f"Title of {policy}",
        **({"effective": effective} if effective else {}),
        **fields,
    }
    path.write_text("---\n" + "".join(f"{key}: {value}\n" for key, value in front.items()) + f"---\n{body}\n")
    return path


def question(id: str, gold_text: str, as_of: str | None = "2026-06-01", **fields: Any) -> dict[str, Any]:
    asked = {"query": "How long may damaged items be returned?", "policy_id": "P-7", "revision": 1}
    return {"id": id, **asked, **({"as_of": as_of} if as_of else {}), "gold_text": gold_text, **fields}


def golden(path: Path, *questions: dict[str, Any]) -> Path:
    path.write_text("".join(f"{json.dumps(question)}\n" for question in questions))
    return path


@pytest.fixture(scope="module")
def shop(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """P-7@1 and P-8@1, each in force from 2024."""
    folder = tmp_path_factory.mktemp("planned")
    one = authored(folder / "one.md", "P-7", "Damaged items within 7 days are eligible.\n\nGifts are final.")
    two = authored(folder / "two.md", "P-8", "Opened software is excluded.")
    run("publish", one, two, "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A draft of P-7@2 from 2026 that says 30 days, and nothing of gifts."""
    path = tmp_path_factory.mktemp("drafts") / "thirty.md"
    return authored(path, "P-7", "Damaged items within 30 days are eligible.", "2026-01-01")


def files(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file() and "-shm" not in path.name}


def test_questions_gain_lose_change_or_keep_their_evidence(run: Run, shop: Path, thirty: Path, tmp_path: Path) -> None:
    asked = golden(
        tmp_path / "golden.jsonl",
        question("gains", "within 30 days", k=1),
        question("loses", "within 7 days", k=1),
        question("keeps", "within 7 days", "2025-06-01", k=1),
        question("changes", "never said", k=1),
    )
    before = files(shop)
    printed = run("plan", thirty, "--cases", asked, "--home", shop).stdout.splitlines()
    assert printed[-4:] == [
        "questions: 1 unchanged, 0 regoverned, 1 gained, 1 lost, 1 changed, 0 abstains; "
        "with the words that decide (*): 2 before, 2 after",
        "  gained    gains as of 2026-06-01T00:00:00Z: P-7@1#1 -> P-7@2#1 *",
        "  lost      loses as of 2026-06-01T00:00:00Z: P-7@1#1 * -> P-7@2#1",
        "  changed   changes as of 2026-06-01T00:00:00Z: P-7@1#1 -> P-7@2#1",
    ]
    assert files(shop) == before


def test_a_changed_lead_in_regoverns_the_evidence(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    run(
        "publish",
        authored(tmp_path / "a.md", "G-1", "Guests may bring:\n\n- beer\n- wine", "2025-01-01"),
        "--home",
        home,
    )
    turned = authored(tmp_path / "b.md", "G-1", "Guests must not bring:\n\n- beer\n- wine", "2025-02-01")
    asked = golden(tmp_path / "golden.jsonl", question("turned", "never said", query="beer", policy_id="G-1", k=1))
    made = json.loads(run("plan", turned, "--cases", asked, "--json", "--home", home).stdout)
    assert [it["change"] for it in made["cases"]["questions"]] == ["regoverned"]
    [revision] = made["policies"][0]["revisions"]
    assert (revision["regoverned"], revision["reworded"]) == (2, 1)
    assert [change["change"] for change in revision["governing"]] == ["reworded"]


def test_the_same_words_in_another_revision_are_told_as_such(run: Run, shop: Path, tmp_path: Path) -> None:
    body = "Damaged items within 7 days are eligible.\n\nGifts are refunded."
    gifts = authored(tmp_path / "gifts.md", "P-7", body, "2026-01-01")
    asked = golden(
        tmp_path / "golden.jsonl",
        question("same", "within 7 days", k=1),
        question("other", "never said", query="Gifts?", k=1),
    )
    made = json.loads(run("plan", gifts, "--cases", asked, "--json", "--home", shop).stdout)["cases"]["questions"]
    assert [(it["change"], it["same_words"]) for it in made] == [("changed", True), ("changed", False)]
    assert [it["after"]["citations"] for it in made] == [["P-7@2#1"], ["P-7@2#2"]]


def test_refuse_exits_1_where_a_question_loses_its_evidence(run: Run, shop: Path, thirty: Path, tmp_path: Path) -> None:
    loses = golden(tmp_path / "loses.jsonl", question("loses", "within 7 days"))
    made = json.loads(run("plan", thirty, "--cases", loses, "--refuse", "--json", "--home", shop, exits=1).stdout)
    assert made["cases"]["counts"] == {
        "unchanged": 0,
        "regoverned": 0,
        "gained": 0,
        "lost": 1,
        "changed": 0,
        "abstains": 0,
    }
    [lost] = made["cases"]["questions"]
    assert lost["added"] == [{"citation": "P-7@2#1", "text": "Damaged items within 30 days are eligible."}]
    assert [passage["citation"] for passage in lost["removed"]] == ["P-7@1#1", "P-7@1#2"]
    gains = golden(tmp_path / "gains.jsonl", question("gains", "within 30 days"))
    run("plan", thirty, "--cases", gains, "--refuse", "--home", shop)
    run("plan", thirty, "--cases", loses, "--home", shop)


def test_the_exit_code_of_a_warning_stays(run: Run, shop: Path, tmp_path: Path) -> None:
    drafts = [
        authored(tmp_path / "a.md", "P-5", "First.", "2024-01-01", until="2024-06-01"),
        authored(tmp_path / "b.md", "P-5", "Second.", "2024-07-01"),
    ]
    keeps = golden(tmp_path / "g.jsonl", question("keeps", "within 7 days"))
    run("plan", *drafts, "--cases", keeps, "--refuse", "--home", shop, exits=4)


def test_a_question_whose_policy_ends_has_none_and_loses(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("publish", authored(tmp_path / "a.md", "P-7", "Damaged items within 7 days are eligible."), "--home", home)
    region = authored(tmp_path / "b.md", "P-7", "Only in the US.", "2026-01-01", applies_to="{region: [US]}")
    asked = golden(
        tmp_path / "g.jsonl",
        question("loses", "within 7 days", facts={"region": "NO"}),
        question("abstains", "never said", facts={"region": "NO"}),
    )
    made = json.loads(run("plan", region, "--cases", asked, "--json", "--home", home).stdout)["cases"]
    assert [question["change"] for question in made["questions"]] == ["lost", "abstains"]
    assert made["questions"][0]["after"] == {"citations": [], "holds": False, "abstained": "not_applicable"}


def test_what_has_no_date_of_its_own_is_asked_and_starts_now(run: Run, shop: Path, tmp_path: Path) -> None:
    undated = authored(tmp_path / "u.md", "P-7", "Damaged items within 60 days are eligible.", None)
    asked = golden(tmp_path / "g.jsonl", question("now", "within 60 days", None))
    made = json.loads(run("plan", undated, "--cases", asked, "--json", "--home", shop).stdout)["cases"]
    assert made["questions"][0]["change"] == "gained"


def test_the_planned_evidence_is_what_is_answered_after_publishing(run: Run, tmp_path: Path) -> None:
    """Over the held-out cases and the sample policies, with the model that ships."""
    home, samples = tmp_path / "home", sorted((ROOT / "policies" / "samples").glob("*.md"))
    run("publish", *samples, "--home", home)
    draft = authored(
        tmp_path / "p7.md",
        "P-7",
        "# Damaged items\n\nDamaged items may be returned within 45 days of delivery.\n\nA photograph is enough.",
        "2025-02-01",
    )
    made = json.loads(run("plan", draft, "--cases", CASES, "--json", "--home", home).stdout)["cases"]
    assert len(made["questions"]) == 69
    assert made["counts"]["lost"] > 0
    asked = tmp_path / "asked.jsonl"
    lines = [
        {
            "id": one.id,
            "query": one.query.text,
            "facts": dict(one.query.facts),
            "as_of": format_instant(one.query.as_of or 0),
        }
        for one in read_golden(CASES)
    ]
    golden(asked, *lines)

    def answered() -> dict[str, list[str]]:
        answers = run("retrieve", "--from-file", asked, "--json", "--home", home).stdout.splitlines()
        found = zip(lines, map(json.loads, answers), strict=True)
        return {line["id"]: [item["citation"] for item in answer["evidence"]] for line, answer in found}

    assert {one["id"]: one["before"]["citations"] for one in made["questions"]} == answered()
    run("publish", draft, "--home", home)
    assert {one["id"]: one["after"]["citations"] for one in made["questions"]} == answered()


def test_a_line_that_cannot_be_accepted_is_named(run: Run, shop: Path, thirty: Path, tmp_path: Path) -> None:
    bad = golden(tmp_path / "bad.jsonl", question("a", "within 7 days"), {**question("b", "x"), "gold_text": None})
    refused = run("plan", thirty, "--cases", bad, "--home", shop, exits=1)
    assert f"{bad}, line 2: gold_text is missing" in refused.stderr
    assert (
        "--refuse is about the questions of --cases" in run("plan", thirty, "--refuse", "--home", shop, exits=2).stderr
    )


def test_without_an_evaluator_it_says_what_is_missing(
    run_process: Run, shop: Path, thirty: Path, tmp_path: Path
) -> None:
    nothing = tmp_path / "asof-0.1.0.dist-info"
    nothing.mkdir()
    (nothing / "METADATA").write_text("Metadata-Version: 2.1\nName: asof\nVersion: 0.1.0\n")
    path = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    refused = run_process("plan", thirty, "--cases", CASES, "--home", shop, exits=2, env=path, cwd=tmp_path)
    assert "--cases needs the evaluator, and no installed package offers one" in " ".join(refused.stderr.split())
