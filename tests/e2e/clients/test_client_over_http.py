"""Both clients against the real service."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from inspect import isasyncgen, iscoroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from retriever.client import Abstention, AsyncClient, Client, ProblemError, Receipt, Retries, Unreachable
from retriever.quoting.prompt import plain_prompt
from tests.e2e.command import Run
from tests.e2e.serving import serving_here

SECRET = "Clandestine lawyers keep zanzibar parcels."
ASKED = "May a damaged item be returned?"
MANY = [
    {"policy_id": f"Z-{number:03}", "revision": 1, "effective_from": "2024-01-01", "title": "Gifts", "text": "None."}
    for number in range(101)  # a page holds 100
]


def file(policy: str, words: str, effective: str = "2024-01-01", **fields: str) -> str:
    front = {"policy": policy, "title": f"Title of {policy}", "effective": effective, **fields}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in front.items()) + f"---\n{words}\n"


class Awaited:
    """An AsyncClient whose methods are awaited on one event loop, so that one test says what is true of both."""

    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client, self._runner = client, runner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *given, **fields: self._runner.run(_outcome(getattr(self._client, name)(*given, **fields)))


async def _outcome(made: Any) -> Any:
    if isasyncgen(made):
        return await _all(made)
    assert iscoroutine(made)
    return await made


async def _all(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("client")
    files = (
        file("P-7", "Damaged items may be returned within 7 days."),
        file("P-7", "Damaged items may be returned within 30 days.", "2025-03-01"),
        file("S-1", SECRET, audience="[legal]"),
    )
    for number, content in enumerate(files):
        (folder / f"{number}.md").write_text(content)
        run("publish", folder / f"{number}.md", "--home", folder / "home")
    (folder / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in MANY))
    run("import", folder / "many.jsonl", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def keys(run: Run, home: Path) -> dict[str, str]:
    roles = {
        "reader": ("--role", "reader"),
        "author": ("--role", "author"),
        "lawyer": ("--role", "reader", "--audience", "legal"),
    }
    return {name: run("key", "create", *options, "--home", home).stdout.split()[0] for name, options in roles.items()}


@pytest.fixture(scope="module")
def address(home: Path, keys: dict[str, str]) -> Iterator[str]:
    with serving_here(home) as service:
        yield str(service.base_url)


@pytest.fixture(params=["waited for", "awaited"])
def client(request: pytest.FixtureRequest, address: str) -> Iterator[Callable[[str | None], Any]]:
    """Makes a client under a key; over each test, one that is waited for, and one that is awaited."""
    with asyncio.Runner() as runner:
        opened: list[Any] = []

        def made(key: str | None) -> Any:
            opened.append(
                Client(address, key=key, transport=httpx.HTTPTransport())
                if request.param == "waited for"
                else Awaited(AsyncClient(address, key=key, transport=httpx.AsyncHTTPTransport()), runner)
            )
            return opened[-1]

        yield made
        for each in opened:
            each.close()


@pytest.fixture
def reader(client: Callable[[str | None], Any], keys: dict[str, str]) -> Any:
    return client(keys["reader"])


def test_an_answer_is_evidence_with_a_receipt(reader: Any) -> None:
    answer = reader.retrieve(ASKED, as_of="2025-02-01", k=1, policies=["P-7"])
    [passage] = answer.evidence
    assert (passage.citation, passage.revision, passage.rank) == ("P-7@1#1", 1, 1)
    assert passage.text == "Damaged items may be returned within 7 days."
    assert (passage.valid_from, passage.valid_to) == ("2024-01-01T00:00:00Z", "2025-03-01T00:00:00Z")
    assert passage.scores.dense > 0
    assert (answer.abstained, answer.explain, answer.left_out) == (None, None, ())
    assert answer.receipt.request["k"] == 1
    assert "within 7 days" in plain_prompt(asdict(answer))


def test_no_evidence_comes_with_the_reason(reader: Any) -> None:
    answer = reader.retrieve(ASKED, policies=["P-404"])
    assert (answer.evidence, answer.abstained.reason) == ((), "unknown_policy")
    assert isinstance(answer.abstained, Abstention)


def test_an_explanation_comes_on_request(reader: Any) -> None:
    assert reader.retrieve(ASKED, as_of="2025-02-01", explain=True).explain["policies"][0]["policy_id"] == "P-7"


def test_a_citation_is_verified(reader: Any) -> None:
    assert reader.verify("P-7@2#1", "within 30 days", as_of="2025-04-01")["verdict"] == "supported"
    assert reader.verify("P-7@1#1", "within 7 days", as_of="2025-04-01")["verdict"] == "not_supported"


def test_a_receipt_is_asked_again_as_a_value_or_as_its_json(reader: Any) -> None:
    receipt = reader.retrieve(ASKED, as_of="2025-02-01").receipt
    assert isinstance(receipt, Receipt)
    assert [reader.replay(given)["verdict"] for given in (receipt, asdict(receipt))] == ["same", "same"]


def test_policies_revisions_and_what_changed(reader: Any) -> None:
    assert reader.policy("P-7", as_of="2025-02-01")["version"] == "P-7@1"
    assert reader.policy("P-7")["version"] == "P-7@2"
    assert reader.revision("P-7", 1)["passages"][0]["text"] == "Damaged items may be returned within 7 days."
    assert reader.revisions("P-7")["revisions"] == 2
    assert [event["version"] for event in reader.revisions("P-7")["events"]] == ["P-7@1", "P-7@2"]
    assert [passage["kind"] for passage in reader.diff("P-7", 1, 2)["passages"]] == ["reworded"]


def test_a_key_shows_what_its_labels_allow(client: Callable[[str | None], Any], keys: dict[str, str]) -> None:
    assert client(keys["lawyer"]).policy("S-1", audience=["legal"])["text"].rstrip().endswith(SECRET)
    with pytest.raises(ProblemError) as refused:
        client(keys["reader"]).policy("S-1", audience=["legal"])
    assert (refused.value.status, refused.value.code) == (404, "unknown_policy")


def test_a_refusal_says_what_and_why_and_names_its_request(reader: Any) -> None:
    for ask, status, code in (
        (lambda: reader.policy("P-404"), 404, "unknown_policy"),
        (lambda: reader.policy("../../readyz"), 404, "not_found"),
        (lambda: reader.verify("P-7"), 422, "invalid_citation"),
        (lambda: reader.retrieve(ASKED, as_of="soon"), 422, "invalid_request"),
        (lambda: reader.plan([file("N-1", "Words.")]), 403, "forbidden"),
    ):
        with pytest.raises(ProblemError) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (status, code)
        assert refused.value.detail in str(refused.value)
        assert refused.value.request_id


@pytest.mark.parametrize("key", [None, "asof_1a2b3c4d_nonsense"])
def test_without_a_valid_key_the_service_refuses(client: Callable[[str | None], Any], key: str | None) -> None:
    with pytest.raises(ProblemError) as refused:
        client(key).retrieve(ASKED)
    assert (refused.value.status, refused.value.code) == (401, "unauthorized")


def test_a_key_read_from_a_file_may_end_with_its_line(
    client: Callable[[str | None], Any], keys: dict[str, str]
) -> None:
    assert client(keys["reader"] + "\n").retrieve(ASKED).evidence


def test_readiness_needs_no_key(client: Callable[[str | None], Any]) -> None:
    assert client(None).ready()["status"] == "ready"


def test_an_author_plans_publishes_withdraws_and_restores(
    client: Callable[[str | None], Any], keys: dict[str, str]
) -> None:
    author = client(keys["author"])
    name = "N-2" if isinstance(author, Awaited) else "N-1"
    content = file(name, "New umbrellas may be exchanged within 9 days.")
    for planned in (author.plan([content]), author.plan(content)):
        assert planned["policies"][0]["revisions"][0]["version"] == f"{name}@1"
    published = author.publish(name, content)
    assert published["events"][0]["version"] == f"{name}@1"
    answer = author.retrieve("May umbrellas be exchanged?", policies=[name], min_generation=published["generation"])
    assert answer.evidence[0].citation == f"{name}@1#1"
    assert author.withdraw(name, "2025-01-01", note="merged")["events"][0]["kind"] == "withdraw"
    assert author.retrieve("May umbrellas be exchanged?", policies=[name]).abstained.reason == "withdrawn"
    [period] = author.withdraw(name, "2024-06-01", through="2024-06-30")["events"][0]["periods"]
    assert period["valid_to"] == "2024-07-01T00:00:00Z"
    assert author.restore(name, "2025-02-01", note="back")["events"][0]["kind"] == "restore"
    assert author.policy(name, as_of="2025-02-01")["version"] == f"{name}@1"
    assert [each["was"] for each in author.undo(dry_run=True)["changes"]] == [f"{name}@1"]
    assert author.undo(note="a mistake")["events"][0]["kind"] == "undo"
    assert author.undo()["events"][0]["kind"] == "undo"
    later = file(name, "New umbrellas may be exchanged within 8 days.", "2100-01-01")
    tx = author.publish(name, later)["events"][0]["tx"]
    fixed = author.correct(name, 2, later.replace("8 days", "80 days"), note="80, not 8")
    assert fixed["events"][0]["corrects"] == f"{name}@2"
    assert author.unschedule(name, 3)["events"][0]["undoes"] == [tx, fixed["events"][0]["tx"]]
    assert author.describe(name, owner="shop")["events"][0]["kind"] == "describe"
    assert author.describe(name, note="Ask Ada")["described"][0]["becomes"] == "Ask Ada"
    assert author.policy(name, as_of="2025-02-01")["owner"] == "shop"
    [cleared] = author.describe(name, clear=["owner"])["described"]
    assert (cleared["was"], cleared["becomes"]) == ("shop", None)
    assert author.policy(name, as_of="2025-02-01")["note"] == "Ask Ada"
    tried = author.withdraw(name, "2025-02-01", dry_run=True)
    assert (tried["dry_run"], tried["recorded_at"]) == (True, None)


def test_strict_refuses_what_the_lint_finds(client: Callable[[str | None], Any], keys: dict[str, str]) -> None:
    author = client(keys["author"])
    name = "N-4" if isinstance(author, Awaited) else "N-3"
    bad = file(name, "Umbrellas {++may++} be exchanged.")
    assert [found["rule"] for found in author.plan([bad])["lint"]] == ["tracked-change"]
    author.publish(name, file(name, "Umbrellas stay."), strict=True)
    for ask in (
        lambda: author.plan([bad], strict=True),
        lambda: author.publish(name, bad, strict=True),
        lambda: author.correct(name, 1, bad, strict=True),
    ):
        with pytest.raises(ProblemError) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (422, "lint")


def test_every_policy_is_listed_past_the_first_page(reader: Any) -> None:
    listed = list(reader.policies(as_of="2025-02-01"))
    assert [policy["policy_id"] for policy in listed if policy["policy_id"].startswith("Z-")] == [
        row["policy_id"] for row in MANY
    ]
    assert next(policy["version"] for policy in listed if policy["policy_id"] == "P-7") == "P-7@1"


def test_nobody_at_the_address_is_said_to_be_so() -> None:
    """Port 9 is that of the discard protocol, which nobody speaks."""
    transport = httpx.HTTPTransport()
    with (
        Client("http://127.0.0.1:9", retries=Retries(most=0), transport=transport) as nobody,
        pytest.raises(Unreachable) as lost,
    ):
        nobody.retrieve(ASKED)
    assert not lost.value.may_have_arrived
    assert "http://127.0.0.1:9/v1/retrieve" in str(lost.value)


def test_what_comes_next_and_what_is_due_is_told_to_who_may_read_it(reader: Any) -> None:
    found = reader.scheduled("P-7", as_of="2025-01-01", until="2026-01-01")
    assert [(each["at"], each["version"], each["replaces"]) for each in found["changes"]] == [
        ("2025-03-01T00:00:00Z", "P-7@2", "P-7@1")
    ]
    assert reader.scheduled(as_of="2025-01-01", within=3)["changes"] == []
    assert reader.due("P-7", as_of="2025-01-01", within=3)["due"] == []
    with pytest.raises(ProblemError) as refused:
        reader.due("S-1")
    assert refused.value.code == "unknown_policy"


def test_the_log_is_read_to_its_end_page_by_page(reader: Any) -> None:
    events = list(reader.log(until="2990-01-01"))
    imported = [event for event in events if event["policy_id"].startswith("Z-")]
    assert len(imported) == 101
    txs = [event["tx"] for event in events]
    assert txs == sorted(txs, reverse=True)
    assert "S-1" not in {event["policy_id"] for event in events}
    assert [event["version"] for event in reader.log("P-7")] == ["P-7@2", "P-7@1"]


def test_changes_are_followed_from_where_the_last_answer_ended(reader: Any) -> None:
    first = reader.changes()
    assert [event["version"] for event in first["events"]][:2] == ["P-7@1", "P-7@2"]
    assert len(first["events"]) == 100
    rest = reader.changes(first["next"])
    assert rest["events"][0]["tx"] > first["next"]
    assert reader.changes(reader.changes(rest["next"])["next"], wait=1)["events"] == []
