"""Where a full stop ends no sentence: after short forms, initials and numbers."""

import re

_NEVER_LAST = re.compile(
    r"(?:(?<![^\W_])(?:approx|incl|excl|paras?|art|sec|subsec|fig|vol|cf|viz|vs|resp|max|min|dept|est|ca|mr|mrs|ms|dr"
    r"|prof|st|cl|ch|pp?|ref)|\b(?:e\.g|i\.e|n\.b))\.\Z",
    re.IGNORECASE,
)
"""Short forms that no sentence ends with."""

_SELDOM_LAST = re.compile(r"\b(?:a\.m|p\.m|u\.s|u\.k|e\.u|etc|hrs?|app|reg|ed)\.\Z", re.IGNORECASE)
_INITIAL = re.compile(r"(?<![^\W_])[A-Z]\.\Z")
_BEFORE_NUMBER = re.compile(r"(?<![^\W_])nos?\.\Z", re.IGNORECASE)
_NUMBERING = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[IVXivx]{1,4})\.\Z")


def goes_on(before: str, after: str) -> bool:
    """Whether a sentence goes on though it was cut: its last full stop ends a short form, an initial or a number."""
    before, after = before.rstrip(), after.lstrip()
    if not after or not before.endswith("."):
        return False
    if _NUMBERING.fullmatch(before) or _NEVER_LAST.search(before) or _INITIAL.search(before):
        return True
    if _BEFORE_NUMBER.search(before):
        return after[0].isdigit()
    return _SELDOM_LAST.search(before) is not None and not after[0].isupper()
