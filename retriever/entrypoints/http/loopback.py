"""The names of this machine itself, as they stand in a request or a command."""

import ipaddress
import re

_HOST = re.compile(
    r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[0-9a-z.-]+))(?::[0-9]{1,5})?|(?P<bare>[0-9a-f:.]+)", re.ASCII
)


def is_loopback(host: str) -> bool:
    """Whether a host is localhost or a loopback address in its usual form, with nothing else but a port."""
    found = _HOST.fullmatch(host.lower())
    if found is None:
        return False
    if found["name"] in ("localhost", "localhost."):
        return True
    try:
        address = ipaddress.ip_address(found["six"] or found["name"] or found["bare"])
    except ValueError:
        return False
    return address.is_loopback and address.version == (4 if found["name"] else 6)
