"""A draft as its page shows it: what it changes, what the lint finds, and what may be done with it."""

from typing import Any

from indexer.text.passage import shown_line
from policies.approving.authority import same_person
from policies.approving.kept_draft import KeptDraft
from policies.change import Publish
from policies.errors import PolicyError
from policies.revision import VersionId
from retriever.bootstrap import Asof
from retriever.entrypoints.http.access import Caller
from retriever.entrypoints.http.authorship import Author
from retriever.entrypoints.http.pages.comparing import KINDS, governing, sections
from retriever.entrypoints.http.pages.drafting.telling import told
from retriever.inspecting.approving.awaiting import shown_draft
from retriever.inspecting.both_clocks import proposed_and_told
from retriever.inspecting.planning import planned_timelines
from retriever.inspecting.standing.reading import policy_read


def draft_shown(asof: Asof, caller: Caller, kept: KeptDraft) -> dict[str, Any]:
    """All that the page of a draft is filled with."""
    content = shown_draft(asof.ledger, kept, asof.clock(), lambda: asof.splitter)
    found: dict[str, Any] = {"draft": content, "lint": [], "plan": None, "changes": [], "unplanned": None}
    if content["text"]:
        change = Publish(asof.drafts().released(kept), kept.replace_scheduled)
        found["lint"] = [it.content() for it in asof.lint([change], caller.writes_as)]
        try:
            planned = planned_timelines(asof.ledger, [change], asof.clock())
            found["plan"] = planned.content()
            found["changes"] = proposed_and_told(planned.proposal, asof.ledger)["changes"]
        except PolicyError as error:
            found["unplanned"] = told(error)
    return {
        **found,
        **_compared(asof, caller, kept, content),
        "may": _may(asof, caller, kept, content),
    }


def _compared(asof: Asof, caller: Caller, kept: KeptDraft, content: dict[str, Any]) -> dict[str, Any]:
    """What the compare page shows of two revisions, of a draft and the one whose place it takes."""
    difference = content["difference"]
    if difference is None:
        return {"sections": None}
    number = VersionId.parse(content["compared_with"]).number
    before = policy_read(asof.ledger, kept.policy_id, asof.clock(), caller.writes_as, number=number)
    text = kept.draft.text
    spans = asof.splitter.split(text)
    after = {
        "shown": {"passages": [{"section": [shown_line(text[slice(*it)]) for it in span.headings]} for span in spans]},
        "version": "this draft",
    }
    return {
        "sections": sections(difference["passages"], before, after),
        "counts": [(KINDS[kind], count) for kind, count in difference["counts"].items() if count],
        "governing": [governing(change) for change in difference["governing"]],
        "sides": [before, after],
        "kinds": KINDS,
        "both": False,
    }


def _may(asof: Asof, caller: Caller, kept: KeptDraft, content: dict[str, Any]) -> dict[str, bool]:
    """What the caller may do with a draft as it stands."""
    author, key = Author(asof, caller), caller.key
    person = None if key is None else key.person
    own = person is not None and kept.written_by(person)
    there = content["state"] in ("draft", "submitted", "approved", "rejected")
    ready = there and not content["behind"]
    decides = ready and content["state"] in ("submitted", "approved") and author.viewer(None).approves
    return {
        "edit": there,
        "person": person is not None,
        "own": own,
        "submit": ready and content["state"] in ("draft", "rejected"),
        "approve": decides and content["state"] == "submitted" and not own and person is not None,
        "reject": decides and person is not None,
        "publish": ready and content["state"] == "approved",
        "publish_unapproved": ready and content["state"] != "approved" and not content["approval_required"],
        "delete": author.may_delete(kept),
    }


def is_own(content: dict[str, Any], person: str | None) -> bool:
    """Whether a person is among the writers of a listed draft."""
    return person is not None and any(same_person(person, deed["person"]) for deed in content["writers"])
