"""Who asks for a change, and what they may do where an approval is required."""

from collections.abc import Callable
from dataclasses import dataclass, field

from policies.normal_form import normalised


@dataclass(frozen=True, slots=True)
class Authority:
    """A person, as a key proved them; nobody without one.

    `approves` says that they may let other people's words come into force. `decides` says that they may do so without
    an approval, for a reason that is recorded: `force` holds it. `check` is called when something is about to be
    recorded, perhaps long after the request: it fails where the key proves nobody any more.
    """

    person: str | None = None
    approves: bool = False
    decides: bool = False
    force: str | None = None
    check: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)


NOBODY = Authority()


def same_person(one: str, other: str) -> bool:
    """Whether two names are of one person: spaces, case and ways to write a letter do not count."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(normalised("NFKC", name).casefold().split())
