"""The history of Markdown files in a git repository, as rows: one revision for each first-parent change of a file."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from policies.errors import DraftError
from policies.instant import Instant
from policies.revision import Draft
from policies.sources.draft import MAX_BYTES, check_characters, front_matter_end, front_matter_metadata
from policies.sources.git_objects import GitObjects
from policies.sources.revisions_file import Row

_MARKDOWN = (".md", ".markdown")
_HEADING = re.compile(r"^#[ \t]+(.+)$", re.MULTILINE)
_FILE = "100"
"""How git's modes of files begin. Others are those of symbolic links (120000) and of other repositories (160000)."""

_FIELDS = "%x01%H%x00%P%x00%ct%x00%an%x00%s%x00"


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit did to one path: `status` is git's letter, `old` the path before a rename."""

    status: str
    path: str
    old: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    committed_at: Instant
    author: str
    subject: str
    changes: tuple[Change, ...]


@dataclass(slots=True)
class _File:
    """A policy in the making: the file it lives in now, its rows so far."""

    policy_id: str
    rows: list[Row] = field(default_factory=list)
    last: Instant = -(2**62)


def read_git_history(repository: Path, under: str = "", tell: Callable[[str], None] = lambda words: None) -> list[Row]:
    """The rows of every Markdown file below `under`, in the order of commits; renames keep the policy.

    Symbolic links are left out. `tell` is told what somebody should know of the history.

    A revision is in force from its commit's committer date until that of the next change; a deletion
    withdraws the policy, and a file made anew under the same name is a policy of its own. Where a commit's
    date does not pass that of the change before it, the revision starts a microsecond after that one.
    """
    folder = "" if under.strip("/") in ("", ".") else f"{under.strip('/')}/"
    files: dict[str, _File] = {}
    made: list[_File] = []
    with GitObjects(repository) as objects:
        if objects.shallow:
            tell(
                f"{repository} is a shallow clone: earlier commits are missing, and what its oldest one holds seems to "
                f"begin there. For all of it run `git -C {repository} fetch --unshallow`, and import into an empty home"
            )
        for commit in read_commits(objects):
            for change in commit.changes:
                old = change.old or change.path
                was, now = _counts(old, folder), _counts(change.path, folder) and change.status != "D"
                if was and not now:
                    _end(files.pop(old, None), commit)
                elif now:
                    file = files.pop(old, None) if was else None
                    if file is None:
                        file = _File(_free_id(change.path, made))
                        made.append(file)
                    files[change.path] = file
                    _revise(file, commit, change.path, objects)
    rows = [row for file in made for row in file.rows]
    if not rows:
        raise DraftError(
            str(repository), f"holds no Markdown file below {under or 'its root'} on its first-parent history"
        )
    return sorted(rows, key=lambda row: (row.draft.valid_from or 0, row.draft.policy_id))


def read_commits(objects: GitObjects) -> Iterator[Commit]:
    """The first-parent commits, oldest first, with what each changed against its first parent."""
    log = objects.log(
        "--first-parent", "-m", "--root", "--reverse", "--find-renames", "--raw", "-z",
        f"--format=format:{_FIELDS}", objects.head,
    )  # fmt: skip
    for entry in log.split(b"\x01")[1:]:
        sha, parents, seconds, author, subject, *names = entry.decode("utf-8", "replace").split("\x00")
        changes = list(_changes(names))
        if " " in parents and {"A", "D"} <= {change.status for change in changes}:
            changes = _renamed_within(objects, f"{parents.split()[0]}..{sha}", changes)
        yield Commit(sha, int(seconds) * 1_000_000, author, subject, tuple(changes))


