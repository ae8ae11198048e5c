"""The names of this machine itself, as a request or a command may give them."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is localhost or a loopback address."""
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name in ("localhost", "localhost.")
