"""What comes next, what is due and what was done, over HTTP: to a caller without the label nothing of it exists."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retriever.entrypoints.http.answers.reading import History
from retriever.entrypoints.http.answers.upcoming import DueAnswer, LogPage, ScheduledAnswer
from tests.e2e.command import Run
from tests.e2e.service.test_keys import bearer, file
from tests.e2e.serving import problem, serving_here

ROLES = ("reader", "evaluator", "author", "admin")
PATHS = ("/v1/scheduled", "/v1/due", "/v1/log")


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """P-7 and the secret S-1 with everything that may be told of a policy; S-2 secret, withdrawn and referred to."""
    folder = tmp_path_factory.mktemp("upcoming")
    secret = {"audience": "[legal]", "note": "clandestine"}
    contents = (
        file("P-7", "Damaged items. See S-2.", review_by="2024-06-01", owner="returns"),
        file("P-7", "Ninety days.", "2990-01-01", until="2990-02-01"),
        file("S-1", "Clandestine. See P-9.", "2024-02-03", review_by="2024-02-04", owner="lawyers", **secret),
        file("S-1", "Clandestine later.", "2991-01-01", until="2991-02-01", **secret),
        file("S-2", "Clandestine once.", "2024-02-05", **secret),
        file("P-9", "Parcels."),
    )
    for number, content in enumerate(contents):
        (folder / f"{number}.md").write_text(content)
    run("publish", *(folder / f"{number}.md" for number in range(len(contents))), "--home", folder / "home")
    for policy in ("S-2", "P-9"):
        run("withdraw", policy, "--from", "2024-03-06", "--note", "merged", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def keys(run: Run, home: Path) -> dict[str, str]:
    options: dict[str, tuple[str, ...]] = {role: ("--role", role) for role in ROLES}
    options["legal"] = ("--role", "author", "--audience", "legal")
    options["named"] = ("--role", "author", "--person", "Ann Lee")
    return {name: run("key", "create", *given, "--home", home).stdout.split()[0] for name, given in options.items()}


@pytest.fixture(scope="module")
def service(home: Path, keys: dict[str, str]) -> Iterator[httpx.Client]:
    with serving_here(home) as client:
        yield client


def get(service: httpx.Client, key: str, path: str, **parameters: Any) -> Any:
    found = service.get(path, params=parameters, headers=bearer(key))
    assert found.status_code == 200, found.text
    return found.json()


@pytest.mark.parametrize("role", ROLES)
def test_of_a_policy_without_the_label_no_date_no_count_and_no_name_is_told(
    service: httpx.Client, keys: dict[str, str], role: str
) -> None:
    for path in PATHS:
        told = service.get(path, params={"audience": "legal"}, headers=bearer(keys[role]))
        assert told.status_code == 200
        for word in ("S-1", "S-2", "andestine", "lawyers", "2024-02-0", "2991"):
            assert word not in told.text, path
        problem(service.get(path, params={"policy": "S-1"}, headers=bearer(keys[role])), 404, "unknown_policy")
    assert get(service, keys[role], "/v1/scheduled")["total"] == 2
    assert get(service, keys[role], "/v1/due")["total"] == 1
    assert len(get(service, keys[role], "/v1/log")["events"]) == 4


def test_with_the_label_all_of_it_is_told(service: httpx.Client, keys: dict[str, str]) -> None:
    key = keys["legal"]
    scheduled = ScheduledAnswer.model_validate(get(service, key, "/v1/scheduled"))
    assert [(change.at[:10], change.version, change.change) for change in scheduled.changes] == [
        ("2990-01-01", "P-7@2", "begins"),
        ("2990-02-01", "P-7@1", "returns"),
        ("2991-01-01", "S-1@2", "begins"),
        ("2991-02-01", "S-1@1", "returns"),
    ]
    due = DueAnswer.model_validate(get(service, key, "/v1/due"))
    assert [(item.at[:10], item.version, item.kind) for item in due.due] == [
        ("2024-02-04", "S-1@1", "review_overdue"),
        ("2024-03-06", "P-9@1", "withdrawn_but_referenced"),
        ("2024-03-06", "S-2@1", "withdrawn_but_referenced"),
        ("2024-06-01", "P-7@1", "review_overdue"),
    ]
    log = LogPage.model_validate(get(service, key, "/v1/log", limit=3))
    assert ([event.tx for event in log.events], log.next) == ([8, 7, 6], 6)
    rest = LogPage.model_validate(get(service, key, "/v1/log", before=6))
    assert ([event.tx for event in rest.events], rest.next) == ([5, 4, 3, 2, 1], None)


def test_who_wrote_over_http_is_the_id_of_the_key(service: httpx.Client, keys: dict[str, str]) -> None:
    sent = {"files": [file("N-1", "New umbrellas.")]}
    service.post("/v1/policies/N-1/revisions", json=sent, headers=bearer(keys["author"])).raise_for_status()
    body = {"from": "2990-01-01", "note": "gone"}
    service.post("/v1/policies/N-1/withdraw", json=body, headers=bearer(keys["admin"])).raise_for_status()
    names = [f"key {keys[role].split('_')[1]}" for role in ("author", "admin")]
    history = History.model_validate(get(service, keys["reader"], "/v1/policies/N-1/revisions"))
    assert [(event.author, event.kind, event.note) for event in history.events] == [
        (names[0], "publish", None),
        (names[1], "withdraw", "gone"),
    ]


def test_who_wrote_over_http_is_told_with_the_person_that_the_key_names(
    service: httpx.Client, keys: dict[str, str]
) -> None:
    sent = {"files": [file("N-2", "Old umbrellas.")]}
    service.post("/v1/policies/N-2/revisions", json=sent, headers=bearer(keys["named"])).raise_for_status()
    events = get(service, keys["reader"], "/v1/policies/N-2/revisions")["events"]
    assert [event["author"] for event in events] == [f"Ann Lee (key {keys['named'].split('_')[1]})"]


def test_who_corrected_described_or_took_back_over_http_is_the_id_of_the_key(
    service: httpx.Client, keys: dict[str, str]
) -> None:
    revisions = [file("A-1", "Umbrellas."), file("A-1", "More umbrellas.", "2990-01-01")]
    for path, body in (
        ("policies/A-1/revisions", {"files": revisions}),
        ("policies/A-1/correct", {"revision": 1, "file": file("A-1", "Some umbrellas."), "note": "some"}),
        ("policies/A-1/describe", {"owner": "rain-team"}),
        ("policies/A-1/unschedule", {"revision": 2}),
        ("undo", {}),
    ):
        service.post(f"/v1/{path}", json=body, headers=bearer(keys["author"])).raise_for_status()
    events = get(service, keys["reader"], "/v1/policies/A-1/revisions")["events"]
    assert {event["author"] for event in events} == {f"key {keys['author'].split('_')[1]}"}
    assert [(event["kind"], event["note"]) for event in events[2:]] == [
        ("publish", "some"),
        ("describe", None),
        ("unschedule", None),
        ("undo", None),
    ]


def test_what_cannot_be_asked_is_named(service: httpx.Client, keys: dict[str, str]) -> None:
    for path, given in (
        ("/v1/scheduled", {"until": "2020-01-01"}),
        ("/v1/scheduled", {"until": "2990-01-01", "within": 3}),
        ("/v1/due", {"within": 0}),
        ("/v1/log", {"since": "soon"}),
        ("/v1/log", {"limit": 501}),
    ):
        refused = service.get(path, params=given, headers=bearer(keys["reader"]))
        problem(refused, 422, "invalid_request")
