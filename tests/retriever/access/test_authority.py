"""What a key lets its holder do where an approval is required, and who writes a draft."""

import pytest

from policies.approving.authority import NOBODY, Authority
from policies.errors import ApprovalRequired
from retriever.access.authority import authority_of, check_first_rule, check_role, writer
from retriever.access.keys import Key
from retriever.access.permissions import Action, Role
from tests.retriever.homes import Home


def key(role: Role, person: str | None = "Ann Lee") -> Key:
    return Key("1a2b3c4d", role, ("public",), 0, person=person)


def test_without_a_key_nobody_asks() -> None:
    assert authority_of(None) == NOBODY
    assert authority_of(None, "a recall") == Authority(force="a recall")


@pytest.mark.parametrize(
    ("role", "approves", "decides"),
    [
        (Role.READER, False, False),
        (Role.AUTHOR, False, False),
        (Role.APPROVER, True, False),
        (Role.ADMIN, True, True),
        (Role.FEED, False, False),
    ],
)
def test_the_role_says_who_approves_and_who_does_without(role: Role, approves: bool, decides: bool) -> None:
    assert authority_of(key(role)) == Authority("Ann Lee", approves, decides)


def test_a_writer_is_whom_the_key_names_whatever_else_is_said() -> None:
    assert writer(key(Role.AUTHOR), "Bo Chen") == "Ann Lee"
    assert writer(None, "Bo Chen") == "Bo Chen"


@pytest.mark.parametrize("found", [None, key(Role.AUTHOR, None)])
def test_a_draft_whose_writer_nobody_knows_is_not_kept(found: Key | None) -> None:
    with pytest.raises(ApprovalRequired, match="nobody can tell"):
        writer(found)


def test_a_reader_writes_no_draft_and_who_has_the_folder_may() -> None:
    with pytest.raises(ApprovalRequired, match="of role reader, which may not write"):
        check_role(key(Role.READER), Action.WRITE)
    check_role(None, Action.WRITE)


def test_the_first_rule_takes_an_admin_once_a_key_is_active(home: Home) -> None:
    ring = home.asof.key_ring
    check_first_rule(ring, NOBODY)
    made, _ = ring.create(Role.READER)
    with pytest.raises(ApprovalRequired, match="for an admin to set"):
        check_first_rule(ring, authority_of(key(Role.APPROVER)))
    check_first_rule(ring, authority_of(key(Role.ADMIN)))
    ring.revoke(made.id)
    check_first_rule(ring, NOBODY)
