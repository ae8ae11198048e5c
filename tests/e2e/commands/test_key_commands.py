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
        "person": None,
        "audience": ["public"],
        "expires": None,
        "revoked": None,
        "note": None,
        "state": "active",
        "last_used": None,
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


def test_person_of_a_key_is_in_its_json_and_in_both_lists(run: Run, home: Path) -> None:
    made = parsed(run("key", "create", "--role", "approver", "--person", "Ann Lee", "--json", "--home", home))
    assert (made["role"], made["person"]) == ("approver", "Ann Lee")
    assert parsed(run("key", "list", "--json", "--home", home))["keys"][0]["person"] == "Ann Lee"
    assert "Ann Lee" in run("key", "list", "--home", home).stdout


def test_dates_in_the_list_stay_whole_at_80_columns(run: Run, home: Path) -> None:
    long = (
        "--audience",
        "legal",
        "--audience",
        "personnel",
        "--note",
        "a note of several words, which takes some lines",
    )
    run("key", "create", "--role", "approver", "--person", "Ann Lee of Returns", *long, "--home", home)
    run("key", "create", "--role", "evaluator", "--expires", "2999-12-31", *long, "--home", home)
    ring = KeyRing(home, instant.now)
    ring.used(ring.keys()[1])
    run("key", "revoke", ring.keys()[0].id, "--home", home)
    lines = run("key", "list", "--home", home, env={"COLUMNS": "80"}).stdout.split("\n")
    assert max(map(len, lines)) <= 80
    second = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    told = [rf"revoked {second}", rf"created {second}", "no use noted"]
    told += ["active until 2999-12-31", rf"created {second}", rf"last used {second}"]
    found = [match[0] for line in lines if (match := re.search("|".join(told), line))]
    assert [re.fullmatch(pattern, line) is not None for pattern, line in zip(told, found, strict=True)] == [True] * 6


def test_feed_key_prints_its_addresses_by_either_command(run: Run, home: Path) -> None:
    for command in (("feed",), ("create", "--role", "feed")):
        done = run("key", *command, "--url", "https://asof.example/asof/", "--person", "Ann Lee", "--home", home)
        address = r"https://asof\.example/asof/(feed\.atom|calendar\.ics)\?token=(asof_\w{8}_[\w-]{43})"
        atom, ics = [re.fullmatch(address, line) for line in done.stdout.splitlines()]
        assert atom is not None
        assert ics is not None
        assert (atom[1], ics[1], atom[2] == ics[2]) == ("feed.atom", "calendar.ics", True)
        key = KeyRing(home, instant.now).check(atom[2])
        assert key is not None
        assert (key.role, key.person) == (Role.FEED, "Ann Lee")
    made = parsed(run("key", "create", "--role", "feed", "--json", "--home", home))
    assert made["addresses"][0] == f"http://localhost:8765/feed.atom?token={made['text']}"


@pytest.mark.parametrize(
    "url",
    ["nonsense", "", "ftp://asof.example", "http://", "https://a b", "https://a?x=1", "http://u@h", "http://[::1"],
)
def test_address_that_cannot_be_one_is_refused_before_a_key_is_made(run: Run, home: Path, url: str) -> None:
    for command in (("feed",), ("create", "--role", "feed")):
        refused = run("key", *command, "--url", url, "--home", home, exits=2)
        assert f"--url is {url!r}; give where the service is reached" in refused.stderr
    assert not home.exists()


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
        (("create", "--role", "approver"), "person: a key of role approver names who holds it"),
        (("create", "--role", "reader", "--person", " "), "person: the name is empty"),
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
        ("create", "--role", "reader", "--url", "http://a"),
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
