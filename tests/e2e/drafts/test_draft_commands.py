"""The author's and the approver's day by commands: draft, submit, approve, reject, force, sign off, erase."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Run

Call = Callable[..., Any]
PEOPLE = {
    "bo": ("--role", "author", "--person", "Bo Chen"),
    "ann": ("--role", "approver", "--person", "Ann Lee"),
    "ada": ("--role", "admin", "--person", "Ada Min"),
    "bo reads": ("--role", "reader", "--person", "Bo Chen"),
    "reader": ("--role", "reader", "--person", "Rea Der"),
}


def authored(words: str, **fields: str) -> str:
    front = {"policy": "P-7", "title": "Damaged items", **fields}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in front.items()) + f"---\n{words}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def call(run: Run, home: Path, tmp_path: Path) -> Call:
    """Runs a command as somebody: `call("submit", draft, who="bo")`. Each person's key is made when it is needed.

    P-7@1 is in force, and P-* needs an approval.
    """
    keys: dict[str, str] = {}
    (tmp_path / "p7.md").write_text(authored("Within 30 days.", effective="2024-01-01"))
    run("publish", tmp_path / "p7.md", "--home", home)
    run("settings", "approval", "required", "--policies", "P-*", "--home", home)

    def command(*arguments: object, who: str | None = None, **more: Any) -> Any:
        if who is not None and who not in keys:
            keys[who] = run("key", "create", *PEOPLE[who], "--home", home).stdout.split()[0]
        env = {} if who is None else {"ASOF_KEY": keys[who]}
        return run(*arguments, "--home", home, env=env, **more)

    return command


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A file with other words, without a date."""
    (tmp_path / "new.md").write_text(authored("Within 60 days."))
    return tmp_path / "new.md"


def kept(call: Call, file: Path, *options: object, who: str | None = "bo") -> str:
    """The id of the draft of a file."""
    [found] = json.loads(call("draft", file, *options, "--json", who=who).stdout)["drafts"]
    return str(found["id"])


def test_a_draft_is_handed_in_approved_and_in_force(call: Call, new: Path) -> None:
    draft = kept(call, new)
    assert "Bo Chen" in call("drafts").stdout
    shown = call("drafts", draft, who="bo").stdout
    assert "state     draft" in shown
    assert "based on  P-7@1, transaction 1" in shown
    assert "in force  from its approval on" in shown
    assert "Within [-30-] {+60+} days." in shown
    assert f"submitted {draft}" in call("submit", draft, who="bo").stdout
    assert "takes a key of role approver or admin" in call("approve", draft, exits=1).stderr
    assert "takes a key of role approver or admin" in call("approve", draft, who="bo", exits=1).stderr
    assert "publish   P-7@2" in call("approve", draft, "--note", "as agreed", who="ann").stdout
    newest = json.loads(call("log", "--json").stdout)["events"][0]
    assert (newest["author"], newest["approval"]["person"]) == ("Bo Chen", "Ann Lee")
    assert (newest["approval"]["draft"], newest["approval"]["base"]) == (draft, {"version": "P-7@1", "tx": 1})
    assert "approved by Ann Lee: as agreed" in " ".join(call("log", "--limit", "1").stdout.split())
    assert "There are no drafts" in call("drafts").stdout
    assert f"{draft} is published: it is P-7@2, by transaction 3" in call("submit", draft, who="bo", exits=1).stderr
    call("verify")


def test_an_approval_that_is_sent_again_says_that_the_draft_is_published(call: Call, new: Path) -> None:
    draft = kept(call, new)
    call("submit", draft, who="bo")
    for _ in range(2):
        assert f"approved  {draft}" in call("approve", draft, "--later", "--note", "fine", who="ann").stdout
    call("approve", draft, who="bo")
    for options in ((), ("--later",)):
        again = call("approve", draft, *options, who="ann", exits=1)
        assert f"{draft} is published: it is P-7@2, by transaction 3" in again.stderr
        assert again.stdout == ""
    assert f"{draft} is published" in call("reject", draft, "--reason", "no", who="ann", exits=1).stderr
    assert "There is no draft" in call("approve", draft, who="ada", exits=1).stderr


