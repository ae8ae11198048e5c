"""What authors and auditors do to a home, each command a process of its own: plan, diff, erase, restrict, verify,
import, import-git; and several of them at once.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from indexer.encoding.embedding import Encoder
from indexer.text.passage import Passage
from policies.instant import parse_instant
from policies.storage.writer_lock import writer_lock
from tests.e2e.command import COMMAND, Run
from tests.e2e.serving import serving_here
from tests.root import ROOT

ROUNDS = 3

BUSY = """
import sys
from pathlib import Path
from policies.errors import LedgerBusy
from retriever.bootstrap import Asof
from retriever.config import Settings
try:
    Asof(Settings(Path(sys.argv[1]))).writer().catch_up(wait=0.3)
except LedgerBusy as error:
    print(error)
"""


def authored(policy: str, body: str, effective: str = "2024-01-01", **fields: str) -> str:
    front = {"policy": policy, "title": f"Title of {policy}", "effective": effective, **fields}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in front.items()) + f"---\n{body}\n"


def written(folder: Path, **texts: str) -> list[Path]:
    """Files with these texts, by name."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{name}.md" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def parsed(done: "subprocess.CompletedProcess[str]") -> Any:
    return json.loads(done.stdout)


def head(home: Path) -> tuple[int, str]:
    """The newest transaction of a ledger and its hash; (0, "") where there is none."""
    if not (home / "ledger.db").exists():
        return (0, "")
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        found: tuple[int, str] | None = db.execute("select tx, hash from events order by tx desc limit 1").fetchone()
        return found or (0, "")


