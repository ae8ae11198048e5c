"""Git repositories that the tests build with `git fast-import`, bare, with commit dates of their own."""

import gzip
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from policies.change import Load
from policies.errors import DraftError
from policies.instant import format_instant, parse_instant
from policies.ledger import Ledger
from policies.sources.git_history import read_git_history, slug
from policies.sources.revisions_file import Row, load_changes, read_revisions
from policies.storage.ledger_store import LedgerStore

Commit = tuple[str, str, dict[str, str | None]]
"""When, the subject, and the new content of each path (None deletes it)."""

Moves = dict[str, str]
"""New path by old path, of files moved in a commit of their own before the commit that merges them."""


def repository(folder: Path, commits: Iterable[Commit], moves: dict[str, Moves] | None = None) -> Path:
    """A bare repository whose main branch holds the commits, in their order; more are added to an older one.

    Where `moves` has a commit's instant, that commit is a merge of a branch that moved the files first.
    """
    if not (folder / "HEAD").exists():
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    has_branch = subprocess.run(["git", "-C", str(folder), "rev-parse", "-q", "--verify", "main"], capture_output=True)
    stream, parent = [], b"from refs/heads/main^0\n" if has_branch.returncode == 0 else b""
    for when, subject, files in commits:
        seconds = parse_instant(when) // 1_000_000
        message = subject.encode()
        merging = b""
        if moved := (moves or {}).get(when):
            stream.append(b"reset refs/heads/side\nfrom refs/heads/main%s\n" % (b"^0" if parent else b""))
            stream.append(b"commit refs/heads/side\ncommitter Carl <carl@example.invalid> %d +0000\n" % seconds)
            stream.append(b"data 4\nMove\n")
            stream += [f"R {json.dumps(old)} {json.dumps(new)}\n".encode() for old, new in moved.items()]
            merging = b"merge refs/heads/side\n"
        stream.append(b"commit refs/heads/main\n")
        stream.append(f"author Ada Author <ada@example.invalid> {seconds - 3600} +0100\n".encode())
        stream.append(f"committer Carl Committer <carl@example.invalid> {seconds} -0500\n".encode())
        stream.append(b"data %d\n%s\n" % (len(message), message))
        stream.append(parent + merging)
        parent = b""
        for path, text in sorted(files.items(), key=lambda item: item[1] is not None):
            if text is None:
                stream.append(f"D {json.dumps(path, ensure_ascii=False)}\n".encode())
            else:
                content = text.encode()
                stream.append(
                    f"M 100644 inline {json.dumps(path, ensure_ascii=False)}\n".encode() + b"data %d\n" % len(content)
                )
                stream.append(content + b"\n")
    subprocess.run(
        ["git", "-C", str(folder), "fast-import", "--quiet"], input=b"".join(stream), check=True, capture_output=True
    )
    return folder


def summary(rows: Sequence[Row]) -> list[tuple[str, int, str, str | None, bool]]:
    return [
        (
            row.draft.policy_id,
            row.number,
            format_instant(row.draft.valid_from or 0),
            None if row.draft.valid_to is None else format_instant(row.draft.valid_to),
            row.withdrawn,
        )
        for row in rows
    ]


LONG = "".join(f"Sentence number {n} of a policy that is long enough to be recognised.\n\n" for n in range(20))


def test_each_commit_that_changes_a_file_is_a_revision_from_its_committer_date(tmp_path: Path) -> None:
    found = read_git_history(
        repository(
            tmp_path,
            [
                ("2020-01-01", "Add returns", {"docs/Returns Policy.md": "# Returns\n\nWithin 7 days.\n"}),
                ("2020-02-01", "Unrelated", {"code.py": "print()\n"}),
                ("2020-03-01", "More days", {"docs/Returns Policy.md": "# Returns\n\nWithin 30 days.\n"}),
            ],
        )
    )
    assert summary(found) == [
        ("returns-policy", 1, "2020-01-01T00:00:00Z", "2020-03-01T00:00:00Z", False),
        ("returns-policy", 2, "2020-03-01T00:00:00Z", None, False),
    ]
    assert found[0].draft.title == "Returns"
    assert found[1].draft.note == "More days"
    assert found[1].draft.author == "Ada Author"