def test_what_is_refused_without_an_approval_says_what_to_do(call: Call, new: Path, tmp_path: Path) -> None:
    refused = call("publish", new, exits=1).stderr
    assert "Approval is required for P-7, so nothing was recorded." in refused
    assert "`asof draft FILE`" in refused
    assert "Approval is required for P-7" in call("correct", "P-7@1", new, exits=1).stderr
    row = {"policy_id": "P-8", "revision": 1, "effective_from": "2024-01-01", "title": "Eight", "text": "Words."}
    (tmp_path / "rows.jsonl").write_text(json.dumps({**row, "effective_to": None, "withdrawn": False}) + "\n")
    assert "Approval is required for P-8" in call("import", tmp_path / "rows.jsonl", exits=1).stderr
    assert "Approval is required for P-7" in call("plan", new).stdout
    assert "takes an approver there" in call("undo", "1", exits=1).stderr
    call("undo", "1", "--dry-run")
    call("undo", "1", who="ann")
    assert json.loads(call("log", "--json").stdout)["events"][0]["author"] == "Ann Lee"


def test_only_an_admin_sets_what_is_required(call: Call) -> None:
    for who in (None, "bo", "ann"):
        assert "an admin" in call("settings", "approval", "optional", who=who, exits=1).stderr
    assert "when their author publishes them" in call("settings", "approval", "optional", who="ada").stdout


def test_a_home_with_keys_has_its_first_rule_set_by_an_admin(run: Run, tmp_path: Path) -> None:
    home = ("--home", tmp_path / "other")
    run("key", "create", "--role", "reader", *home)
    assert "is for an admin to set" in run("settings", "approval", "required", *home, exits=1).stderr
    run("settings", "timezone", "Europe/Berlin", *home)


def test_a_key_that_may_not_write_deletes_no_draft_not_even_its_holders_own(call: Call, new: Path) -> None:
    draft = kept(call, new)
    call("submit", draft, who="bo")
    assert "is of role reader, which may not write" in call("drafts", "--delete", draft, who="bo reads", exits=1).stderr
    assert draft in call("drafts").stdout
    assert f"deleted   {draft}  of P-7" in call("drafts", "--delete", draft, who="ada").stdout


def test_a_draft_that_was_altered_in_the_file_is_told_and_removed_by_whoever_has_the_file(
    call: Call, new: Path, home: Path
) -> None:
    draft = kept(call, new)
    with closing(sqlite3.connect(home / "ledger.db")) as elsewhere, elsewhere:
        elsewhere.execute("update drafts set content = replace(content, ':', ';')")
    for arguments in (("drafts",), ("drafts", draft), ("submit", draft)):
        said = call(*arguments, exits=1).stderr
        assert f"Draft {draft} cannot be read (JSONDecodeError" in said
        assert f"`asof drafts --delete {draft}`, without a key" in said
    call("drafts", "--delete", draft, who="bo", exits=1)
    assert f"deleted   {draft}  which could not be read" in call("drafts", "--delete", draft).stdout
    assert "There are no drafts" in call("drafts").stdout


def test_a_draft_says_who_wrote_it(call: Call, new: Path) -> None:
    assert "nobody can tell" in call("draft", new, exits=1).stderr
    assert "may not write" in call("draft", new, who="reader", exits=1).stderr
    draft = kept(call, new, "--author", "Ann Lee", who=None)
    call("submit", draft)
    assert "nobody approves a draft of their own" in call("approve", draft, who="ann", exits=1).stderr


def test_an_edit_voids_an_approval_and_a_publish_beneath_does_too(call: Call, new: Path) -> None:
    draft = kept(call, new)
    call("submit", draft, who="bo")
    assert f"approved  {draft}" in call("approve", draft, "--later", who="ann").stdout
    new.write_text(authored("Within 6 days."))
    edited = call("draft", new, "--id", draft, who="bo").stdout
    assert "the approval of Ann Lee" in edited
    assert "is void: the draft was edited at" in edited
    call("submit", draft, who="bo")
    call("withdraw", "P-7", "--from", "2030-01-01")
    behind = call("approve", draft, who="ann", exits=1).stderr
    assert "cannot be decided on: the submission of Bo Chen" in behind
    shown = call("drafts", draft, who="bo").stdout
    assert "is void: transaction 3 (withdraw P-7) changed P-7" in shown
    assert f"asof draft FILE --id {draft}" in call("submit", draft, who="bo", exits=1).stderr
    assert kept(call, new, "--id", draft) == draft
    call("submit", draft, who="bo")
    assert "publish   P-7@2" in call("approve", draft, who="ann").stdout


