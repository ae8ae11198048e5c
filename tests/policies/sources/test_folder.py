"""Folders of authored files: which files are taken, which are skipped, and how every wrong one is named."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from policies.change import Publish
from policies.errors import ChangeRefused, DraftError, FilesRefused
from policies.revision import VersionId
from policies.sources.folder import Authored, file_outcomes, read_authored, refused_by_policy


def put(file: Path, policy: str, effective: str = "2024-01-01") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\npolicy: {policy}\ntitle: A title\neffective: {effective}\n---\nWords of {policy}.\n")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """P-1 and P-2 above, P-3 below; and what is no policy."""
    put(tmp_path / "b.md", "P-2")
    put(tmp_path / "a.MD", "P-1")
    put(tmp_path / "below" / "deep" / "c.markdown", "P-3")
    put(tmp_path / ".git" / "d.md", "P-4")
    put(tmp_path / ".e.md", "P-5")
    (tmp_path / "README.md").write_text("# What this folder is")
    (tmp_path / "notes.txt").write_text("no Markdown")
    return tmp_path


def test_all_markdown_files_below_are_taken_in_the_order_of_their_paths_and_hidden_ones_left_out(folder: Path) -> None:
    found = read_authored([folder], author="ada")
    assert [(draft.policy_id, draft.author) for draft in found.drafts] == [
        ("P-1", "ada"),
        ("P-2", "ada"),
        ("P-3", "ada"),
    ]
    assert found.skipped == (str(folder / "README.md"),)
    assert found.folders == (str(folder),)


def test_a_file_that_is_named_and_lies_in_the_folder_too_is_taken_once(folder: Path) -> None:
    found = read_authored([folder / "b.md", folder])
    assert [draft.policy_id for draft in found.drafts] == ["P-2", "P-1", "P-3"]


def test_a_readme_with_front_matter_is_a_policy_and_one_that_is_named_is_not_skipped(folder: Path) -> None:
    with pytest.raises(DraftError, match=r"README\.md: has no front matter"):
        read_authored([folder / "README.md"])
    put(folder / "README.md", "P-9")
    assert read_authored([folder]).skipped == ()


def test_every_wrong_file_is_named_with_what_is_wrong(folder: Path) -> None:
    (folder / "forgotten.md").write_text("No front matter.")
    put(folder / "soon.md", "P-6", "soon")
    put(folder / "below" / "copy.md", "P-1")
    with pytest.raises(FilesRefused, match="3 of 6 files are refused, so nothing of the folder is taken") as refused:
        read_authored([folder])
    named = {Path(where).name: problem for where, problem in refused.value.found}
    assert set(named) == {"forgotten.md", "soon.md", "copy.md"}
    assert named["forgotten.md"].startswith("has no front matter")
    assert named["soon.md"].startswith("effective: 'soon'")
    assert named["copy.md"].startswith(f"is of policy P-1 and begins when {folder / 'a.MD'} does")


def test_two_files_of_one_policy_are_taken_where_their_dates_differ(folder: Path) -> None:
    put(folder / "later.md", "P-1", "2025-01-01")
    assert [draft.policy_id for draft in read_authored([folder]).drafts] == ["P-1", "P-2", "P-3", "P-1"]


def test_a_folder_without_such_files_is_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path / ".hidden" / "a.md", "P-1")
    with pytest.raises(DraftError, match=r"holds no Markdown file \(\.md, \.markdown\); hidden files"):
        read_authored([tmp_path])


def test_a_link_to_nothing_is_refused_and_a_link_to_a_folder_is_not_followed(folder: Path) -> None:
    (folder / "below" / "around").symlink_to(folder, target_is_directory=True)
    assert len(read_authored([folder]).drafts) == 3
    (folder / "gone.md").symlink_to(folder / "nowhere.md")
    with pytest.raises(FilesRefused, match=r"gone\.md: cannot be read"):
        read_authored([folder])


def test_single_files_are_refused_as_ever_at_the_first_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(DraftError, match=r"no\.md: cannot be read"):
        read_authored([tmp_path / "no.md"])


def test_files_that_cannot_be_recorded_are_named_policy_by_policy(folder: Path) -> None:
    changes = [Publish(draft) for draft in read_authored([folder]).drafts]

    def propose(some: Sequence[Publish]) -> None:
        for change in some:
            if change.draft.policy_id != "P-2":
                raise ChangeRefused(f"{change.draft.where}: would never be in force")

    refused = refused_by_policy(changes, propose)
    assert refused is not None
    assert [(Path(where).name, problem) for where, problem in refused.found] == [
        ("a.MD", "would never be in force"),
        ("c.markdown", "would never be in force"),
    ]
    assert refused_by_policy(changes, lambda some: None) is None


def test_each_file_is_new_changed_unchanged_or_skipped(draft: Callable[..., object]) -> None:
    drafts = [draft(f"Words {number}.", where=f"{number}.md") for number in range(3)]
    recorded = {"0.md": VersionId("P-8", 1), "2.md": VersionId("P-7", 4)}
    authored = Authored(tuple(drafts), ("README.md",), ("here",))  # type: ignore[arg-type]
    found = file_outcomes(authored, recorded, [VersionId("P-7", 3)])
    assert [(each.file, each.outcome, each.version and str(each.version)) for each in found] == [
        ("0.md", "new", "P-8@1"),
        ("1.md", "unchanged", "P-7@3"),
        ("2.md", "changed", "P-7@4"),
        ("README.md", "skipped", None),
    ]


def test_files_of_one_policy_are_numbered_by_when_they_begin(tmp_path: Path) -> None:
    for name, day in (("a-next", "2027-01-01"), ("b-now", "2026-01-01")):
        (tmp_path / f"{name}.md").write_text(f"---\npolicy: HR-1\ntitle: Leave\neffective: {day}\n---\nWords.\n")
    (tmp_path / "c-other.md").write_text("---\npolicy: HR-2\ntitle: Other\neffective: 2025-01-01\n---\nWords.\n")
    read = read_authored([tmp_path]).drafts
    assert [Path(draft.where).stem for draft in read] == ["b-now", "a-next", "c-other"]
