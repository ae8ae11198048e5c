"""A write that is sent again under its name is not recorded again."""

from collections.abc import Callable
from typing import Any

import pytest

from policies.change import Erase, Publish
from policies.errors import NamedWriteMismatch
from policies.ledger import Ledger
from policies.named_write import KEPT_FOR, NamedWrite
from policies.revision import Draft, Span, VersionId

WHOLE = [Span(0, 1, (), ())]


def write(ledger: Ledger, named: NamedWrite, *drafts: Draft) -> list[Any]:
    proposal = ledger.propose([Publish(draft) for draft in drafts])
    return ledger.record(proposal, [WHOLE for _ in proposal.drafts], "splitter", named=named)


def test_what_a_write_came_to_is_found_under_its_name(ledger: Ledger, draft: Callable[..., Draft]) -> None:
    write(ledger, NamedWrite("earlier", "r"), draft(policy_id="P-1"))
    events = write(ledger, NamedWrite("a", "r"), draft(policy_id="P-2"), draft(policy_id="P-3"))
    write(ledger, NamedWrite("later", "r"), draft(policy_id="P-4"))
    assert ledger.recorded_write(NamedWrite("a", "r")) == (events, ())
    assert ledger.recorded_write(NamedWrite("b", "r")) is None


def test_a_write_that_changed_nothing_is_found_too(ledger: Ledger, draft: Callable[..., Draft]) -> None:
    write(ledger, NamedWrite("a", "r"), draft(policy_id="P-1"))
    assert write(ledger, NamedWrite("b", "r"), draft(policy_id="P-1")) == []
    assert ledger.recorded_write(NamedWrite("b", "r")) == ([], (VersionId("P-1", 1),))


def test_a_name_is_of_one_request(ledger: Ledger, draft: Callable[..., Draft]) -> None:
    write(ledger, NamedWrite("a", "r"), draft(policy_id="P-1"))
    with pytest.raises(NamedWriteMismatch, match="another request"):
        ledger.recorded_write(NamedWrite("a", "s"))


def test_of_erased_words_no_digest_is_left(ledger: Ledger, draft: Callable[..., Draft]) -> None:
    write(ledger, NamedWrite("a", "r"), draft(policy_id="P-1"), draft(policy_id="P-2"))
    write(ledger, NamedWrite("b", "s"), draft(policy_id="P-1"))
    write(ledger, NamedWrite("c", "t"), draft(policy_id="P-3"))
    ledger.record(ledger.propose([Erase(VersionId("P-1", 1), "a court order")]), [], "splitter")
    for name in ("a", "b"):
        assert ledger.recorded_write(NamedWrite(name, "a guess")) == ledger.recorded_write(NamedWrite(name, "another"))
    with pytest.raises(NamedWriteMismatch):
        ledger.recorded_write(NamedWrite("c", "a guess"))


def test_names_are_forgotten_after_their_time(ledger: Ledger, clock: Any, draft: Callable[..., Draft]) -> None:
    write(ledger, NamedWrite("a", "r"), draft(policy_id="P-1"))
    clock.at += KEPT_FOR
    assert ledger.recorded_write(NamedWrite("a", "r")) is not None  # nothing was recorded since
    write(ledger, NamedWrite("since", "r"), draft(policy_id="P-4"))
    assert ledger.recorded_write(NamedWrite("a", "another")) is None
    write(ledger, NamedWrite("a", "another"), draft(policy_id="P-2"))
    write(ledger, NamedWrite("b", "r"), draft(policy_id="P-3"))
    assert ledger.recorded_write(NamedWrite("a", "another")) is not None
    assert ledger.recorded_write(NamedWrite("b", "r")) is not None


def test_a_clock_that_is_ahead_for_a_moment_forgets_no_name(
    ledger: Ledger, clock: Any, draft: Callable[..., Draft]
) -> None:
    events = write(ledger, NamedWrite("a", "r"), draft(policy_id="P-1"))
    clock.at += 45 * 86_400_000_000
    assert ledger.recorded_write(NamedWrite("a", "r")) == (events, ())
    write(ledger, NamedWrite("ahead", "r"), draft(policy_id="P-2"))
    clock.at -= 45 * 86_400_000_000
    assert ledger.recorded_write(NamedWrite("a", "r")) == (events, ())


def test_two_writers_names_are_never_the_same() -> None:
    assert NamedWrite.of("a", "b c", b"r").name != NamedWrite.of("a b", "c", b"r").name
    assert NamedWrite.of("a", "k", b"r") == NamedWrite.of("a", "k", b"r")