def test_a_rename_keeps_the_policy_and_a_pure_rename_is_no_revision(tmp_path: Path) -> None:
    found = read_git_history(
        repository(
            tmp_path,
            [
                ("2020-01-01", "Add", {"old.md": LONG}),
                ("2020-02-01", "Move", {"old.md": None, "sub/new.md": LONG}),
                ("2020-03-01", "Move and edit", {"sub/new.md": None, "third.md": LONG + "One more.\n"}),
            ],
        )
    )
    assert summary(found) == [
        ("old", 1, "2020-01-01T00:00:00Z", "2020-03-01T00:00:00Z", False),
        ("old", 2, "2020-03-01T00:00:00Z", None, False),
    ]


def test_a_rename_within_a_merge_is_followed_even_where_the_text_was_rewritten(tmp_path: Path) -> None:
    found = read_git_history(
        repository(
            tmp_path,
            [
                ("2020-01-01", "Add", {"old.md": LONG}),
                ("2020-02-01", "Merge the move", {"old.md": None, "new.md": "Rewritten from scratch.\n"}),
            ],
            {"2020-02-01": {"old.md": "new.md"}},
        )
    )
    assert summary(found) == [
        ("old", 1, "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z", False),
        ("old", 2, "2020-02-01T00:00:00Z", None, False),
    ]


def test_a_deletion_withdraws_and_the_same_name_later_is_a_policy_of_its_own(tmp_path: Path) -> None:
    found = read_git_history(
        repository(
            tmp_path,
            [
                ("2020-01-01", "Add", {"a.md": "One.\n"}),
                ("2020-02-01", "Drop", {"a.md": None}),
                ("2020-03-01", "Again", {"a.md": "Two.\n"}),
            ],
        )
    )
    assert summary(found) == [
        ("a", 1, "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z", True),
        ("a-2", 1, "2020-03-01T00:00:00Z", None, False),
    ]


def test_only_markdown_below_the_folder_counts_and_moving_out_of_it_withdraws(tmp_path: Path) -> None:
    found = read_git_history(
        repository(
            tmp_path,
            [
                ("2020-01-01", "Add", {"policies/a.md": LONG, "policies/a.txt": "x", "other/b.md": "B.\n"}),
                ("2020-02-01", "Archive", {"policies/a.md": None, "archive/a.md": LONG}),
            ],
        ),
        under="policies/",
    )
    assert summary(found) == [("a", 1, "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z", True)]


def test_a_symbolic_link_is_no_policy_and_a_file_that_becomes_one_is_withdrawn(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b.c", *arguments], check=True
        )

    git("init", "-q")
    (tmp_path / "returns.md").write_text("Seven days.\n")
    (tmp_path / "gifts.md").write_text("Never.\n")
    (tmp_path / "link.md").symlink_to("returns.md")
    git("add", ".")
    git("commit", "-qm", "Begin")
    (tmp_path / "gifts.md").unlink()
    (tmp_path / "gifts.md").symlink_to("returns.md")
    git("mv", "link.md", "moved.md")
    git("add", ".")
    git("commit", "-qm", "Link")
    rows = {row.draft.policy_id: row for row in read_git_history(tmp_path)}
    assert {name: (row.draft.text, row.withdrawn) for name, row in rows.items()} == {
        "returns": ("Seven days.\n", False),
        "gifts": ("Never.\n", True),
    }


def test_a_shallow_clone_is_told_of(tmp_path: Path) -> None:
    whole = repository(
        tmp_path / "whole", [("2024-01-01", "A", {"a.md": "One.\n"}), ("2024-02-01", "B", {"a.md": "Two.\n"})]
    )
    subprocess.run(["git", "clone", "-q", "--depth", "1", whole.as_uri(), str(tmp_path / "part")], check=True)
    told: list[str] = []
    assert len(read_git_history(whole, tell=told.append)) == 2
    assert told == []
    assert len(read_git_history(tmp_path / "part", tell=told.append)) == 1
    assert ["fetch --unshallow" in words for words in told] == [True]


def test_commits_of_one_second_or_with_a_clock_that_goes_back_keep_their_order(tmp_path: Path) -> None:
    found = read_git_history(
        repository(
            tmp_path,
            [
                ("2020-01-01", "1", {"a.md": "One.\n"}),
                ("2020-01-01", "2", {"a.md": "Two.\n"}),
                ("2019-12-01", "3", {"a.md": "Three.\n"}),
            ],
        )
    )
    assert [row[2:4] for row in summary(found)] == [
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000001Z"),
        ("2020-01-01T00:00:00.000001Z", "2020-01-01T00:00:00.000002Z"),
        ("2020-01-01T00:00:00.000002Z", None),
    ]


