"""Authored files as an author names them: single files, and folders with all the Markdown files below.

Either every file can be accepted, or each that cannot is named. A folder's hidden files and folders are left out. So is
a README, or another of the `ABOUT` files, that has no front matter: it is about the folder, and is named as skipped.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from policies.calendar import UTC_CALENDAR, Calendar
from policies.change import Publish
from policies.errors import ChangeRefused, DraftError, FilesRefused, UnknownPolicy, UnknownRevision
from policies.revision import Draft, VersionId
from policies.sources.draft import front_matter_end, read_draft

SUFFIXES = (".md", ".markdown")
ABOUT = ("readme", "index", "changelog", "contributing", "license")
"""Names, without their endings, of files that are about a folder where they have no front matter."""

Outcome = Literal["new", "changed", "unchanged", "skipped"]
Steps = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Authored:
    """The drafts of authored files, in their order, and what was skipped; `folders` are those that were named."""

    drafts: tuple[Draft, ...]
    skipped: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file: `new` begins a policy, `changed` adds a revision to one."""

    file: str
    outcome: Outcome
    version: VersionId | None


def read_authored(
    paths: Sequence[Path],
    author: str | None = None,
    steps: Steps = lambda what, total: nullcontext(lambda count: None),
    calendar: Calendar = UTC_CALENDAR,
) -> Authored:
    """The drafts of these files and of all Markdown files below these folders, each file once.

    Dates are read by the calendar where a file names no time zone.
    DraftError for a single file that cannot be accepted; FilesRefused names every one where a folder is named.
    """
    folders = tuple(str(path) for path in paths if path.is_dir())
    files = list(dict.fromkeys(file for path in paths for file in (_below(path) if path.is_dir() else [path])))
    drafts: list[Draft] = []
    skipped: list[str] = []
    refused: list[DraftError] = []
    with steps("Reading", len(files)) as advance:
        for file in files:
            try:
                drafts.append(replace(read_draft(file, calendar), author=author))
            except DraftError as error:
                if not folders:
                    raise
                if file not in paths and _is_about(file):
                    skipped.append(str(file))
                else:
                    refused.append(error)
            advance(1)
    if folders:
        refused += _twice(drafts)
        drafts = _by_date(drafts)
    if refused:
        raise FilesRefused([(error.where, error.problem) for error in refused], len(files) - len(skipped))
    return Authored(tuple(drafts), tuple(skipped), folders)


def refused_by_policy(
    changes: Sequence[Publish], propose: Callable[[Sequence[Publish]], object]
) -> FilesRefused | None:
    """Every file of a policy that cannot be proposed, with why; None where each policy alone can be.

    The files of one policy are proposed together, since one may build on another.
    """
    of_policy: dict[str, list[Publish]] = {}
    for change in changes:
        of_policy.setdefault(change.draft.policy_id, []).append(change)
    refused = []
    for together in of_policy.values():
        try:
            propose(together)
        except DraftError as error:
            refused.append((error.where, error.problem))
        except (ChangeRefused, UnknownPolicy, UnknownRevision) as error:
            where = ", ".join(change.draft.where for change in together)
            refused.append((where, str(error).removeprefix(f"{where}: ")))
    return FilesRefused(refused, len(changes)) if refused else None


def file_outcomes(
    authored: Authored, recorded: Mapping[str, VersionId], unchanged: Sequence[VersionId]
) -> list[FileOutcome]:
    """What became of each file, where `recorded` says which revision it became and `unchanged` which ones were one."""
    same = iter(unchanged)
    found = []
    for draft in authored.drafts:
        version = recorded.get(draft.where)
        if version is None:
            found.append(FileOutcome(draft.where, "unchanged", next(same, None)))
        else:
            found.append(FileOutcome(draft.where, "new" if version.number == 1 else "changed", version))
    return found + [FileOutcome(file, "skipped", None) for file in authored.skipped]


def _below(folder: Path) -> list[Path]:
    """The Markdown files below a folder, by their paths; DraftError where there is none, or where it cannot be read."""

    def cannot(error: OSError) -> None:
        raise DraftError(str(error.filename), f"cannot be read: {error.strerror}") from error

    found = []
    for where, folders, names in os.walk(folder, onerror=cannot):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        named = [Path(where, name) for name in names if not name.startswith(".") and name.lower().endswith(SUFFIXES)]
        found += [file for file in named if file.is_file() or file.is_symlink()]
    if not found:
        raise DraftError(
            str(folder), f"holds no Markdown file ({', '.join(SUFFIXES)}); hidden files and folders are left out"
        )
    return sorted(found)


def _is_about(file: Path) -> bool:
    """Whether a file that is no draft is about its folder: a README, say, without front matter."""
    if file.stem.lower() not in ABOUT:
        return False
    try:
        return front_matter_end(file.read_text(encoding="utf-8")) == 0
    except (OSError, UnicodeDecodeError):
        return False


def _by_date(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, those of one policy in the order in which they begin, in each other's places: so they are numbered.

    What has no date begins when it is recorded, and comes last.
    """
    of_policy: dict[str, list[Draft]] = {}
    for draft in sorted(drafts, key=lambda it: (it.valid_from is None, it.valid_from or 0)):
        of_policy.setdefault(draft.policy_id, []).append(draft)
    return [of_policy[draft.policy_id].pop(0) for draft in drafts]


def _twice(drafts: Sequence[Draft]) -> Iterator[DraftError]:
    """A refusal of each file that has the policy and the period of one before it, such as a copy left in the folder."""
    first: dict[tuple[object, ...], str] = {}
    for draft in drafts:
        key = (draft.policy_id, draft.valid_from, draft.valid_to)
        if key in first:
            yield DraftError(
                draft.where,
                f"is of policy {draft.policy_id} and begins when {first[key]} does; keep one of them in the folder, or "
                "give them different effective dates",
            )
        first.setdefault(key, draft.where)