def slug(path: str) -> str:
    """A file's name as a policy id: lower case, all but letters and digits as hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", PurePosixPath(path).stem.lower()).strip("-") or "policy"


def _changes(entries: Sequence[str]) -> Iterator[Change]:
    """What entries of `--raw` say: `:MODE MODE SHA SHA STATUS`, then one path, or two. A link is as if deleted."""
    rest = iter([entry.lstrip("\n") for entry in entries])
    for entry in rest:
        if not entry:
            continue
        _, mode, _, _, status = entry.split(" ")
        old = next(rest) if status[0] in "RC" else None
        new = next(rest)
        if not mode.startswith(_FILE):
            yield Change("D", new, old if status[0] == "R" else None)
        elif status[0] == "C":
            yield Change("A", new)
        else:
            yield Change(status[0], new, old)


def _renamed_within(objects: GitObjects, merged: str, changes: Sequence[Change]) -> list[Change]:
    """The changes of a merge, with a deletion and an addition as one rename where the merged commits made it so.

    A file moved in one commit and rewritten in the next looks deleted and added to whoever compares only the ends.
    """
    log = objects.log("--reverse", "--find-renames", "--diff-filter=R", "--raw", "-z", "--format=format:", merged)
    became: dict[str, str] = {}
    for change in _changes(log.decode("utf-8", "replace").split("\x00")):
        origin = next((old for old, new in became.items() if new == change.old), change.old)
        if origin is not None:
            became[origin] = change.path
    added = {change.path for change in changes if change.status == "A"}
    gone = {change.path for change in changes if change.status == "D"}
    moves = {old: new for old, new in became.items() if old in gone and new in added}
    kept = [change for change in changes if change.path not in moves and change.path not in moves.values()]
    return [*kept, *(Change("R", new, old) for old, new in moves.items())]


def _counts(path: str, folder: str) -> bool:
    return path.startswith(folder) and path.lower().endswith(_MARKDOWN)


def _free_id(path: str, made: Sequence[_File]) -> str:
    taken, name, number = {file.policy_id for file in made}, slug(path), 1
    while (candidate := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return candidate


def _revise(file: _File, commit: Commit, path: str, objects: GitObjects) -> None:
    where = f"{objects.repository}, commit {commit.sha[:12]}, {path}"
    text = _text(objects.read(f"{commit.sha}:{path}"), where)
    if file.rows and file.rows[-1].draft.text == text:
        return
    start = max(commit.committed_at, file.last + 1)
    if not text[front_matter_end(text) :].strip():
        _end(file, commit)
        return
    _close(file, start)
    metadata = front_matter_metadata(text, where)
    heading = _HEADING.search(text, front_matter_end(text))
    draft = Draft(
        policy_id=file.policy_id,
        title=metadata.title or (heading[1].rstrip(" \t#").strip() if heading else "") or PurePosixPath(path).stem,
        text=text,
        where=where,
        valid_from=start,
        owner=metadata.owner,
        note=" ".join(commit.subject.split()) or None,
        author=" ".join(commit.author.split()) or None,
        applies_to=metadata.applies_to,
        audience=metadata.audience,
    )
    file.rows.append(Row(draft, len(file.rows) + 1, withdrawn=False, recorded_at=None))
    file.last = start


def _end(file: _File | None, commit: Commit) -> None:
    """Withdraws a policy whose file went away, unless nothing of it is in force."""
    if file is None or not file.rows or file.rows[-1].withdrawn:
        return
    end = max(commit.committed_at, file.last + 1)
    last = file.rows[-1]
    file.rows[-1] = replace(last, draft=replace(last.draft, valid_to=end), withdrawn=True)
    file.last = end


def _close(file: _File, start: Instant) -> None:
    if file.rows and not file.rows[-1].withdrawn:
        last = file.rows[-1]
        file.rows[-1] = replace(last, draft=replace(last.draft, valid_to=start))


def _text(content: bytes, where: str) -> str:
    if len(content) > MAX_BYTES:
        raise DraftError(where, f"{len(content):,} bytes is over the limit of {MAX_BYTES:,}")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DraftError(where, f"byte 0x{content[error.start]:02x} is not UTF-8") from error
    check_characters(text, where)
    return text
