"""What the keeper of a home does about keys, each command a process of its own."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from policies import instant
from retriever.access.keys import KeyRing
from retriever.access.permissions import Role
from tests.e2e.command import Run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def parsed(done: "subprocess.CompletedProcess[str]") -> Any:
    return json.loads(done.stdout)


def test_create_prints_the_text_alone_and_warns_that_it_is_not_shown_again(run: Run, home: Path) -> None:
    options = ("--role", "reader", "--audience", "legal", "--audience", "hr", "--expires", "2999-01-01")
    done = run("key", "create", *options, "--note", "search page", "--home", home)
    assert re.fullmatch(r"asof_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\n", done.stdout)
    text = done.stdout.strip()
    assert f"Key {text[5:13]} of {home}: keep this text" in done.stderr
    assert "it is not shown again" in done.stderr
    assert text[-43:] not in done.stderr
    key = KeyRing(home, instant.now).check(text)
    assert key is not None
    assert (key.role, key.audience, key.note) == (Role.READER, ("hr", "legal", "public"), "search page")
    assert key.expires == instant.parse_instant("2999-01-01")


def test_create_prints_json_with_the_text(run: Run, home: Path) -> None:
    made = parsed(run("--home", home, "key", "create", "--role", "admin", "--json"))
    assert {name: made[name] for name in made if name not in ("id", "text", "created")} == {
        "role": "admin",
        "audience": ["public"],
        "expires": None,
        "revoked": None,
        "note": None,
        "state": "active",
    }
    key = KeyRing(home, instant.now).check(made["text"])
    assert key is not None
    assert key.id == made["id"]


def test_list_shows_every_key_and_neither_secret_nor_hash(run: Run, home: Path) -> None:
    made = [parsed(run("key", "create", "--role", role, "--json", "--home", home)) for role in ("author", "evaluator")]
    run("key", "revoke", made[0]["id"], "--home", home)
    printed = run("key", "list", "--home", home).stdout
    listed = parsed(run("key", "list", "--json", "--home", home))["keys"]
    assert [(key["id"], key["role"], key["state"]) for key in listed] == [
        (made[0]["id"], "author", "revoked"),
        (made[1]["id"], "evaluator", "active"),
    ]
    stored = json.loads((home / "keys.json").read_text())["keys"]
    for key, record in zip(made, stored, strict=True):
        assert key["id"] in printed
        for hidden in (key["text"][-43:], record["salt"], record["hash"]):
            assert hidden not in printed + json.dumps(listed)


def test_list_of_a_home_without_keys_says_how_to_make_one_and_makes_no_home(run: Run, home: Path) -> None:
    assert "`asof key create --role reader` makes one" in run("key", "list", "--home", home).stdout
    assert parsed(run("key", "list", "--json", "--home", home)) == {"keys": []}
    assert not home.exists()


def test_revoke_ends_a_key_and_says_since_when_also_the_second_time(run: Run, home: Path) -> None:
    text = run("key", "create", "--role", "reader", "--home", home).stdout.strip()
    ring = KeyRing(home, instant.now)
    assert ring.check(text) is not None
    first = run("key", "revoke", text[5:13], "--home", home).stdout
    assert re.fullmatch(rf"Key {text[5:13]} is revoked since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\n", first)
    assert ring.check(text) is None
    again = parsed(run("key", "revoke", text[5:13], "--json", "--home", home))
    assert (again["id"], again["state"]) == (text[5:13], "revoked")
    assert run("key", "revoke", text[5:13], "--home", home).stdout == first


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("create", "--role", "reader", "--expires", "2020-01-01"), "expires: 2020-01-01T00:00:00Z is not after now"),
        (("create", "--role", "reader", "--audience", " "), "audience is ' '"),
        (("create", "--role", "reader", "--note", "\x1b[2J"), "note: write at most 500 characters"),
        (("revoke", "00000000"), "There is no key 00000000 in"),
    ],
)
def test_refusal_exits_1_names_the_next_step_and_makes_no_home(
    run: Run, home: Path, arguments: tuple[str, ...], named: str
) -> None:
    refused = run("key", *arguments, "--home", home, exits=1)
    assert (refused.stdout, named in refused.stderr) == ("", True), refused.stderr
    assert not home.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("create",),
        ("create", "--role", "owner"),
        ("create", "--role", "reader", "--expires", "soon"),
        ("revoke",),
        ("forget", "x"),
    ],
)
def test_misuse_exits_2(run: Run, home: Path, arguments: tuple[str, ...]) -> None:
    assert run("key", *arguments, "--home", home, exits=2).stdout == ""
    assert not home.exists()


def test_damaged_file_is_named_and_left_as_it_is(run: Run, home: Path) -> None:
    run("key", "create", "--role", "reader", "--home", home)
    (home / "keys.json").write_text("{}")
    for command in (("list",), ("create", "--role", "reader"), ("revoke", "00000000")):
        refused = run("key", *command, "--home", home, exits=1)
        assert f"{home / 'keys.json'} is not a file of keys. Restore it from a backup" in refused.stderr
    assert (home / "keys.json").read_text() == "{}"
