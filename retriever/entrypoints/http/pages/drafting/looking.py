"""Who may look at a page of drafts. Only what changes something is noted as a write."""

from fastapi import Request

from retriever.access.permissions import Action
from retriever.entrypoints.http.access import Access, Caller, Who


def to_look(access: Access, action: Action) -> Who:
    """A dependency that gives the caller of a page that records nothing, who may do the action that it is about."""
    who = access.to(action)

    async def looking(request: Request) -> Caller:
        caller = await who(request)
        request.state.action = Action.READ
        return caller

    return looking