def test_an_audience_in_the_front_matter_is_kept_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    good = "---\ntitle: Secret\naudience: [legal]\nversions:\n  fpt: '*'\n---\nWords.\n"
    found = read_git_history(repository(tmp_path / "good", [("2020-01-01", "Add", {"a.md": good})]))
    assert (found[0].draft.title, found[0].draft.audience) == ("Secret", ("legal",))
    bad = "---\naudience: [legal\n---\nWords.\n"
    with pytest.raises(DraftError, match=r"commit [0-9a-f]{12}, a\.md"):
        read_git_history(repository(tmp_path / "bad", [("2020-01-01", "Add", {"a.md": bad})]))


def test_odd_file_names_and_contents_are_read_as_they_are(tmp_path: Path) -> None:
    path = 'A "quoted" näme.md'
    found = read_git_history(repository(tmp_path, [("2020-01-01", "Añadir", {path: "Café\r\n\r\n😀 end"})]))
    assert found[0].draft.text == "Café\r\n\r\n😀 end"
    assert found[0].draft.policy_id == "a-quoted-n-me"
    assert found[0].draft.note == "Añadir"


def test_what_is_no_repository_or_has_no_markdown_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(DraftError, match=str(tmp_path)):
        read_git_history(tmp_path)
    with pytest.raises(DraftError, match="holds no Markdown file"):
        read_git_history(repository(tmp_path / "r", [("2020-01-01", "Add", {"a.txt": "x"})]))


def test_slugs_are_policy_ids() -> None:
    assert slug("Policies/GitHub Terms-of_Service (U.S.).md") == "github-terms-of-service-u-s"
    assert slug("政策.md") == "policy"


def changes_of(rows: Sequence[Row]) -> list[Load]:
    return load_changes(list(rows))


def recorded(home: Path, rows: Sequence[Row]) -> Ledger:
    ledger = Ledger(LedgerStore.open(home, create=True), lambda: parse_instant("2026-06-01"))
    proposal = ledger.propose(changes_of(rows))
    ledger.record(proposal, [[] for _ in proposal.drafts], "none")
    return ledger


def cells(ledger: Ledger) -> dict[str, list[tuple[int | None, int, int]]]:
    return {
        policy_id: [(cell.revision, cell.valid.start, cell.valid.end) for cell in timeline.top]
        for policy_id, timeline in ledger.timeline().policies.items()
    }


def real_commits(rows: Sequence[Row], paths: Sequence[str]) -> tuple[list[Commit], dict[str, Moves]]:
    """The real history as commits: at each instant the files that change then, moved files and deletions included."""
    moves: dict[str, Moves] = defaultdict(dict)
    where: dict[str, str] = {}
    at: dict[int, dict[str, str | None]] = defaultdict(dict)
    for row, path in zip(rows, paths, strict=True):
        assert row.draft.valid_from is not None
        files = at[row.draft.valid_from]
        if where.get(row.draft.policy_id, path) != path:
            files.setdefault(where[row.draft.policy_id], None)
            moves[format_instant(row.draft.valid_from)][where[row.draft.policy_id]] = path
        files[path] = row.draft.text
        where[row.draft.policy_id] = path
        if row.withdrawn and row.draft.valid_to is not None:
            at[row.draft.valid_to].setdefault(path, None)
    return [(format_instant(instant), "Change policies", files) for instant, files in sorted(at.items())], moves


@pytest.mark.slow
def test_import_git_of_the_real_history_gives_the_timeline_of_its_import(tmp_path: Path, data_folder: Path) -> None:
    file = data_folder / "site-policy" / "revisions.jsonl.gz"
    rows = read_revisions(file)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        paths = [json.loads(line)["path"] for line in lines]
    commits, moves = real_commits(rows, paths)
    folder = repository(tmp_path / "repository", commits[:200], moves)
    early = recorded(tmp_path / "git", read_git_history(folder))
    repository(folder, commits[200:], moves)
    later = early.propose(changes_of(read_git_history(folder)))
    assert len(later.unchanged) == early.counts()[1]
    early.record(later, [[] for _ in later.drafts], "none")
    again = early.propose(changes_of(read_git_history(folder)))
    assert again.steps == ()
    assert cells(early) == cells(recorded(tmp_path / "file", rows))
    early.verify()


def test_combining_marks_without_end_are_refused_by_commit_path_and_line(tmp_path: Path) -> None:
    made = repository(tmp_path / "r.git", [("2024-01-01T00:00:00Z", "Add", {"a.md": "# A\n\nWords" + "\u0301" * 31})])
    with pytest.raises(DraftError, match=r"commit [0-9a-f]{12}, a\.md, line 3: holds more than 30 combining marks"):
        read_git_history(made)
