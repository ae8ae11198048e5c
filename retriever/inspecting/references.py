"""Which policies the words of a policy refer to, by their ids.

An id with a digit, such as `P-7`, counts wherever it stands alone among the words. An id without one, such as
`time-off`, may be plain English: it counts as a link's target, in a citation (`time-off@3`) or between backticks.
"""

import re
from collections.abc import Collection

from policies.revision import POLICY_ID
from policies.sources.draft import front_matter_end

_TOKEN = re.compile(r"(?<![A-Za-z0-9._-])[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?", re.ASCII)
_MARKED = re.compile(
    rf"\]\((?:[^()\s]*/)?(?P<link>{POLICY_ID.pattern}?)(?:\.(?:md|markdown|html?))?(?:\#[^()\s]*)?(?:\s[^()]*)?\)"
    rf"|\[\[(?P<wiki>{POLICY_ID.pattern})(?:[|\#][^\]]*)?\]\]"
    rf"|`(?P<code>{POLICY_ID.pattern})`"
    rf"|(?<![A-Za-z0-9._-])(?P<cited>{POLICY_ID.pattern})@[1-9]",
    re.ASCII,
)


def referred_to(text: str, among: Collection[str]) -> set[str]:
    """The ids of `among` that a revision's text refers to, outside its front matter."""
    words = text[front_matter_end(text) :]
    found = {token for token in _TOKEN.findall(words) if any(map(str.isdigit, token))}
    found.update(name for match in _MARKED.finditer(words) for name in match.groups() if name)
    return found.intersection(among)
