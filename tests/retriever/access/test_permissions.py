"""Which role may do what."""

import pytest

from retriever.access.permissions import PERMISSIONS, Action, Role, may

EXPECTED = {
    "reader": "follow ask read",
    "evaluator": "follow ask read trace",
    "author": "follow ask read write",
    "approver": "follow ask read write approve",
    "admin": "follow ask read trace write approve operate",
    "feed": "follow",
}


@pytest.mark.parametrize("role", EXPECTED)
@pytest.mark.parametrize("action", Action)
def test_role_may_do_what_the_table_says_and_nothing_else(role: str, action: Action) -> None:
    assert may(Role(role), action) == (action in EXPECTED[role].split())


def test_every_role_is_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Role) == set(EXPECTED)
