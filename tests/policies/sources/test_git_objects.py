"""Nothing of a repository runs, and nothing of its user or of the shell leads to another one."""

import os
import subprocess
from pathlib import Path

import pytest

from policies.errors import DraftError
from policies.sources.git_history import read_git_history

HOOKS = ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman")
SHOWN = ["Seven days.\n", "Thirty days.\n"]


def git(folder: Path, *arguments: str, given: str = "") -> str:
    """What git prints in a folder; with `given` as its input."""
    names = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"]}
    person = {f"GIT_{who}_{what}": "a@example.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dates = {"GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z"}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=given,
        text=True,
        check=True,
        capture_output=True,
        env=names | person | dates,
    )
    return done.stdout.strip()


def made(folder: Path, *texts: str) -> Path:
    """A repository with a work tree, and a commit for each text of its one policy."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for number, text in enumerate(texts):
        (folder / "leave.md").write_text(text)
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", f"Commit {number}")
    return folder


def texts(folder: Path) -> list[str]:
    return [row.draft.text for row in read_git_history(folder)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return made(tmp_path / "repository", *SHOWN)


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """What the script leaves behind where it is run."""
    return tmp_path / "ran"


@pytest.fixture
def script(tmp_path: Path, ran: Path) -> str:
    file = tmp_path / "script"
    file.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\nexit 1\n')
    file.chmod(0o755)
    return str(file)


def signed(folder: Path) -> None:
    """The newest commit of the repository, as one with a signature, which git may ask a program about."""
    head, _, message = git(folder, "cat-file", "commit", "HEAD").partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----"
    commit = git(folder, "hash-object", "-t", "commit", "-w", "--stdin", given=f"{head}\n{signature}\n\n{message}\n")
    git(folder, "update-ref", "refs/heads/main", commit)


WAYS: dict[str, dict[str, str]] = {
    "signature": {"log.showSignature": "true", "gpg.program": "SCRIPT"},
    "external diff": {"diff.external": "SCRIPT"},
    "diff driver": {"diff.evil.command": "SCRIPT", "diff.evil.textconv": "SCRIPT", "diff.evil.cachetextconv": "true"},
    "filter": {"filter.evil.clean": "SCRIPT", "filter.evil.smudge": "SCRIPT", "filter.evil.process": "SCRIPT"},
    "fsmonitor": {"core.fsmonitor": "SCRIPT"},
    "hooks": {"core.hooksPath": "HOOKS"},
    "pager": {"core.pager": "SCRIPT", "pager.log": "SCRIPT", "pager.cat-file": "SCRIPT", "pager.rev-parse": "true"},
    "aliases": {f"alias.{name}": "!SCRIPT" for name in ("log", "cat-file", "rev-parse", "init")},
    "submodules": {"submodule.recurse": "true", "submodule.sub.update": "!SCRIPT", "diff.submodule": "diff"},
    "ssh": {"core.sshCommand": "SCRIPT", "core.gitProxy": "SCRIPT", "credential.helper": "!SCRIPT"},
    "alternates": {"core.alternateRefsCommand": "SCRIPT"},
    "other folders": {"core.worktree": "/", "core.attributesFile": "ATTRIBUTES", "safe.directory": ""},
}


@pytest.mark.parametrize("way", WAYS)
def test_no_program_that_a_repository_names_is_run(repository: Path, script: str, ran: Path, way: str) -> None:
    attributes = repository / ".gitattributes"
    attributes.write_text("*.md diff=evil filter=evil\n")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "-q", "-m", "Attributes")
    (repository / ".git" / "info" / "attributes").write_text("*.md diff=evil filter=evil\n")
    signed(repository)
    hooks = repository / "hooks"
    for folder in (hooks, repository / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in HOOKS:
            (folder / hook).symlink_to(script)
    for name, value in WAYS[way].items():
        value = value.replace("SCRIPT", script).replace("HOOKS", str(hooks)).replace("ATTRIBUTES", str(attributes))
        git(repository, "config", name, value)
    ran.unlink(missing_ok=True)
    assert texts(repository) == SHOWN
    assert not ran.exists(), ran.read_text()


@pytest.mark.parametrize(
    "url", ["ext::SCRIPT", "ssh://example.invalid/repository", "file:///nowhere", "git://example.invalid/repository"]
)
def test_what_a_partial_clone_left_out_is_not_fetched(repository: Path, script: str, ran: Path, url: str) -> None:
    configured = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": url.replace("SCRIPT", script),
        "remote.origin.uploadpack": script,
        "core.sshCommand": script,
        "core.gitProxy": script,
        "protocol.allow": "always",
        "protocol.ext.allow": "always",
    }
    for name, value in configured.items():
        git(repository, "config", name, value)
    blob = git(repository, "rev-parse", "HEAD:leave.md")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(DraftError, match="cannot find this file's content"):
        read_git_history(repository)
    assert not ran.exists(), ran.read_text()


def test_what_was_committed_is_read_and_not_what_replaces_it(repository: Path) -> None:
    committed = git(repository, "rev-parse", "HEAD:leave.md")
    git(repository, "replace", committed, git(repository, "hash-object", "-w", "--stdin", given="Ninety days.\n"))
    (repository / ".git" / "info" / "grafts").write_text(git(repository, "rev-parse", "HEAD") + "\n")
    assert texts(repository) == SHOWN


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return made(tmp_path / "other", "Words of another repository.\n")


@pytest.mark.parametrize(
    "names",
    [
        {"GIT_DIR": "OTHER/.git"},
        {"GIT_DIR": "OTHER/.git", "GIT_WORK_TREE": "OTHER", "GIT_INDEX_FILE": "OTHER/.git/index"},
        {"GIT_COMMON_DIR": "OTHER/.git"},
        {"GIT_OBJECT_DIRECTORY": "OTHER/.git/objects"},
        {"GIT_NAMESPACE": "nothing", "GIT_CEILING_DIRECTORIES": "REPOSITORY", "GIT_LITERAL_PATHSPECS": "0"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "log.showSignature", "GIT_CONFIG_VALUE_0": "true"},
        {"GIT_CONFIG_PARAMETERS": "'log.showsignature'='true' 'gpg.program'='SCRIPT'"},
        {"GIT_CONFIG_GLOBAL": "CONFIG"},
        {"GIT_CONFIG_SYSTEM": "CONFIG"},
        {"HOME": "HOMES"},
        {"XDG_CONFIG_HOME": "HOMES"},
        {"GIT_EXTERNAL_DIFF": "SCRIPT", "GIT_PAGER": "SCRIPT", "PAGER": "SCRIPT", "GIT_SSH_COMMAND": "SCRIPT"},
        {"GIT_EXEC_PATH": "/nowhere", "GIT_TRACE": "TRACE", "GIT_DIFF_OPTS": "--unified=0", "GIT_QUARANTINE_PATH": "/"},
    ],
    ids=lambda names: next(iter(names)),
)
def test_no_variable_or_file_of_the_user_changes_what_is_read(
    repository: Path, other: Path, script: str, ran: Path, monkeypatch: pytest.MonkeyPatch, names: dict[str, str]
) -> None:
    signed(repository)
    homes = ran.parent / "homes"
    (homes / "git").mkdir(parents=True)
    config = f"[log]\n\tshowSignature = true\n\tshowRoot = false\n[gpg]\n\tprogram = {script}\n"
    for file in (homes / ".gitconfig", homes / "git" / "config"):
        file.write_text(config)
    places = {
        "OTHER": str(other),
        "REPOSITORY": str(repository),
        "SCRIPT": script,
        "CONFIG": str(homes / ".gitconfig"),
        "HOMES": str(homes),
        "TRACE": str(ran),
    }
    for name, value in names.items():
        for word, place in places.items():
            value = value.replace(word, place)
        monkeypatch.setenv(name, value)
    assert texts(repository) == SHOWN
    assert not ran.exists(), ran.read_text()


def test_a_shallow_clone_a_linked_work_tree_and_a_subfolder_are_read_as_they_are(repository: Path) -> None:
    git(repository, "clone", "-q", "--depth", "1", f"file://{repository}", str(repository.parent / "shallow"))
    git(repository, "worktree", "add", "-q", "--detach", str(repository.parent / "linked"))
    git(repository, "clone", "-q", "--shared", str(repository), str(repository.parent / "borrowing"))
    (repository / "sub").mkdir()
    assert texts(repository.parent / "shallow") == SHOWN[1:]
    for folder in (repository.parent / "linked", repository.parent / "borrowing", repository / "sub"):
        assert texts(folder) == SHOWN


def test_a_repository_of_sha256_objects_is_read(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256", "-b", "main")
    (tmp_path / "leave.md").write_text(SHOWN[0])
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "One")
    assert texts(tmp_path) == SHOWN[:1]


def test_nothing_is_left_in_the_folder_for_temporary_files(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room := tmp_path / "room").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    assert texts(repository) == SHOWN
    with pytest.raises(DraftError, match="not a git repository"):
        read_git_history(tmp_path)
    assert list(room.iterdir()) == []