@pytest.fixture(scope="module")
def shop(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """P-7@1 from 2024, P-7@2 from 2025-03 and P-7@3 scheduled from 2990."""
    folder = tmp_path_factory.mktemp("shop")
    one = "Damaged items within 7 days are eligible.\n\nGifts are final.\n\nOld and gone for ever."
    two = "Gifts are final.\n\nDamaged items within 30 days of delivery are eligible.\n\nElectronics need a receipt."
    files = written(
        folder,
        one=authored("P-7", one),
        two=authored("P-7", two, "2025-03-01"),
        three=authored("P-7", "Ninety days.", "2990-01-01"),
    )
    run("publish", *files, "--home", folder / "home")
    return folder / "home"


class TestPlan:
    """plan: exit 0, 4 with warnings, 1 refused; never a change."""

    def test_plan_prints_what_would_be_and_exits_0(self, run: Run, shop: Path, tmp_path: Path) -> None:
        before = head(shop)
        text = authored(
            "P-7", "Gifts are final.\n\nDamaged items within 60 days of delivery are eligible.", "2026-01-01"
        )
        [file] = written(tmp_path, p=text)
        printed = run("plan", file, "--home", shop).stdout
        assert printed.splitlines() == [
            "P-7",
            "  now    @1 from 2024-01-01 through 2025-02-28 | @2 from 2025-03-01 through 2989-12-31 "
            "| @3 from 2990-01-01 on",
            "  then   @1 from 2024-01-01 through 2025-02-28 | @2 from 2025-03-01 through 2025-12-31 "
            "| @4 from 2026-01-01 through 2989-12-31 | @3 from 2990-01-01 on",
            "  superseded: @2 from 2026-01-01 through 2989-12-31",
            "  P-7@4: 2 passages against P-7@2: 1 unchanged, 1 reworded, 0 added, 1 removed; 1 to embed",
            "    reworded   Damaged items within [-30-] {+60+} days of delivery are eligible.",
            "    removed    [-Electronics need a receipt.-]",
        ]
        assert head(shop) == before

    def test_plan_that_hides_a_scheduled_revision_exits_4(self, run: Run, shop: Path, tmp_path: Path) -> None:
        [file] = written(tmp_path, p=authored("P-7", "For good.", "2026-01-01"))
        made = parsed(run("plan", file, "--replace-scheduled", "--json", "--home", shop, exits=4))
        assert made["warnings"] == ["P-7@3, from 2990-01-01, would never be in force any more"]
        assert made["policies"][0]["revisions"][0]["version"] == "P-7@4"

    def test_plan_that_leaves_a_gap_exits_4_and_makes_no_home(self, run: Run, tmp_path: Path) -> None:
        files = written(
            tmp_path,
            a=authored("P-1", "First.", until="2024-06-01"),
            b=authored("P-1", "Second.", "2024-07-01"),
        )
        printed = run("plan", *files, "--home", tmp_path / "none", exits=4).stdout
        assert printed.splitlines()[-1] == ("WARNING: P-1: nothing is in force from 2024-06-01 through 2024-06-30")
        assert "  gaps: from 2024-06-01 through 2024-06-30" in printed
        assert not (tmp_path / "none").exists()

    def test_plan_that_publishing_would_refuse_exits_1(self, run: Run, shop: Path, tmp_path: Path) -> None:
        [file] = written(tmp_path, p=authored("P-7", "Words.", "soon"))
        refused = run("plan", file, "--home", shop, exits=1)
        assert (refused.stdout, f"{file}: effective: 'soon'" in refused.stderr) == ("", True)


class TestDiff:
    def test_diff_prints_every_passage_that_changed_with_its_words_marked(self, run: Run, shop: Path) -> None:
        printed = run("diff", "P-7@1", "P-7@2", "--home", shop).stdout
        assert printed.splitlines() == [
            "P-7@1 -> P-7@2: 1 unchanged, 1 reworded, 1 added, 1 removed",
            "",
            "reworded #1 -> #2",
            "    Damaged items within [-7-] {+30+} days {+of delivery+} are eligible. ",
            "",
            "added #3",
            "    {+Electronics need a receipt.+} ",
            "",
            "removed #3",
            "    [-Old and gone for ever.-] ",
        ]

    def test_diff_as_json_holds_every_passage_of_both(self, run: Run, shop: Path) -> None:
        made = parsed(run("diff", "P-7@1", "P-7@2", "--json", "--home", shop))
        assert (made["before"], made["after"]) == ("P-7@1", "P-7@2")
        assert [(change["kind"], change["before"], change["after"]) for change in made["passages"]] == [
            ("unchanged", 2, 1),
            ("reworded", 1, 2),
            ("added", None, 3),
            ("removed", 3, None),
        ]
        assert made["passages"][0]["words"] == [{"mark": "same", "text": "Gifts are final."}]
        assert {"mark": "added", "text": "of delivery "} in made["passages"][1]["words"]

    def test_diff_of_a_revision_that_is_not_there_names_it(self, run: Run, shop: Path) -> None:
        assert "P-7@9" in run("diff", "P-7@1", "P-7@9", "--home", shop, exits=1).stderr


SECRET = Passage("Zyxomma affair", ("Quoxwhistle heading",), (), "Ottoline Wraxmoor may keep the vase.")
SHARED = "Everyone else returns it within 30 days."


@pytest.fixture(scope="module")
def vault(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """P-6@1, erased after P-8@1, which shares a passage with it, was published."""
    folder = tmp_path_factory.mktemp("erasing")
    body = f"# {SECRET.section[0]}\n\n{SECRET.text}\n\n{SHARED}"
    files = written(
        folder,
        secret=authored("P-6", body, title=SECRET.title, note="Wraxmoor asked"),
        other=authored("P-8", SHARED),
    )
    run("publish", *files, "--home", folder / "home")
    return folder / "home"


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def used_by_a_service(home: Path) -> dict[str, bytes]:
    """What a service notes down of the secret: asked for it, told what a model made of it, sent it again under a name.

    The model's answer quotes it, once with its evidence and once without.
    """
    with serving_here(home) as service:
        answer = service.post("/v1/retrieve", json={"query": "Who may keep it?", "as_of": "2025-01-01"}).json()
        receipt = answer["receipt"]
        assert "P-6@1#1" in [item["citation"] for item in answer["evidence"]]
        words = SECRET.text.replace("vase", "Pseudovase")
        for trace in ({"id": "t1", "receipt": receipt, "evidence": answer["evidence"]}, {"id": "t2"}):
            service.post("/v1/traces", json={**trace, "answer": words}).raise_for_status()
        sent = {"file": (home.parent / "secret.md").read_text()}
        named = {"idempotency-key": "again"}
        again = service.post("/v1/policies/P-6/revisions", json=sent, headers=named)
        assert again.json()["unchanged"] == ["P-6@1"]
    with closing(sqlite3.connect(home / "ledger.db")) as db:
        [[request]] = db.execute("select request from once").fetchall()
    return {
        "quote": b"pseudovase",
        "request": request.encode(),
        "evidence digest": receipt["evidence_digest"].encode(),
        "receipt id": receipt["id"].encode(),
    }


class TestErase:
    """erase: gone from every file of the home but as a tombstone."""

    def test_erase_needs_a_reason(self, run: Run, vault: Path) -> None:
        assert "--reason" in run("erase", "P-6@1", "--home", vault, exits=2).stderr
        assert head(vault)[0] == 2
        run("erase", "P-6@1", "--reason", " ", "--home", vault, exits=2)

    def test_words_and_all_that_was_made_of_them_are_in_no_file(self, run: Run, vault: Path, encoder: Encoder) -> None:
        with closing(sqlite3.connect(vault / "ledger.db")) as db:
            [(digest, salt)] = db.execute("select digest, salt from words where policy_id = 'P-6'").fetchall()
        traces = {word: word.encode() for word in ("zyxomma", "quoxwhistl", "ottolin", "wraxmoor")}
        traces |= {"vector": encoder.encode(SECRET.encoded()).tobytes(), "key": SECRET.key()}
        traces |= {"digest": digest.encode(), "salt": salt, "vase": b"vase"}
        traces |= used_by_a_service(vault)
        (vault / "cache").mkdir()
        (vault / "cache" / "checked").write_text(f"vase {sha256_of(SECRET.text)}")
        words = (vault.parent / "secret.md").read_text()
        traces |= {
            f"sha256 of {text[:20]!r}": sha256_of(text).encode() for text in (SECRET.text, SECRET.title, words)
        } | {f"bytes of sha256 of {text[:20]!r}": bytes.fromhex(sha256_of(text)) for text in (SECRET.text, words)}

        def found() -> set[str]:
            contents = [path.read_bytes() for path in vault.rglob("*") if path.is_file()]
            return {
                name
                for name, trace in traces.items()
                if any(trace in content or trace in content.lower() for content in contents)
            }

        assert found() >= traces.keys() - {name for name in traces if "sha256" in name}
        assert f"sha256 of {SECRET.text[:20]!r}" in found()
        erase = ("erase", "P-6@1", "--yes", "--reason", "court order 12/2026", "--author", "ada", "--home", vault)
        done = run(*erase)
        assert done.stderr.splitlines()[1] == f"    P-8@1, which holds them too, so erase that as well: {SHARED}"
        assert done.stdout.splitlines() == ["erase     P-6@1", "Recorded as transaction 3."]
        assert found() == set()

    def test_shared_passage_is_still_found_where_it_survives(self, run: Run, vault: Path) -> None:
        answer = parsed(run("retrieve", "return within 30 days", "--as-of", "2025-01-01", "--json", "--home", vault))
        assert [(item["citation"], item["text"]) for item in answer["evidence"]] == [("P-8@1#1", SHARED)]

    def test_tombstone_says_that_the_words_were_erased(self, run: Run, vault: Path) -> None:
        [period] = parsed(run("history", "P-6", "--json", "--home", vault))["periods"]
        assert (period["revision"], period["erased"], period["title"]) == (1, True, None)
        assert (period["valid_from"], period["valid_to"]) == ("2024-01-01T00:00:00Z", None)
        assert "(erased)" in run("history", "P-6", "--home", vault).stdout
        assert "P-6@1 were erased" in run("show", "P-6@1", "--home", vault, exits=1).stderr
        assert "CANNOT TELL" in run("cite", "P-6@1#1", "--as-of", "2025-01-01", "--home", vault, exits=3).stdout
        asked = ("--policy", "P-6", "--as-of", "2025-01-01", "--json")
        answer = parsed(run("retrieve", "vase", *asked, "--home", vault))
        assert (answer["evidence"], answer["abstained"]["reason"]) == ([], "erased")
        run("verify", "--home", vault)

    def test_erasing_again_is_no_change(self, run: Run, vault: Path) -> None:
        before = head(vault)
        again = parsed(run("erase", "P-6@1", "--yes", "--reason", "once more", "--json", "--home", vault))
        assert (again["events"], again["unchanged"], again["survive_in"]) == ([], ["P-6@1"], [])
        assert head(vault) == before

    def test_erasing_again_removes_what_a_crash_left_of_the_first_time(self, run: Run, vault: Path) -> None:
        stray = vault / "index" / "segment-00000001-9.safetensors"
        stray.write_bytes(SECRET.text.encode())
        run("erase", "P-6@1", "--yes", "--reason", "once more", "--home", vault)
        assert not stray.exists()


class TestRestrict:
    def test_restricted_revision_is_there_only_for_its_readers_at_every_date(self, run: Run, tmp_path: Path) -> None:
        home = tmp_path / "home"
        run("publish", *written(tmp_path, p=authored("P-9", "Settled out of court.")), "--home", home)
        known = parsed(run("status", "--json", "--home", home))["recorded_at"]
        run("restrict", "P-9@1", "--audience", "legal", "--audience", "board", "--home", home)
        questions = tmp_path / "questions.jsonl"
        lines = [{"query": "court", "as_of": "2025-01-01", **more} for more in ({}, {"known_at": known})]
        questions.write_text("".join(json.dumps(line) + "\n" for line in lines))
        asked = ("retrieve", "--from-file", questions, "--policy", "P-9", "--json", "--home", home)
        for answer in map(json.loads, run(*asked).stdout.splitlines()):
            assert (answer["evidence"], answer["abstained"]["reason"]) == ([], "unknown_policy")
        for answer in map(json.loads, run(*asked, "--audience", "legal").stdout.splitlines()):
            assert [item["citation"] for item in answer["evidence"]] == ["P-9@1#1"]
        again = run("restrict", "P-9@1", "--audience", "board", "--audience", "legal", "--home", home)
        assert "unchanged P-9@1" in again.stdout
        assert "P-9 has no revision 2" in run("restrict", "P-9@2", "--audience", "a", "--home", home, exits=1).stderr


class TestVerify:
    """verify: the chain, the words, the index's files."""

    @pytest.fixture
    def copy(self, shop: Path, tmp_path: Path) -> Path:
        shutil.copytree(shop, tmp_path / "copy")
        return tmp_path / "copy"

    def test_whole_home_verifies_and_says_its_head(self, run: Run, shop: Path) -> None:
        tx, newest = head(shop)
        found = parsed(run("verify", "--json", "--home", shop))
        assert found == {"events": tx, "policies": 1, "revisions": 3, "segments": 1, "head": newest}
        assert f"head {newest}\n" in run("verify", "--home", shop, "--head", newest.upper()).stdout

    def test_head_noted_earlier_is_still_held_after_more_was_written(self, run: Run, copy: Path) -> None:
        noted = head(copy)[1]
        run("withdraw", "P-7", "--from", "2991-01-01", "--home", copy)
        assert head(copy)[1] != noted
        run("verify", "--head", noted, "--home", copy)

    def test_unknown_head_is_refused(self, run: Run, shop: Path) -> None:
        unknown = "ab" * 32
        refused = run("verify", "--head", unknown, "--home", shop, exits=1).stderr
        assert f"does not hold the head {unknown}" in refused

    def test_edited_event_is_named(self, run: Run, copy: Path) -> None:
        with closing(sqlite3.connect(copy / "ledger.db")) as db, db:
            db.execute("update events set content = replace(content, '2024', '2023') where tx = 1")
            db.execute('update events set content = replace(content, \'"author":null\', \'"author":"x"\') where tx = 2')
        assert "Event 2 was edited" in run("verify", "--home", copy, exits=1).stderr

    def test_changed_byte_in_a_segment_is_found_and_a_rebuild_mends_it(self, run: Run, copy: Path) -> None:
        [segment] = (copy / "index").glob("segment-*")
        content = bytearray(segment.read_bytes())
        content[-1] ^= 1
        segment.write_bytes(content)
        refused = run("verify", "--home", copy, exits=1).stderr
        assert f"{segment} does not fit its checksum; run `asof index --rebuild`" in refused
        run("index", "--rebuild", "--home", copy)
        run("verify", "--home", copy)


ROWS: list[dict[str, Any]] = [
    {
        "policy_id": "P-1",
        "effective_from": "2020-01-01",
        "effective_to": "2021-01-01",
        "recorded_at": "2020-01-10",
        "text": "Seven days.",
    },
    {
        "policy_id": "P-1",
        "effective_from": "2021-01-01",
        "effective_to": None,
        "recorded_at": "2021-01-15T09:30:00Z",
        "text": "Thirty days.",
    },
    {
        "policy_id": "P-2",
        "effective_from": "2020-06-01",
        "effective_to": "2020-09-01",
        "withdrawn": True,
        "recorded_at": "2020-06-01",
        "text": "Gifts are final.",
    },
]


def rows_file(folder: Path, *changed: dict[str, Any], name: str = "rows.jsonl") -> Path:
    """ROWS as a file, each with the changes at its place."""
    rows = [row | change for row, change in zip(ROWS, [*changed, *[{}] * len(ROWS)], strict=False)]
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture(scope="module")
def loaded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    done = run("import", rows_file(folder), "--recorded-from-source", "--json", "--home", folder / "home")
    assert parsed(done)["added"] == 3
    return folder / "home"


class TestImportRecordedFromSource:
    """import --recorded-from-source: only for the first load, each row known from when its source recorded it."""

    def test_each_row_has_its_own_instant_of_recording(self, run: Run, loaded: Path) -> None:
        with closing(sqlite3.connect(loaded / "ledger.db")) as db:
            events = db.execute("select policy_id, revision, recorded_at from events order by tx").fetchall()
        instants = [("P-1", 1, "2020-01-10"), ("P-2", 1, "2020-06-01"), ("P-2", None, "2020-09-01")]
        instants.append(("P-1", 2, "2021-01-15T09:30:00Z"))
        assert events == [(policy, revision, parse_instant(at)) for policy, revision, at in instants]
        run("verify", "--home", loaded)

    def test_known_at_gives_the_answer_of_then(self, run: Run, loaded: Path, tmp_path: Path) -> None:
        asked: list[tuple[str, str, str, str | None, str | None]] = [
            # policy, as_of, known_at, citation (or the reason for none), valid_to
            ("P-1", "2020-06-01", "2020-01-09", "unknown_policy", None),
            ("P-1", "2020-06-01", "2020-01-10", "P-1@1#1", None),
            ("P-1", "2021-06-01", "2021-01-15T09:29:59Z", "P-1@1#1", None),
            ("P-1", "2021-06-01", "2021-01-15T09:30:00Z", "P-1@2#1", None),
            ("P-1", "2020-06-01", "2021-01-15T09:30:00Z", "P-1@1#1", "2021-01-01T00:00:00Z"),
            ("P-2", "2020-10-01", "2020-08-31", "P-2@1#1", None),
            ("P-2", "2020-10-01", "2020-09-01", "withdrawn", None),
            ("P-2", "2020-08-01", "2020-09-01", "P-2@1#1", "2020-09-01T00:00:00Z"),
        ]
        questions = tmp_path / "questions.jsonl"
        lines = [{"query": "days", "policies": [row[0]], "as_of": row[1], "known_at": row[2]} for row in asked]
        questions.write_text("".join(json.dumps(line) + "\n" for line in lines))
        answers = map(
            json.loads, run("retrieve", "--from-file", questions, "--json", "--home", loaded).stdout.splitlines()
        )
        found = [
            (answer["evidence"][0]["citation"], answer["evidence"][0]["valid_to"])
            if answer["evidence"]
            else (answer["abstained"]["reason"], None)
            for answer in answers
        ]
        assert found == [row[3:] for row in asked]

    def test_ledger_that_has_events_is_refused_with_the_reason(self, run: Run, loaded: Path, tmp_path: Path) -> None:
        before = head(loaded)
        refused = run("import", rows_file(tmp_path), "--recorded-from-source", "--home", loaded, exits=1).stderr
        assert "Only an initial load into an empty ledger may bring its own recorded_at" in refused
        assert head(loaded) == before

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ([{}, {"recorded_at": None}], "line 2: lacks 'recorded_at'"),
            ([{}, {"recorded_at": "2020-01-09"}], "line 2: recorded_at is before that of the row of P-1 before it"),
            ([{}, {"recorded_at": "2990-01-01"}], "recorded_at 2990-01-01T00:00:00Z lies in the future"),
            ([{}, {}, {"text": " "}], "line 3: text has no words"),
        ],
        ids=["no recorded_at", "backwards", "in the future", "last row is bad"],
    )
    def test_nothing_is_loaded_where_one_row_cannot_be(
        self, run: Run, tmp_path: Path, changed: list[dict[str, Any]], message: str
    ) -> None:
        file = rows_file(tmp_path, *changed)
        refused = run("import", file, "--recorded-from-source", "--home", tmp_path / "home", exits=1)
        assert message in refused.stderr
        assert head(tmp_path / "home") == (0, "")


