"""The service's requests, as pydantic models; the query validates what types cannot say."""

import hashlib
from typing import Annotated, Any

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, model_validator

from retriever.entrypoints.http.body import MOST_NUMBER, Body, Facts, Labels, Policies, RevisionNumber

FILE = (
    "---\npolicy: P-7\ntitle: Damaged items\neffective: 2025-03-01\n---\nDamaged items within 30 days are eligible.\n"
)


class RetrieveRequest(Body):
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
    as_of: str | None = Field(None, description="A date (in the home's zone) or RFC 3339, asked about. Default now.")
    known_at: str | None = Field(None, description="Look only at what was recorded by then. Default all.")
    policies: Policies | None = Field(None, description="Search these policies only.")
    facts: Facts = Field(default_factory=dict, description="Trusted facts, matched against applies_to.")
    audience: Labels = Field(default_factory=list, description="Access labels of the reader, besides public.")
    k: int = Field(5, description="How many blocks at most.")
    max_tokens: int | None = Field(None, description="How many tokens at most, together.")
    strict: bool = Field(False, description="Leave out what applies only if a missing fact holds.")
    order: str = Field("rank", description="rank, or edges.")
    merge: bool = Field(False, description="Hand over neighbouring blocks of one section as one.")
    collapse: bool = Field(False, description="Hand over equal words of several policies once, and name the others.")
    block_tokens: int | None = Field(
        None, description="How many tokens the words of one block have at most. Default ASOF_BLOCK_TOKENS, 200."
    )

    min_generation: int | None = Field(
        None, ge=0, le=MOST_NUMBER, description="Wait for this generation; 409 if it does not come."
    )
    explain: bool = Field(False, description="Also say why each policy could answer, and what each score is made of.")


class RetrievalSetting(Body):
    """How much a caller of `/retrieval` wants."""

    top_k: int = Field(description="How many records at most.")
    score_threshold: float = Field(0.0, ge=0, le=1, description="The least score of a record; 0 leaves none out.")


class Condition(Body):
    """A condition on metadata. Of these `as_of` `is` a date is understood; any other is refused, never ignored."""

    name: str | Annotated[list[str], Field(max_length=100, fail_fast=True)]
    comparison_operator: str
    value: Any = None


class MetadataCondition(Body):
    """Conditions that are to hold together."""

    logical_operator: str | None = "and"
    conditions: Annotated[list[Condition], Field(max_length=100, fail_fast=True)] | None = None


class KnowledgeRequest(Body):
    """A question in the shape of Dify's External Knowledge API; what it says beyond that is not looked at."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "knowledge_id": "*",
                    "query": "May I return a damaged item?",
                    "retrieval_setting": {"top_k": 3, "score_threshold": 0.0},
                }
            ]
        }
    )

    knowledge_id: str = Field(description="The id of a policy, such as P-7; or * for all that the caller may read.")
    query: str = Field(description="The question.")
    retrieval_setting: RetrievalSetting
    metadata_condition: MetadataCondition | None = None


class KnowledgeRecord(BaseModel):
    """A block, with its handle, its period and what governs it as its content.

    `score` is of this question alone: fused scores are stretched over what was eligible.
    """

    content: str
    score: float = Field(ge=0, le=1)
    title: str
    metadata: dict[str, Any]


class KnowledgeRecords(BaseModel):
    """The blocks that answer, best first; none where nothing in force answers."""

    records: list[KnowledgeRecord]


class KnowledgeProblem(BaseModel):
    """An error as Dify reads it."""

    error_code: int
    error_msg: str


class CitationRequest(Body):
    """A citation to be checked, and the instant at which it should hold."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"citation": "P-7@2#1", "quote": "within 30 days", "as_of": "2025-04-01"}]},
    )

    citation: str = Field(description="Such as P-7@3#2, or P-7@3#2-3.")
    quote: str | None = Field(None, max_length=20_000, description="Words that the passage should hold.")
    as_of: str | None = Field(None, description="A date (in the home's zone) or RFC 3339, asked about. Default now.")
    known_at: str | None = Field(None, description="Look only at what was recorded by then. Default all.")
    audience: Labels = Field(default_factory=list, description="Access labels of the reader, besides public.")


class ReplayRequest(Body):
    """A receipt to be asked again by a reader with these labels."""

    model_config = ConfigDict(extra="forbid")

    receipt: dict[str, Any] = Field(description="The `receipt` of an answer, whole.")
    audience: Labels = Field(default_factory=list, description="Access labels of the reader, besides public.")


