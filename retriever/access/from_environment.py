"""Who runs a command that needs authority: the holder of the key in the environment variable `ASOF_KEY`.

Whoever has the home folder has its files, so most commands ask for no key. A command that records who did something,
and allows it to some only, needs one as the service does.
"""

import os
import re

from policies.instant import format_instant
from retriever.access.keys import Key, KeyRing
from retriever.errors import KeyRefused

VARIABLE = "ASOF_KEY"

_NAMED = re.compile("asof_([0-9a-f]{8})_")


def key_holder(ring: KeyRing) -> Key | None:
    """The key whose text the environment holds: its role, person and labels count. None if there is no text.

    KeyRefused if the ring does not accept the text. The message never repeats it.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    key = ring.check(text)
    if key is None:
        raise KeyRefused(f"{VARIABLE} holds {_problem(ring, text)}; `asof key list` shows the keys of this home")
    ring.used(key)
    return key


def _problem(ring: KeyRing, text: str) -> str:
    """What is wrong with a text that the ring does not accept, for somebody who has the home folder."""
    named = _NAMED.match(text)
    if named is None:
        return "a text that is no key (a key is `asof_`, eight digits or letters, `_` and its secret)"
    keys = ring.keys()
    known = next((key for key in keys if key.id == named[1]), None)
    if known is None:
        return f"a key of the id {named[1]}, which this home does not know"
    if known.revoked is not None:
        return f"key {known.id}, which is revoked since {format_instant(known.revoked)}"
    if ring.state(known) == "expired" and known.expires is not None:
        return f"key {known.id}, which expired at {format_instant(known.expires)}"
    return f"a text with the id of key {known.id} and another secret; give the text that `asof key create` printed"
