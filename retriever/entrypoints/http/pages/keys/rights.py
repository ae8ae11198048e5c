"""Who may make and revoke keys on a page, and which labels they may give."""

from retriever.access.keys import KeyRing
from retriever.entrypoints.http.access import Caller, Refused


def makes_the_first(ring: KeyRing, caller: Caller) -> bool:
    """Whether the caller has no key, and there is none: what they may make is the first one, an admin's."""
    return caller.key is None and not ring.keys()


def lacking(ring: KeyRing, caller: Caller) -> str | None:
    """Why the caller changes no keys; None where they may.

    A service that asks for no keys lets everyone on this machine in. If they could make keys beside those of a home,
    they could approve in anyone's name.
    """
    if caller.key is None and ring.keys():
        return "This home has keys, so making and revoking them takes one of role admin"
    return None


def check_changes(ring: KeyRing, caller: Caller) -> None:
    """Refused where the caller changes no keys."""
    if (why := lacking(ring, caller)) is not None:
        raise Refused(403, "forbidden", f"{why}. Sign in with one")


def check_labels(caller: Caller, labels: list[str]) -> None:
    """Refused where a key would read what the key of its maker does not."""
    if caller.key is None:
        return
    others = sorted({*labels} - {*caller.key.audience})
    if others:
        raise Refused(
            403,
            "forbidden",
            f"labels: your own key does not have {', '.join(others)}, and here nobody gives what they do not have. "
            "`asof key create` on the service's machine does",
        )
