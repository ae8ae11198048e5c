"""What an author takes back or corrects, each command a process of its own: correct, undo,
unschedule and describe."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Run


def authored(words: str, effective: str, **fields: str) -> str:
    front = {"policy": "P-7", "title": "Damaged items", "effective": effective, **fields}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in front.items()) + f"---\n{words}\n"


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    """P-7@1 since 2024, and P-7@2 scheduled for 2100; transactions 1 and 2."""
    for name, words, effective in (("one", "Within 7 days.", "2024-01-01"), ("two", "Within 30 days.", "2100-01-01")):
        (tmp_path / f"{name}.md").write_text(authored(words, effective))
        run("publish", tmp_path / f"{name}.md", "--home", tmp_path / "home")
    return tmp_path / "home"


def says(run: Run, home: Path, as_of: str, *more: str) -> str | None:
    listed = json.loads(run("retrieve", "how many days", "--as-of", as_of, *more, "--home", home, "--json").stdout)
    return listed["evidence"][0]["citation"] if listed["evidence"] else listed["abstained"]["reason"]


def parsed(done: Any) -> Any:
    return json.loads(done.stdout)


def test_scheduled_change_is_cancelled_after_a_look_at_what_that_changes(run: Run, home: Path) -> None:
    command = ("unschedule", "P-7@2", "--note", "postponed", "--home", home)
    planned = parsed(run(*command, "--dry-run", "--json"))
    change = {
        "policy_id": "P-7",
        "valid_from": "2100-01-01T00:00:00Z",
        "valid_to": None,
        "was": "P-7@2",
        "becomes": "P-7@1",
    }
    assert (planned["changes"], planned["dry_run"], planned["recorded_at"]) == ([change], True, None)
    assert "Nothing was recorded" in run(*command, "--dry-run").stdout
    assert says(run, home, "2100-02-01") == "P-7@2#1"
    printed = run(*command).stdout
    assert "as of dates from 2100-01-01 on:\n        before P-7@2, now P-7@1;" in printed
    assert "still P-7@2" in printed
    assert says(run, home, "2100-02-01") == "P-7@1#1"
    assert "was taken back by transaction 3 already" in run(*command, exits=1).stderr
    assert "began on 2024-01-01" in run("unschedule", "P-7@1", "--home", home, exits=1).stderr
    run("verify", "--home", home)


def test_undo_takes_back_the_newest_commit_and_undone_again_brings_it_back(run: Run, home: Path) -> None:
    known_at = parsed(run("status", "--home", home, "--json"))["recorded_at"]
    first = parsed(run("undo", "1", "--json", "--home", home))
    assert [(event["kind"], event["undoes"]) for event in first["events"]] == [("undo", [1])]
    assert [(change["was"], change["becomes"]) for change in first["changes"]] == [("P-7@1", "nothing")]
    assert says(run, home, "2025-01-01") == "no_policy_in_force"
    assert says(run, home, "2025-01-01", "--known-at", known_at) == "P-7@1#1"
    assert says(run, home, "2100-02-01") == "P-7@2#1"
    again = parsed(run("undo", "--json", "--home", home))
    assert [event["undoes"] for event in again["events"]] == [[3]]
    assert says(run, home, "2025-01-01") == "P-7@1#1"
    assert "There is no transaction 9 to undo" in run("undo", "9", "--home", home, exits=1).stderr
    run("undo", "0", "--home", home, exits=2)


def test_typing_error_is_corrected_and_the_answer_of_before_stays_provable(
    run: Run, home: Path, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(run("retrieve", "how many days", "--as-of", "2025-01-01", "--home", home, "--json").stdout)
    known_at = parsed(run("status", "--home", home, "--json"))["recorded_at"]
    right = tmp_path / "right.md"
    right.write_text(authored("Within 70 days.", "2024-01-01"))
    printed = run("correct", "P-7@1", right, "--note", "70, not 7", "--home", home).stdout
    assert "publish   P-7@3  from 2024-01-01 through 2099-12-31  corrects P-7@1" in printed
    assert "as of dates from 2024-01-01 through 2099-12-31:\n        before P-7@1, now P-7@3;" in printed
    assert says(run, home, "2025-01-01") == "P-7@3#1"
    assert says(run, home, "2025-01-01", "--known-at", known_at) == "P-7@1#1"
    assert says(run, home, "2100-02-01") == "P-7@2#1"
    assert "P-7@1: since corrected by P-7@3" in run("replay", answer, "--home", home).stdout
    assert "unchanged P-7@3" in run("publish", right, "--home", home).stdout
    assert "was corrected by P-7@3" in run("correct", "P-7@1", right, "--home", home, exits=1).stderr
    run("verify", "--home", home)


def test_description_changes_no_evidence_and_holds_although_the_file_is_published_again(
    run: Run, home: Path, tmp_path: Path
) -> None:
    asked = ("retrieve", "how many days", "--as-of", "2025-01-01", "--home", home, "--json")
    before = parsed(run(*asked))["receipt"]["evidence_digest"]
    known_at = parsed(run("status", "--home", home, "--json"))["recorded_at"]
    describe = ("describe", "P-7", "--owner", "returns-team", "--note", "Ask Ada", "--review-by", "2026-06-01")
    assert parsed(run(*describe, "--dry-run", "--json", "--home", home))["changes"] == []
    assert "Every date is answered as before" in run(*describe, "--home", home).stdout
    assert parsed(run(*asked))["receipt"]["evidence_digest"] == before
    run("cite", "P-7@1#1", "--as-of", "2025-01-01", "--home", home)
    assert "unchanged P-7@1" in run("publish", tmp_path / "one.md", "--home", home).stdout
    shown = parsed(run("show", "P-7", "--json", "--home", home))
    assert (shown["owner"], shown["note"], shown["review_by"]) == ("returns-team", "Ask Ada", "2026-06-01T00:00:00Z")
    since = "(described since; the file says none)"
    held = f"owner: returns-team {since}\nnote: Ask Ada {since}\nreview by: 2026-06-01 {since}\n"
    assert held in run("show", "P-7", "--home", home).stdout
    earlier = parsed(run("show", "P-7", "--json", "--known-at", known_at, "--home", home))
    assert (earlier["owner"], earlier["note"], earlier["review_by"]) == (None, None, None)
    refused = run("undo", "--home", home, exits=1).stderr
    assert "`asof describe P-7 --no-owner --no-note --no-review-by` sets it back" in refused
    assert "Nothing changed" in run(*describe[:4], "--home", home).stdout
    run("describe", "P-7", "--home", home, exits=2)
    run("verify", "--home", home)


def test_a_description_says_what_was_said_of_each_revision_and_can_be_cleared(
    run: Run, home: Path, tmp_path: Path
) -> None:
    words = authored("Within 60 days.", "2110-01-01", owner="later-team", review_by="2111-01-01")
    (tmp_path / "three.md").write_text(words)
    run("publish", tmp_path / "three.md", "--home", home)
    printed = run("describe", "P-7", "--review-by", "2026-06-01", "--home", home).stdout.splitlines()
    assert printed == [
        "describe  P-7",
        "    P-7@1 review by: nothing -> 2026-06-01",
        "    P-7@2 review by: nothing -> 2026-06-01",
        "    P-7@3 review by: 2111-01-01 -> 2026-06-01",
        "    Every date is answered as before.",
        "Recorded as transaction 4.",
    ]
    cleared = parsed(run("describe", "P-7", "--no-owner", "--no-review-by", "--dry-run", "--json", "--home", home))
    assert [(each["version"], each["field"], each["was"], each["becomes"]) for each in cleared["described"]] == [
        ("P-7@1", "review_by", "2026-06-01T00:00:00Z", None),
        ("P-7@2", "review_by", "2026-06-01T00:00:00Z", None),
        ("P-7@3", "owner", "later-team", None),
        ("P-7@3", "review_by", "2026-06-01T00:00:00Z", None),
    ]
    run("describe", "P-7", "--no-owner", "--home", home)
    assert "owner: none (described since; the file says later-team)" in run("show", "P-7@3", "--home", home).stdout
    both = run("describe", "P-7", "--owner", "x", "--no-owner", "--home", home, exits=2).stderr
    assert "--owner and --no-owner contradict each other" in both


def test_a_write_says_its_transaction_and_an_undo_what_it_takes_back(run: Run, home: Path) -> None:
    assert run("undo", "2", "--home", home).stdout.splitlines()[1:] == [
        "    takes back 2 (publish P-7@2)",
        "    P-7 as of dates from 2100-01-01 on:",
        "        before P-7@2, now P-7@1;",
        f"        known at an instant before {recorded_at(run, home)}: still P-7@2",
        "Recorded as transaction 3.",
    ]


def recorded_at(run: Run, home: Path) -> str:
    at: str = parsed(run("status", "--home", home, "--json"))["recorded_at"]
    return at[:19].replace("T", " ")


def test_withdraw_and_restore_may_only_be_tried_and_name_the_instant(run: Run, home: Path) -> None:
    tried = run("withdraw", "P-7", "--from", "2026-01-01", "--until", "2026-02-01", "--dry-run", "--home", home).stdout
    assert "P-7 as of dates from 2026-01-01 through 2026-01-31:\n        before P-7@1, then withdrawn;" in tried
    assert "before now" not in tried
    assert says(run, home, "2026-01-15") == "P-7@1#1"
    run("withdraw", "P-7", "--from", "2026-01-01", "--home", home)
    told = parsed(run("restore", "P-7", "--from", "2026-01-01", "--dry-run", "--json", "--home", home))
    assert [(change["was"], change["becomes"]) for change in told["changes"]] == [
        ("withdrawn", "P-7@1"),
        ("withdrawn", "P-7@2"),
    ]
    assert says(run, home, "2026-01-15") == "withdrawn"


def test_what_has_begun_is_refused_with_all_that_an_undo_would_take_back(run: Run, home: Path, tmp_path: Path) -> None:
    for policy in ("Q-1", "Q-2"):
        words = authored("Words.", "2024-01-01").replace("P-7", policy)
        (tmp_path / f"{policy}.md").write_text(words)
    run("publish", tmp_path / "Q-1.md", tmp_path / "Q-2.md", "--home", home)
    refused = run("unschedule", "Q-1@1", "--home", home, exits=1).stderr
    assert "`asof withdraw Q-1` ends it, and `asof undo 3` takes it back, together with 4 (publish Q-2@1)" in refused


def test_wrong_usage_exits_2_and_names_what_is_wrong(run: Run, home: Path, tmp_path: Path) -> None:
    right = tmp_path / "one.md"
    for command, message in (
        (("withdraw", "P-7@1", "--from", "2026-01-01"), "P-7@1 is a revision; name the policy, P-7"),
        (("history", "P-7@1"), "name the policy, P-7"),
        (("unschedule", "P-7"), "'P-7' is not a version id; write policy@revision"),
        (("correct", "P-7", right), "is not a version id"),
        (("undo", "--note", ""), "is empty; leave it out, or say something"),
        (("undo", "--author", " "), "is empty"),
        (("publish", right, "--author", ""), "is empty"),
        (("describe", "P-7", "--owner", ""), "is empty"),
        (("describe", "P-7", "--note", "two\nlines"), "write one line of text"),
        (("restrict", "P-7@1", "--audience", ""), "write one line of text"),
        (("log", "--since", "2026-01-01", "--until", "2025-01-01"), "is not after since, 2026-01-01T00:00:00Z"),
        (("show", "P-7", "--as-of", "soon"), "'soon' is neither a date"),
    ):
        done = run(*command, "--home", home, exits=2)
        assert message in done.stderr
        assert done.stdout == ""
    assert parsed(run("status", "--home", home, "--json"))["tx"] == 2