def test_a_draft_approved_for_later_is_published_by_who_asks(call: Call, new: Path) -> None:
    draft = kept(call, new)
    call("submit", draft, who="bo")
    call("approve", draft, "--later", who="ann")
    assert "may not write" in call("approve", draft, who="reader", exits=1).stderr
    assert "publish   P-7@2" in call("approve", draft, who="bo").stdout
    assert json.loads(call("log", "--json").stdout)["events"][0]["approval"]["person"] == "Ann Lee"


def test_a_rejected_draft_goes_back_and_may_be_deleted(call: Call, new: Path) -> None:
    draft = kept(call, new)
    call("submit", draft, who="bo")
    call("reject", draft, "--reason", "say which days", who="ann")
    shown = call("drafts", draft, who="bo").stdout
    assert "state     rejected" in shown
    assert "say which days" in shown
    assert "Ann Lee did not write" in call("drafts", "--delete", draft, who="ann", exits=1).stderr
    assert f"deleted   {draft}" in call("drafts", "--delete", draft, who="bo").stdout
    assert json.loads(call("drafts", "--json").stdout) == {"drafts": []}


def test_an_approval_may_name_the_digest_that_was_read(call: Call, new: Path) -> None:
    draft = kept(call, new)
    call("submit", draft, who="bo")
    assert (
        "has other words than those you name" in call("approve", draft, "--digest", "0" * 64, who="ann", exits=1).stderr
    )
    digest = json.loads(call("drafts", draft, "--json").stdout)["digest"]
    call("approve", draft, "--digest", digest, who="ann")


def test_words_in_force_already_are_no_draft(call: Call, tmp_path: Path) -> None:
    assert (
        "P-7@1 says these words over this period already" in call("draft", tmp_path / "p7.md", who="bo", exits=1).stderr
    )
    assert call("drafts", "--json", who="bo").stdout == call("drafts", "--json").stdout


def test_a_forced_publish_is_listed_until_another_person_signs_it_off(call: Call, new: Path) -> None:
    assert "go together" in call("publish", new, "--force", exits=2).stderr
    force = ("--force", "--reason", "a recall")
    assert "Only an admin" in call("publish", new, *force, who="ann", exits=1).stderr
    call("publish", new, *force, who="ada")
    assert "a recall" in call("drafts", "--unreviewed").stdout
    [due] = json.loads(call("due", "--json").stdout)["due"]
    assert (due["kind"], due["version"]) == ("unreviewed", "P-7@2")
    told = " ".join(call("log").stdout.split())
    assert "forced by Ada Min: a recall (not signed off yet)" in told
    assert "another person signs it off" in call("sign-off", "P-7@2", who="ada", exits=1).stderr
    call("sign-off", "P-7@2", "--note", "read", who="ann")
    assert "Nothing waits for a sign-off" in call("drafts", "--unreviewed").stdout
    assert "signed off by Ann Lee" in " ".join(call("history", "P-7").stdout.split())


def test_a_dry_run_says_what_would_change_and_that_it_would_be_refused(call: Call, new: Path) -> None:
    for command in (("correct", "P-7@1", new, "--note", "a slip"), ("undo", "1")):
        tried = " ".join(call(*command, "--dry-run", who="bo").stdout.split())
        done = " ".join(call(*command, who="bo", exits=1).stderr.split())
        assert "P-7 as of dates" in tried
        assert "without --dry-run it would be refused: Approval is required for P-7" in tried
        assert done.removeprefix("asof: ") in tried
    assert "Nothing was recorded; without" in call("undo", "1", "--dry-run", who="ann").stdout


