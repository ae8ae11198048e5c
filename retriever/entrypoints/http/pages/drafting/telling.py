"""What pages of drafts say: states, deeds and refusals in the words of people, with pages in the place of commands."""

import re
from collections.abc import Mapping

from policies.errors import PolicyError
from retriever.entrypoints.http.access import Refused
from retriever.entrypoints.http.problems import KINDS
from retriever.entrypoints.http.routes_for import on_pages
from retriever.errors import BadKey, BadQuery

STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("none", "Not handed in"),
    "submitted": ("scheduled", "Waits for approval"),
    "approved": ("superseded", "Approved, not published"),
    "rejected": ("withdrawn", "Given back"),
    "published": ("in_force", "Published"),
    "erased": ("erased", "Erased"),
}
"""The mark and the words of each state of a draft."""

DONE: Mapping[str, str] = {
    "kept": "The draft is kept. Nothing of it is in force or found.",
    "edited": "The draft is kept with these words, on what holds now. No decision on its earlier words counts.",
    "same": "Nothing was changed, so nothing was kept anew.",
    "submitted": "The draft is handed in. Another person approves it or gives it back.",
    "approved": "The draft is approved, and not in force yet.",
    "rejected": "The draft is given back to its writer, with your reason.",
}
"""What was done, said on the page that follows."""

REFUSED = (PolicyError, BadQuery, BadKey, Refused)
"""What a form is answered with again, so that its words are not lost."""

_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), shown)
    for pattern, shown in (
        (
            r"Keep the file as a draft, for somebody else to approve: `asof draft FILE`, then `asof submit`",
            "Hand the draft in, for somebody else to approve",
        ),
        (r" Give it in ASOF_KEY; `asof key create", " Sign in with it; `asof key create"),
        (r"--author NAME, or (a key of `[^`]*`) in ASOF_KEY", r"\1, and sign in with it"),
        (r"(a key of `[^`]*`) in ASOF_KEY", r"\1, and sign in with it"),
        (r" in ASOF_KEY", ""),
        (r'; give --person "Ann Lee"', "; write their name, such as Ann Lee"),
        (r'such as --person "Ann Lee"', "such as Ann Lee"),
    )
)
"""What a page says otherwise than a command does, besides the commands themselves."""


def told(error: Exception) -> str:
    """A refusal in the words of pages, with their addresses where it names commands that have one."""
    said = str(error)
    for pattern, shown in _PHRASES:
        said = pattern.sub(shown, said)
    return on_pages(said)


def status_of(error: Exception) -> int:
    """The status that the routes answer such a refusal with."""
    if isinstance(error, Refused):
        return error.status
    return next((status for kind, status, _ in KINDS if isinstance(error, kind)), 422)