def commit(repository: Path, when: str, subject: str, **texts: str | None) -> None:
    """One commit on the main branch of a bare repository; None deletes a file."""
    if not repository.exists():
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(repository)], check=True)
    has = subprocess.run(["git", "-C", str(repository), "rev-parse", "-q", "--verify", "main"], capture_output=True)
    seconds = parse_instant(when) // 1_000_000
    lines = [f"commit refs/heads/main\nauthor Ada <a@example.invalid> {seconds} +0000"]
    lines += [f"committer Carl <c@example.invalid> {seconds} +0000\ndata {len(subject)}\n{subject}"]
    lines += ["from refs/heads/main^0"] if has.returncode == 0 else []
    for name, text in texts.items():
        lines.append(
            f"D rules/{name}.md" if text is None else f"M 644 inline rules/{name}.md\ndata {len(text)}\n{text}"
        )
    stream = "\n".join([*lines, ""]).encode()
    subprocess.run(["git", "-C", str(repository), "fast-import", "--quiet"], input=stream, check=True)


def test_publish_warns_of_what_it_hides_and_names_the_way_back(run: Run, tmp_path: Path) -> None:
    texts = {
        "first": authored("P-1", "One."),
        "holiday": authored("P-1", "Two.", "2025-11-01", until="2026-02-01"),
        "over": authored("P-1", "Three.", "2025-12-01"),
    }
    *files, over = written(tmp_path / "files", **texts)
    home = tmp_path / "home"
    assert run("publish", *files, "--home", home).stderr == ""
    warned = "P-1@2 would be cut short: no longer in force from 2025-12-01 through 2026-01-31"
    planned = run("plan", over, "--json", "--home", home, exits=4)
    assert parsed(planned)["warnings"] == [warned]
    published = run("publish", over, "--home", home)
    assert published.stderr == f"WARNING: {warned}\nIf that is not meant, `asof undo` takes it back.\n"
    run("undo", "--home", home)
    again = run("publish", over, "--json", "--home", home)
    assert (parsed(again)["warnings"], again.stderr) == ([warned], "")
    run("undo", "--home", home)
    run("settings", "approval", "required", "--home", home)
    refused = run("publish", over, "--home", home, exits=1)
    assert f"WARNING: {warned}" in refused.stderr
    assert "takes it back" not in refused.stderr  # nothing was recorded


