"""Drafts over HTTP: the way of one from its writer to its approver, and who sees it; every role, every label."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from retriever.client import Client
from tests.e2e.command import Run
from tests.e2e.serving import problem, serving_here

KEYS = {
    "reader": ("--role", "reader"),
    "evaluator": ("--role", "evaluator"),
    "nobody": ("--role", "author"),
    "bo": ("--role", "author", "--person", "Bo Chen"),
    "cy": ("--role", "author", "--person", "Cy Doe"),
    "ann": ("--role", "approver", "--person", "Ann Lee"),
    "bo approves": ("--role", "approver", "--person", "BO  CHEN"),
    "admin": ("--role", "admin", "--person", "Ada Min"),
    "legal": ("--role", "author", "--person", "Lea Gal", "--audience", "legal"),
    "legal approver": ("--role", "approver", "--person", "Al Legal", "--audience", "legal"),
}


def file(policy: str, words: str, **fields: str) -> str:
    front = {"policy": policy, "title": f"Title of {policy}", **fields}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in front.items()) + f"---\n{words}\n"


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """P-7@1 is in force, and S-1@1 for lawyers; from then on, every policy needs an approval."""
    folder = tmp_path_factory.mktemp("drafts")
    for name, content in (
        ("p", file("P-7", "Within 7 days.", effective="2024-01-01")),
        ("s", file("S-1", "Clandestine.", effective="2024-01-01", audience="[legal]")),
    ):
        (folder / f"{name}.md").write_text(content)
        run("publish", folder / f"{name}.md", "--home", folder / "home")
    run("settings", "approval", "required", "--home", folder / "home")
    return folder / "home"


@pytest.fixture(scope="module")
def keys(run: Run, home: Path) -> dict[str, str]:
    return {name: run("key", "create", *each, "--home", home).stdout.split()[0] for name, each in KEYS.items()}


@pytest.fixture(scope="module")
def service(home: Path, keys: dict[str, str]) -> Iterator[httpx.Client]:
    with serving_here(home) as client:
        yield client


class As:
    """The service as the holder of a key calls it."""

    def __init__(self, service: httpx.Client, keys: dict[str, str]) -> None:
        self._service, self._keys = service, keys

    def __call__(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        given = {"authorization": f"Bearer {self._keys[name]}", **headers}
        return self._service.request(method, path, json=body, headers=given)

    def keep(self, name: str, content: str, *, submit: bool = True) -> dict[str, Any]:
        kept = self(name, "POST", "/v1/drafts", {"file": content})
        assert kept.status_code == 201, kept.text
        if submit:
            kept = self(name, "POST", f"/v1/drafts/{kept.json()['id']}/submit", {})
        found: dict[str, Any] = kept.json()
        return found

    def ids(self, name: str) -> set[str]:
        return {each["id"] for each in self(name, "GET", "/v1/drafts").json()["drafts"]}


@pytest.fixture(scope="module")
def call(service: httpx.Client, keys: dict[str, str]) -> As:
    return As(service, keys)


def test_a_draft_goes_from_its_writer_to_its_approver_and_into_force(call: As, service: httpx.Client) -> None:
    generation = service.get("/readyz").json()["generation"]
    kept = call.keep("bo", file("N-1", "Within 60 days.", effective="2024-01-01"))
    assert (kept["state"], kept["base"], kept["writers"][0]["person"]) == ("submitted", None, "Bo Chen")
    assert service.get("/readyz").json()["generation"] == generation
    asked = call("reader", "POST", "/v1/retrieve", {"query": "within 60 days", "policies": ["N-1"]}).json()
    assert asked["abstained"]["reason"] == "unknown_policy"
    path = f"/v1/drafts/{kept['id']}"
    read = call("ann", "GET", path).json()
    assert (read["text"].endswith("Within 60 days.\n"), read["lint"], read["approval_required"]) == (True, [], True)
    body, headers = {"digest": read["digest"], "note": "as agreed"}, {"idempotency-key": "k-approve"}
    done = call("ann", "POST", f"{path}/approve", body, **headers)
    assert done.status_code == 201
    assert (done.json()["draft"]["state"], done.json()["draft"]["version"]) == ("published", "N-1@1")
    assert call("ann", "POST", f"{path}/approve", body, **headers).json() == done.json()
    again = problem(call("ann", "POST", f"{path}/approve", body), 409, "refused")
    assert f"{kept['id']} is published: it is N-1@1, by transaction" in again["detail"]
    refused = problem(call("bo", "DELETE", path), 409, "refused")
    assert "is published: it is N-1@1, by transaction" in refused["detail"]
    assert call("ann", "POST", f"{path}/approve", body, **headers).json() == done.json()
    [event] = call("reader", "GET", "/v1/log?policy=N-1").json()["events"]
    assert event["author"] == "Bo Chen"
    assert event["approval"]["person"] == "Ann Lee"
    assert (event["approval"]["digest"], event["approval"]["reason"]) == (read["digest"], "as agreed")
    assert (event["approval"]["draft"], event["approval"]["base"], event["forced"]) == (kept["id"], None, None)


def test_words_without_an_approval_come_in_on_no_route(call: As) -> None:
    content = file("P-7", "Within 8 days.")
    for name in ("bo", "ann", "admin"):
        sent = call(name, "POST", "/v1/policies/P-7/revisions", {"file": content})
        assert "`POST /v1/drafts`" in problem(sent, 409, "approval_required")["detail"]
        body = {"revision": 1, "file": content}
        problem(call(name, "POST", "/v1/policies/P-7/correct", body), 409, "approval_required")
    planned = call("bo", "POST", "/v1/plan", {"files": [content]}).json()
    assert planned["approval_required"] == ["P-7"]


def test_taking_back_takes_an_approver(call: As) -> None:
    kept = call.keep("cy", file("U-1", "First.", effective="2024-01-01"))
    call("ann", "POST", f"/v1/drafts/{kept['id']}/approve", {"digest": kept["digest"]}).raise_for_status()
    tx = call("ann", "GET", "/v1/log?policy=U-1").json()["events"][0]["tx"]
    problem(call("cy", "POST", "/v1/undo", {"tx": tx}), 409, "approval_required")
    assert call("ann", "POST", "/v1/undo", {"tx": tx}).status_code == 201


def test_an_approval_names_the_digest_that_was_read(call: As) -> None:
    seen = call.keep("bo", file("D-1", "Sixty days."))
    path = f"/v1/drafts/{seen['id']}"
    edited = call("bo", "PUT", path, {"file": file("D-1", "Six days.")}).json()
    assert edited["state"] == "draft"
    assert "the submission of Bo Chen" in edited["void"]
    now = call("bo", "POST", f"{path}/submit", {}).json()
    problem(call("ann", "POST", f"{path}/approve", {"digest": seen["digest"]}), 409, "refused")
    problem(call("ann", "POST", f"{path}/approve", {}), 422, "invalid_request")
    assert call("ann", "POST", f"{path}/approve", {"digest": now["digest"]}).status_code == 201


def test_nobody_approves_their_own_under_another_key(call: As) -> None:
    kept = call.keep("bo", file("O-1", "Own words."))
    path = f"/v1/drafts/{kept['id']}/approve"
    answer = problem(call("bo approves", "POST", path, {"digest": kept["digest"]}), 409, "approval_required")
    assert "nobody approves a draft of their own" in answer["detail"]
    assert problem(call("nobody", "POST", "/v1/drafts", {"file": file("O-2", "x")}), 409, "approval_required")


@pytest.mark.parametrize("role", ["reader", "evaluator"])
def test_readers_know_of_no_draft(call: As, role: str) -> None:
    kept = call.keep("bo", file("R-1", f"Words for {role}."))
    for method, path, body in (
        ("GET", "/v1/drafts", None),
        ("POST", "/v1/drafts", {"file": file("R-1", "x")}),
        ("GET", f"/v1/drafts/{kept['id']}", None),
        ("PUT", f"/v1/drafts/{kept['id']}", {"file": file("R-1", "x")}),
        ("DELETE", f"/v1/drafts/{kept['id']}", None),
        ("POST", f"/v1/drafts/{kept['id']}/approve", {"digest": kept["digest"]}),
    ):
        problem(call(role, method, path, body), 403, "forbidden")


def test_authors_see_their_own_and_approvers_what_was_handed_in(call: As) -> None:
    written = call.keep("bo", file("V-1", "Not handed in."), submit=False)["id"]
    handed_in = call.keep("bo", file("V-2", "Handed in."))["id"]
    assert {written, handed_in} <= call.ids("bo")
    assert not {written, handed_in} & call.ids("cy")
    assert {written, handed_in} & call.ids("ann") == {handed_in}
    problem(call("cy", "GET", f"/v1/drafts/{handed_in}"), 404, "unknown_draft")
    problem(call("cy", "DELETE", f"/v1/drafts/{handed_in}"), 404, "unknown_draft")
    problem(call("ann", "GET", f"/v1/drafts/{written}"), 404, "unknown_draft")
    problem(call("ann", "DELETE", f"/v1/drafts/{handed_in}"), 409, "refused")
    assert call("bo", "DELETE", f"/v1/drafts/{written}").json()["id"] == written
    assert written not in call.ids("bo")


def test_without_the_labels_a_draft_does_not_exist(call: As) -> None:
    """Of a policy that is hidden, and of a new one whose words are for lawyers alone."""
    ids = {
        call.keep("legal", file("S-1", "More clandestine.", audience="[legal]"))["id"],
        call.keep("legal", file("S-2", "All new.", audience="[legal]"))["id"],
    }
    assert ids <= call.ids("legal")
    assert ids <= call.ids("legal approver")
    for name in ("ann", "admin", "cy"):
        assert not ids & call.ids(name)
        for each in ids:
            unknown = problem(call(name, "GET", f"/v1/drafts/{each}"), 404, "unknown_draft")
            made_up = problem(call(name, "GET", "/v1/drafts/d-22222222"), 404, "unknown_draft")
            assert unknown["detail"].replace(each, "d-22222222") == made_up["detail"]
    problem(call("cy", "POST", "/v1/drafts", {"file": file("S-1", "x")}), 404, "unknown_policy")
    sent = call("cy", "POST", "/v1/drafts", {"file": file("S-3", "x", audience="[legal]")})
    assert "your key has none of these labels" in problem(sent, 409, "refused")["detail"]
    kept = call.keep("legal", file("S-4", "Other clandestine.", audience="[legal]"))
    approve = f"/v1/drafts/{kept['id']}/approve"
    problem(call("ann", "POST", approve, {"digest": kept["digest"]}), 404, "unknown_draft")
    assert call("legal approver", "POST", approve, {"digest": kept["digest"]}).status_code == 201
    for name in ("ann", "reader"):
        assert "S-4" not in call(name, "GET", "/v1/log").text


def test_a_rejected_draft_goes_back_and_an_approved_one_waits_for_later(call: As) -> None:
    kept = call.keep("bo", file("L-1", "Later.", effective="2024-01-01"))
    path = f"/v1/drafts/{kept['id']}"
    back = call("ann", "POST", f"{path}/reject", {"reason": "say which days"}).json()
    assert (back["state"], back["decided"]["words"]) == ("rejected", "say which days")
    assert call("bo", "GET", path).json()["decided"]["person"] == "Ann Lee"
    again = call("bo", "POST", f"{path}/submit", {}).json()
    later = call("ann", "POST", f"{path}/approve", {"digest": again["digest"], "later": True})
    assert (later.status_code, later.json()["written"], later.json()["draft"]["state"]) == (200, None, "approved")
    assert call("bo", "POST", f"{path}/publish", {}).json()["draft"]["version"] == "L-1@1"


def test_a_decision_that_is_sent_again_says_what_became_of_the_draft(call: As) -> None:
    kept = call.keep("bo", file("G-1", "Once.", effective="2024-01-01"))
    path, later = f"/v1/drafts/{kept['id']}", {"digest": kept["digest"], "later": True}
    reason = {"reason": "say which days"}
    rejected = call("ann", "POST", f"{path}/reject", reason)
    again = call("ann", "POST", f"{path}/reject", reason)
    assert (again.status_code, again.json()) == (200, rejected.json())
    assert "was rejected" in problem(call("ann", "POST", f"{path}/approve", later), 409, "refused")["detail"]
    problem(call("admin", "POST", f"{path}/reject", reason), 404, "unknown_draft")
    assert kept["id"] not in call.ids("ann")
    call("bo", "POST", f"{path}/submit", {})
    approved = call("ann", "POST", f"{path}/approve", later)
    again = call("ann", "POST", f"{path}/approve", later)
    assert (again.status_code, again.json()) == (200, approved.json())
    for name, more in (("admin", {}), ("ann", {"note": "another"})):
        refused = problem(call(name, "POST", f"{path}/approve", later | more), 409, "refused")["detail"]
        assert f"is approved already; `POST {path}/publish` publishes it" in refused
    call("bo", "POST", f"{path}/publish", {}).raise_for_status()
    assert call("ann", "GET", path).json()["version"] == "G-1@1"
    for body in (later, {"digest": kept["digest"]}):
        told = problem(call("ann", "POST", f"{path}/approve", body), 409, "refused")["detail"]
        assert f"{kept['id']} is published: it is G-1@1" in told
        problem(call("admin", "POST", f"{path}/approve", body), 404, "unknown_draft")


def test_what_became_of_a_draft_is_kept_from_an_approver_who_lost_its_label(call: As, run: Run, home: Path) -> None:
    kept = call.keep("bo", file("G-2", "Open.", effective="2024-01-01"))
    path, body = f"/v1/drafts/{kept['id']}", {"digest": kept["digest"]}
    call("ann", "POST", f"{path}/approve", body).raise_for_status()
    run("restrict", "G-2@1", "--audience", "legal", "--home", home)
    problem(call("ann", "POST", f"{path}/approve", body), 404, "unknown_draft")


def test_what_was_forced_is_due_until_another_person_signs_it_off(
    call: As, run: Run, home: Path, tmp_path: Path, keys: dict[str, str]
) -> None:
    (tmp_path / "f.md").write_text(file("F-1", "Recalled.", effective="2024-01-01"))
    options = ("--force", "--reason", "a recall", "--home", home)
    run("publish", tmp_path / "f.md", *options, env={"ASOF_KEY": keys["admin"]})
    due = [each for each in call("reader", "GET", "/v1/due").json()["due"] if each["kind"] == "unreviewed"]
    assert [each["version"] for each in due] == ["F-1@1"]
    problem(call("bo", "POST", "/v1/policies/F-1/sign-off", {"revision": 1}), 403, "forbidden")
    problem(call("admin", "POST", "/v1/policies/F-1/sign-off", {"revision": 1}), 409, "approval_required")
    assert call("ann", "POST", "/v1/policies/F-1/sign-off", {"revision": 1, "note": "read"}).status_code == 201
    signed, forced = call("reader", "GET", "/v1/log?policy=F-1").json()["events"]
    assert (signed["kind"], signed["approval"]["person"], signed["approval"]["reason"]) == (
        "sign_off",
        "Ann Lee",
        "read",
    )
    assert forced["forced"] | {"at": ""} == {
        "person": "Ada Min",
        "at": "",
        "reason": "a recall",
        "signed_off_by": "Ann Lee",
    }
    assert "unreviewed" not in json.dumps(call("reader", "GET", "/v1/due").json())


def test_a_client_takes_a_draft_the_whole_way(service: httpx.Client, keys: dict[str, str]) -> None:
    url = str(service.base_url)
    with Client(url, key=keys["bo"]) as bo, Client(url, key=keys["ann"]) as ann:
        kept = bo.keep_draft(file("C-1", "By a client.", effective="2024-01-01"))
        edited = bo.edit_draft(kept["id"], file("C-1", "By a good client.", effective="2024-01-01"))
        assert edited["id"] == kept["id"]
        bo.submit_draft(kept["id"])
        assert kept["id"] in {each["id"] for each in ann.drafts()}
        ann.reject_draft(kept["id"], "not yet")
        bo.submit_draft(kept["id"])
        digest = ann.draft(kept["id"])["digest"]
        ann.approve_draft(kept["id"], digest, later=True)
        assert bo.publish_draft(kept["id"])["draft"]["version"] == "C-1@1"
        other = bo.keep_draft(file("C-2", "Away."))
        assert bo.delete_draft(other["id"])["id"] == other["id"]