class AuthoredFiles(Body):
    """Authored files, to be planned or to be published: both take the same."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"files": [FILE]}]})

    files: list[str] = Field(
        min_length=1, max_length=1000, fail_fast=True, description="Authored files, front matter included."
    )
    replace_scheduled: bool = Field(False, description="Also cover what is scheduled to start later.")
    strict: bool = Field(False, description="Refuse what the lint finds anything in: 422, with the code `lint`.")

    @model_validator(mode="before")
    @classmethod
    def _one_file(cls, values: Any) -> Any:
        """Takes `file` for `files` with one file: so it was written before."""
        if isinstance(values, dict) and "file" in values and "files" not in values:
            return {**{name: value for name, value in values.items() if name != "file"}, "files": [values["file"]]}
        return values


class WithdrawRequest(Body):
    """When nothing of a policy is in force any more."""

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, json_schema_extra={"examples": [{"from": "2026-01-01"}]}
    )

    start: str = Field(alias="from", description="A date or RFC 3339 instant.")
    until: str | None = Field(None, description="When it is in force again. Default never.")
    through: str | None = Field(None, description="In place of until: the last day on which it is not in force.")
    note: str | None = Field(None, description="Why; kept with the change.")
    dry_run: bool = Field(False, description="Only say what would be answered otherwise; nothing is recorded.")
    audience: Labels = Field(default_factory=list, description="Access labels of the author, besides public.")


class RestoreRequest(Body):
    """When what withdrawals of a policy hide is in force again."""

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, json_schema_extra={"examples": [{"from": "2026-02-01"}]}
    )

    start: str = Field(alias="from", description="A date or RFC 3339 instant.")
    note: str | None = Field(None, description="Why; kept with the change.")
    dry_run: bool = Field(False, description="Only say what would be answered otherwise; nothing is recorded.")
    audience: Labels = Field(default_factory=list, description="Access labels of the author, besides public.")


class AmendingRequest(Body):
    """What every request has that changes or takes back what was recorded."""

    model_config = ConfigDict(extra="forbid")

    note: str | None = Field(None, description="Why; kept with the change.")
    dry_run: bool = Field(False, description="Only say what would be answered otherwise; nothing is recorded.")
    audience: Labels = Field(default_factory=list, description="Access labels of the author, besides public.")


class CorrectRequest(AmendingRequest):
    """Words that take the place of a revision, over the periods in which it is in force now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"revision": 1, "file": FILE, "note": "30, not 3"}]})

    revision: RevisionNumber = Field(description="The number of the revision that is corrected.")
    file: str = Field(description="The right words: an authored file, front matter included.")
    strict: bool = Field(False, description="Refuse what the lint finds anything in: 422, with the code `lint`.")


class UnscheduleRequest(AmendingRequest):
    """Which revision, which has not begun, is never to come into force."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"revision": 3}]})

    revision: RevisionNumber = Field(description="The number of the revision that is scheduled.")


class DescribeRequest(AmendingRequest):
    """What is said of a policy without a new revision; what is not given stays as it is, and null clears it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"owner": "returns-team", "review_by": "2026-06-01"}]})

    owner: str | None = Field(None, description="Who answers for the policy.")
    note: str | None = Field(None, description="What is to be known of the policy.")
    review_by: str | None = Field(None, description="A date (in the home's zone) or RFC 3339: read it again then.")

    @model_validator(mode="after")
    def _something(self) -> "DescribeRequest":
        if not self.model_fields_set & {"owner", "note", "review_by"}:
            raise ValueError("nothing is described; give owner, note or review_by")
        return self

    def clears(self) -> tuple[str, ...]:
        """The fields of which nothing is to be said any more: those that were sent as null."""
        sent = (name for name in ("owner", "note", "review_by") if name in self.model_fields_set)
        return tuple(name for name in sent if getattr(self, name) is None)


class UndoRequest(AmendingRequest):
    """Which commit is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tx": 12}]})

    tx: int | None = Field(
        None,
        ge=1,
        le=MOST_NUMBER,
        description="A transaction of the commit. Default the newest; give it where others write too.",
    )


class DraftRequest(Body):
    """Words that wait for another person's approval."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"file": FILE}]})

    file: str = Field(description="An authored file, front matter included.")
    replace_scheduled: bool = Field(False, description="Also cover what is scheduled to start later.")
    author: str | None = Field(None, description="Who writes it, where no key says so.")


class SubmitRequest(Body):
    """Who hands a draft in."""

    model_config = ConfigDict(extra="forbid")

    author: str | None = Field(None, description="Who hands it in, where no key says so. Default who wrote it last.")


class ApproveRequest(Body):
    """Which words of a draft are approved."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"digest": "0" * 64, "note": "as agreed"}]}
    )

    digest: str = Field(description="The draft's `digest`, as its approver has read it; 409 where it has another.")
    note: str | None = Field(None, description="Why; an erasure of those words removes it.")
    later: bool = Field(False, description="Only approve; `.../publish` puts it in force.")


class RejectRequest(Body):
    """Why a draft goes back to its writer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "say from which day"}]})

    reason: str = Field(min_length=1, description="What its writer should change.")


class SignOffRequest(Body):
    """Which revision was read, that was published without its approval."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"revision": 4}]})

    revision: RevisionNumber = Field(description="The number of the revision.")
    note: str | None = Field(None, description="What was found; an erasure of those words removes it.")
    audience: Labels = Field(default_factory=list, description="Access labels of the reader, besides public.")


def entity_tag(content: dict[str, Any]) -> str:
    """The entity tag of a JSON content: equal contents have equal tags."""
    return f'"{hashlib.sha256(rfc8785.dumps(content)).hexdigest()[:32]}"'
