"""Messages over HTTP name routes and fields where the command line names commands and options."""

import re

import pytest

from retriever.entrypoints.http.routes_for import over_http
from tests.root import ROOT

ON_THE_MACHINE = ("restrict", "verify", "index", "status", "publish", "plan", "key", "retrieve", "serve", "settings")
"""Commands that have no route, or that are not the caller's to run."""


@pytest.mark.parametrize(
    ("told", "over"),
    [
        ("There is no policy X; `asof policies` lists them", "There is no policy X; `GET /v1/policies` lists them"),
        ("`asof history P-7` shows its periods", "`GET /v1/policies/P-7/revisions` shows its periods"),
        ("`asof undo 12` brings it back", '`POST /v1/undo {"tx": 12}` brings it back'),
        ("`asof withdraw P-7` ends it", "`POST /v1/policies/P-7/withdraw` ends it"),
        (
            "`asof describe P-7 --owner 'Ann B' --no-note --review-by 2026-01-01` sets it back",
            '`POST /v1/policies/P-7/describe {"owner": "Ann B", "note": null, "review_by": "2026-01-01"}` sets it back',
        ),
        (
            "`asof restrict P-7@1 --audience hr` sets it back",
            "`asof restrict P-7@1 --audience hr` on the service's machine sets it back",
        ),
        ("read it again: `asof drafts d-7f3k2a9q`", "read it again: `GET /v1/drafts/d-7f3k2a9q`"),
        ("give it again: `asof draft FILE --id d-1`", "give it again: `PUT /v1/drafts/d-1`"),
        ("`asof approve d-1` publishes it", "`POST /v1/drafts/d-1/publish` publishes it"),
        ("remove it: `asof drafts --delete d-1`", "remove it: `asof drafts --delete d-1` on the service's machine"),
        ("`asof submit` hands it in", "`POST /v1/drafts/{draft_id}/submit` hands it in"),
        ("give the key of an approver in ASOF_KEY", "give the key of an approver with the request"),
        ("Nothing to say in `code`", "Nothing to say in `code`"),
    ],
)
def test_a_command_is_told_as_the_route_that_does_the_same(told: str, over: str) -> None:
    assert over_http(told) == over


def test_every_command_in_a_message_of_the_ledger_and_its_readers_has_a_route_or_is_run_on_the_machine() -> None:
    sources = [path for folder in ("policies", "retriever/inspecting") for path in (ROOT / folder).rglob("*.py")]
    named = {found for path in sources for found in re.findall(r"`asof ([a-z-]+)", path.read_text(encoding="utf-8"))}
    told = {"policies", "history", "log", "undo", "describe", "withdraw"}
    told |= {"drafts", "draft", "submit", "approve", "sign-off"}
    assert named - set(ON_THE_MACHINE) <= told