def test_an_erasure_leaves_no_byte_of_drafts_and_reasons(call: Call, new: Path, home: Path, tmp_path: Path) -> None:
    new.write_text(authored("The zanzibar recipe is thyme."))
    draft = kept(call, new)
    call("submit", draft, who="bo")
    call("approve", draft, "--note", "zanzibar it is", who="ann")
    (tmp_path / "next.md").write_text(authored("The zanzibar recipe is thyme. And salt.", effective="2100-01-01"))
    other = kept(call, tmp_path / "next.md")
    call("erase", "P-7@2", "--reason", "an order", "--yes")
    assert json.loads(call("drafts", other, "--json").stdout)["state"] == "erased"
    assert b"zanzibar" not in b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    call("verify")


def test_an_erasure_lists_the_drafts_and_reasons_that_repeat_the_words_and_stay(
    call: Call, new: Path, tmp_path: Path
) -> None:
    new.write_text(authored("The zanzibar recipe of Herbert is thyme and salt."))
    (tmp_path / "next.md").write_text(authored("Plain words.", effective="2100-01-01"))
    for file, reason in (
        (new, "the zanzibar recipe of Herbert is right"),
        (tmp_path / "next.md", "no RECIPE of Herbert is."),
    ):
        draft = kept(call, file)
        call("submit", draft, who="bo")
        call("approve", draft, "--note", reason, who="ann")
    (tmp_path / "more.md").write_text(authored("A zanzibar recipe of Herbert.", effective="2101-01-01"))
    (tmp_path / "other.md").write_text(authored("Nothing of it.", effective="2102-01-01"))
    stays, _ = kept(call, tmp_path / "more.md"), kept(call, tmp_path / "other.md")
    rejected = kept(call, tmp_path / "other.md")
    call("submit", rejected, who="bo")
    call("reject", rejected, "--reason", "it lacks thyme: recipe of Herbert is thyme", who="ann")
    done = call("erase", "P-7@2", "--reason", "an order", "--yes", "--json")
    told = json.loads(done.stdout)
    assert [(note["field"], note["text"]) for note in told["notes"]] == [("reason", "no RECIPE of Herbert is.")]
    assert sorted((held["id"], held["field"]) for held in told["drafts"]) == sorted(
        [(stays, "words"), (rejected, "reason")]
    )
    assert f"the words of draft {stays} of P-7, which goes with `asof drafts --delete {stays}`" in done.stderr


def test_where_approvals_are_required_the_log_names_who_restricted_and_who_erased(call: Call) -> None:
    call("restrict", "P-7@1", "--audience", "legal", who="ada")
    call("erase", "P-7@1", "--reason", "an order", "--yes", who="ann")
    events = json.loads(call("log", "P-7", "--json").stdout)["events"]
    assert [(event["kind"], event["author"]) for event in events[:2]] == [("erase", "Ann Lee"), ("restrict", "Ada Min")]


def test_a_folder_is_no_draft_and_the_refusal_says_what_to_name(call: Call, tmp_path: Path) -> None:
    refused = " ".join(call("draft", tmp_path, who="bo", exits=2).stderr.split())
    assert "is a folder; name its files, such as" in refused
    assert "There are no drafts" in call("drafts").stdout


def test_a_key_that_may_not_write_writes_nothing_by_any_command(run: Run, tmp_path: Path) -> None:
    home = ("--home", tmp_path / "own")
    text = "---\npolicy: T-1\ntitle: Travel\neffective: 2025-01-01\n---\nBy train.\n"
    (tmp_path / "t.md").write_text(text)
    run("publish", tmp_path / "t.md", *home)
    key = run("key", "create", "--role", "reader", "--person", "Rita Roth", *home).stdout.split()[0]
    (tmp_path / "t.md").write_text(text.replace("train", "plane"))
    for command in (("publish", tmp_path / "t.md"), ("describe", "T-1", "--owner", "Rita"), ("undo",)):
        refused = run(*command, *home, env={"ASOF_KEY": key}, exits=1).stderr
        assert "of role reader, which may not write" in refused
    author = run("key", "create", "--role", "author", "--person", "Bo Chen", *home).stdout.split()[0]
    run("describe", "T-1", "--owner", "travel-team", *home, env={"ASOF_KEY": author})
    assert json.loads(run("log", "--json", *home).stdout)["events"][0]["author"] == "Bo Chen"
