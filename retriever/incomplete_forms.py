"""What stands where a citation stands and names a policy, but is no whole handle: `[P-7]`, `(P-7, revision 1)`.

It leads nowhere, so it is an unresolved citation. A policy that prose names, "P-7 says", is none.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"
_BRACKET = re.compile(
    r"\\?\[{1,2}\^?(?P<square>[^\[\]\n]{1,200})\]{1,2}(?P<link>\([^()\s]{0,300}\))?|\((?P<aside>[^()\[\]\n]{1,200})\)"
)
_HANDLE = r"@\d[A-Za-z0-9]* ?#\d"
_BARE = re.compile(
    rf"(?<![A-Za-z0-9._@/-])(?P<id>{_ID})(?!{_HANDLE})(?: ?@ ?\d{{1,9}}(?: ?# ?\d{{1,6}})?|#\d{{1,6}})(?![\w@-])",
    re.ASCII,
)
_WITH_A_HANDLE = re.compile(_HANDLE, re.ASCII)
_LEAD = (
    r"(?:(?:see|cf|per|from|in|under|according to|as stated in|id|sources?|refs?|references?|docs?|documents?|evidence"
    r"|citations?|polic(?:y|ies)|n[o°])\b[\s:.#]*)*"
)
_NAMED = re.compile(rf"[\s`*_]*{_LEAD}(?P<id>{_ID})(?P<rest>.*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_BEHIND_A_POLICY = tuple(",;:@#|-–—†(§¶")
_BETWEEN = re.compile(r"[\s,;:@#&|/()§¶†`*_\\]+")
_PART = re.compile(
    r"(?:and|revisions?|rev|versions?|vers?|v|r|passages?|paragraphs?|paras?|p|pp|pages?|sections?|sec|s|clauses?|items?"
    r"|no|nr|art|articles?|chapters?|parts?|points?|rules?|lines?)?\.?-?(?:\d{1,6}[a-z]?(?:-\d{1,6}[a-z]?)?)?\.?",
    re.IGNORECASE,
)
_STOPS = ".!?…。！？"


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Where such a form stands. An `aside` may as well be a mention: `P-7@1` in prose, or `(P-7)` behind a title.

    `named` is the policy or the revision that it names.
    """

    start: int
    end: int
    named: str
    kind: Literal["citation", "aside"]


def incomplete_forms(text: str, policies: Collection[str]) -> Iterator[Incomplete]:
    """Every such form of a text with plain brackets and hyphens, for the policies whose words were given.

    A revision in brackets, `[P-7@1]`, is one whatever its policy.
    """
    folded = {policy.casefold() for policy in policies}

    def given(policy: str) -> bool:
        """Whether it is such a policy; one whose id is a plain word is spelled alike."""
        return policy in policies or (not policy.isalpha() and policy.casefold() in folded)

    starts, ends = [], []
    for match in _BRACKET.finditer(text):
        if (found := _in_bracket(match, given)) is not None:
            starts.append(found.start)
            ends.append(found.end)
            yield found
    for match in _BARE.finditer(text):
        around = bisect_right(starts, match.start()) - 1
        if given(match["id"]) and (around < 0 or ends[around] <= match.start()):
            yield Incomplete(*match.span(), match[0].replace(" ", ""), "aside")


def _in_bracket(match: re.Match[str], given: Callable[[str], bool]) -> Incomplete | None:
    square, link = match["square"], match["link"]
    named = _NAMED.fullmatch((square or match["aside"]).rstrip(" \\.,;`*_"))
    if named is None or _WITH_A_HANDLE.search(match[0]):
        return None
    policy, rest = named["id"], named["rest"]
    version = rest.startswith("@") and rest[1:2].isdecimal()
    parts = all(_PART.fullmatch(part) or given(part) for part in _BETWEEN.split(rest) if part)
    if not (given(policy) or (version and parts)):
        return None
    if square is not None:
        elsewhere = link is not None and not version and not link.startswith(("(#", "(asof:"))
        cites = not elsewhere and (parts or rest.lstrip().startswith(_BEHIND_A_POLICY))
        return Incomplete(*match.span(), policy, "citation") if cites else None
    if not parts:
        return None
    if any(character.isdecimal() for character in rest):
        return Incomplete(*match.span(), policy, "citation")
    mention = policy.isalpha() or not _ends_something(match.string, *match.span())
    return None if mention else Incomplete(*match.span(), policy, "aside")


def _ends_something(text: str, start: int, end: int) -> bool:
    """Whether a sentence or a line ends beside a bracket, so that it is no apposition within one."""
    before, after = text[max(0, start - 5) : start].rstrip(), text[end : end + 5].lstrip(" \t*_\"'”’»)")
    return before[-1:] in tuple(_STOPS) or not after or after[0] in _STOPS + "\n"