def test_import_git_takes_in_commits_and_a_second_time_only_the_new_ones(run: Run, tmp_path: Path) -> None:
    repository, home = tmp_path / "rules.git", tmp_path / "home"
    commit(repository, "2024-01-01", "First rules", returns="# Returns\n\nSeven days.\n", gifts="Gifts are final.\n")
    commit(repository, "2024-03-01", "A month", returns="# Returns\n\nThirty days.\n")
    importing = ("import-git", repository, "--under", "rules", "--home", home)
    first = parsed(run(*importing, "--json"))
    assert (first["revisions"], first["policies"], first["added"], first["unchanged"]) == (3, 2, 3, 0)
    shown = parsed(run("show", "returns", "--as-of", "2024-03-01", "--json", "--home", home))
    assert (shown["version"], shown["title"], shown["author"], shown["note"]) == (
        "returns@2",
        "Returns",
        "Ada",
        "A month",
    )
    commit(repository, "2024-06-01", "No gifts any more", returns="# Returns\n\nNinety days.\n", gifts=None)
    second = parsed(run(*importing, "--json"))
    assert (second["revisions"], second["added"], second["unchanged"]) == (4, 1, 3)
    listed = parsed(run("policies", "--as-of", "2024-07-01", "--json", "--home", home))["policies"]
    assert [(item["policy_id"], item["state"], item["version"]) for item in listed] == [
        ("gifts", "withdrawn", None),
        ("returns", "in_force", "returns@3"),
    ]
    before = head(home)
    assert "Nothing changed" in run(*importing).stdout
    assert head(home) == before


