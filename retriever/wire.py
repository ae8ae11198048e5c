"""The service's requests and errors, as pydantic models; the query validates what types cannot say."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class RetrieveRequest(BaseModel):
    """A question with the point on both clocks, the scope and the trusted facts it is asked under."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "query": "May I return a damaged item?",
                    "as_of": "2025-02-01",
                    "facts": {"region": "US"},
                    "k": 3,
                }
            ]
        },
    )

    query: str = Field(description="The question.")
    as_of: str | None = Field(None, description="The instant asked about: a date or RFC 3339. Default now.")
    known_at: str | None = Field(None, description="Look only at what was recorded by then. Default all.")
    policies: list[str] | None = Field(None, description="Search these policies only.")
    facts: dict[str, str] = Field(default_factory=dict, description="Trusted facts, matched against applies_to.")
    audience: list[str] = Field(default_factory=list, description="Access labels of the reader, besides public.")
    k: int = Field(5, description="How many passages at most.")
    max_tokens: int | None = Field(None, description="How many tokens at most, together.")
    strict: bool = Field(False, description="Leave out what applies only if a missing fact holds.")
    order: str = Field("rank", description="rank, or edges.")
    merge: bool = Field(False, description="Hand over neighbours of one section as one passage.")
    collapse: bool = Field(False, description="Hand over equal words of several policies once, and name the others.")


class Problem(BaseModel):
    """An error, as RFC 9457 problem details with a stable code."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, Any]] | None = None
