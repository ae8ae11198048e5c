"""What a key lets its holder do where an approval is required."""

from collections.abc import Callable

from policies.approving.authority import NOBODY, Authority
from policies.errors import ApprovalRequired
from retriever.access.keys import Key, KeyRing
from retriever.access.permissions import Action, Role, may


def authority_of(key: Key | None, force: str | None = None, check: Callable[[], None] = lambda: None) -> Authority:
    """The authority of whoever holds a key, with the reason why they force a publish; nobody's without a key.

    `check` fails where the key is valid no longer.
    """
    if key is None:
        return NOBODY if force is None else Authority(force=force)
    return Authority(key.person, may(key.role, Action.APPROVE), key.role is Role.ADMIN, force, check)


def writer(key: Key | None, author: str | None = None) -> str:
    """The person who writes a draft; ApprovalRequired if nobody can tell.

    That is whom the key names. Someone without a key has the home folder, and says who they are by `author`.
    """
    check_role(key, Action.WRITE)
    person = author if key is None else key.person
    if person is None:
        what = "without a key" if key is None else f"with key {key.id}, which names no person,"
        option = "--author NAME, or " if key is None else ""
        raise ApprovalRequired(
            f"Nobody approves a draft of their own, so a draft says who wrote it, and {what} nobody can tell. Give "
            f'{option}a key of `asof key create --role author --person "Ann Lee"` in ASOF_KEY'
        )
    return person


def check_role(key: Key | None, action: Action) -> None:
    """ApprovalRequired if the role of a key may not do something; without a key, its holder has the home folder."""
    if key is not None and not may(key.role, action):
        raise ApprovalRequired(f"Key {key.id} is of role {key.role.value}, which may not {action.value}")


def check_first_rule(ring: KeyRing, authority: Authority) -> None:
    """ApprovalRequired if a home has keys that count, and somebody else than an admin sets who needs an approval."""
    if not authority.decides and any(ring.state(key) == "active" for key in ring.keys()):  # noqa: SIM118 (no mapping)
        raise ApprovalRequired(
            "This home has keys, so whether approval is required is for an admin to set. Nothing was recorded; give "
            "the key of an admin in ASOF_KEY"
        )
