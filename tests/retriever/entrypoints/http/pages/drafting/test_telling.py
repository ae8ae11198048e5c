"""Refusals in the words of people, with pages in the place of commands."""

import pytest

from policies.errors import ApprovalRequired, ChangeRefused, DraftError, LedgerBusy, UnknownDraft
from retriever.access.authority import writer
from retriever.entrypoints.http.access import Refused
from retriever.entrypoints.http.pages.drafting.telling import status_of, told


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("`asof submit d-7k2mq9xa` hands it in", "/drafts/d-7k2mq9xa hands it in"),
        ("Read it again: `asof drafts d-7k2mq9xa`", "Read it again: /drafts/d-7k2mq9xa"),
        ("give it again: `asof draft FILE --id d-7k2mq9xa`", "give it again: /drafts/d-7k2mq9xa/edit"),
        ("`asof drafts` lists them", "/drafts lists them"),
        ("`asof undo 12` takes it back", "/changes/12/undo takes it back"),
        ("`asof history P-7` lists them", "/p/P-7/timeline lists them"),
        ("`asof withdraw P-7` ends it", "`asof withdraw P-7` ends it"),
        ("`asof verify` finds it", "`asof verify` finds it"),
        ("No command in it", "No command in it"),
    ],
)
def test_a_command_is_told_as_the_page_that_does_it(said: str, shown: str) -> None:
    assert told(ChangeRefused(said)) == shown


def test_whoever_is_not_named_is_told_to_sign_in() -> None:
    with pytest.raises(ApprovalRequired) as refused:
        writer(None)
    assert told(refused.value).endswith(
        'Give a key of `asof key create --role author --person "Ann Lee"`, and sign in with it'
    )


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DraftError("it", "x"), 422),
        (ApprovalRequired("x"), 409),
        (UnknownDraft("x"), 404),
        (LedgerBusy("x"), 503),
        (Refused(429, "saturated", "x", 1), 429),
    ],
)
def test_a_refusal_has_the_status_that_the_routes_give_it(error: Exception, status: int) -> None:
    assert status_of(error) == status