@pytest.fixture(scope="module")
def busy(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two processes published at once in each of several rounds, the first into a home that was not there."""
    folder = tmp_path_factory.mktemp("at-once")
    for number in range(ROUNDS):
        files = written(folder, **{side: authored(f"P-{side}{number}", f"Rule {number}.") for side in "ab"})
        publishing = [
            subprocess.Popen(
                [*COMMAND, "publish", str(file), "--home", str(folder / "home")],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=ROOT,
                text=True,
            )
            for file in files
        ]
        for process in publishing:
            printed, complaint = process.communicate(timeout=60)
            assert (process.returncode, complaint) == (0, "")
            assert printed.startswith("publish   P-")
    return folder / "home"


class TestAtOnce:
    """Several processes on one home."""

    def test_two_that_publish_at_once_both_succeed(self, run: Run, busy: Path) -> None:
        status = parsed(run("status", "--json", "--home", busy))
        both = 2 * ROUNDS
        assert [status[name] for name in ("policies", "revisions", "passages", "generation", "tx")] == [
            both,
            both,
            both,
            both,
            both,
        ]
        run("verify", "--home", busy)

    def test_writer_that_is_held_off_waits_and_then_succeeds(
        self, busy: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        [file] = written(tmp_path, p=authored("P-late", "Words."))
        before = head(busy)
        with writer_lock(busy):
            command = [*COMMAND, "publish", str(file), "--home", str(busy)]
            late = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, text=True)
            with pytest.raises(subprocess.TimeoutExpired):
                late.wait(timeout=4)
            assert head(busy) == before
        printed, _ = late.communicate(timeout=60)
        assert (late.returncode, printed) == (
            0,
            "publish   P-late@1  from 2024-01-01 on\nRecorded as transaction 7.\n",
        )

    def test_writer_that_is_held_off_for_too_long_is_told_to_try_again(
        self, busy: Path, environment: dict[str, str]
    ) -> None:
        with writer_lock(busy):
            began = time.monotonic()
            command = [sys.executable, "-c", BUSY, str(busy)]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60)
            assert time.monotonic() - began < 20
        assert done.stdout.startswith(f"Process {os.getpid()} has been writing to {busy} for "), done.stderr
        assert "and has not finished within 0.3 s; try again" in done.stdout

    def test_reader_is_not_blocked_by_a_writer(self, run: Run, busy: Path) -> None:
        with writer_lock(busy), closing(sqlite3.connect(busy / "ledger.db", isolation_level=None)) as writing:
            writing.execute("begin exclusive")
            writing.execute("delete from events")
            asked = ("retrieve", "Rule 0", "--policy", "P-a0", "--as-of", "2025-01-01", "--json", "--home", busy)
            assert [item["citation"] for item in parsed(run(*asked))["evidence"]] == ["P-a0@1#1"]
            assert "P-a0@1" in run("history", "P-a0", "--home", busy).stdout
            writing.execute("rollback")
