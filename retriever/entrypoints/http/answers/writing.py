"""Answers to policy authors: what publishing would change, and what was recorded."""

from pydantic import Field

from retriever.entrypoints.http.answers.described import END, INSTANT, Described
from retriever.entrypoints.http.answers.painted import PaintedPeriod
from retriever.entrypoints.http.answers.reading import ChangedGoverning, ChangedPassage


class Gap(Described):
    """A period in which nothing of the policy would be in force."""

    valid_from: str = INSTANT
    valid_to: str | None = END


class PlannedRevision(Described):
    """A revision that a file would become, and what becomes of each passage of the one that it is compared with."""

    version: str
    where: str = Field(description="Which file it is.", examples=["files[0]"])
    compared_with: str | None
    passages: int
    reused: int
    unchanged: int
    regoverned: int
    reworded: int
    moved: int
    split: int
    merged: int
    added: int
    removed: int
    to_embed: int
    governing: list[ChangedGoverning]
    changes: list[ChangedPassage]


class PlannedPolicy(Described):
    """What publishing would do to one policy."""

    policy_id: str
    before: list[PaintedPeriod]
    after: list[PaintedPeriod]
    in_force_now: str | None
    superseded: list[PaintedPeriod]
    gaps: list[Gap]
    overlays: list[PaintedPeriod]
    revisions: list[PlannedRevision]


class LintFinding(Described):
    """What makes bad evidence in a file, where, and what to do."""

    file: str = Field(description="Which file it is.", examples=["files[0]"])
    line: int
    rule: str = Field(description="The rule's name; docs/authoring.md has the table.", examples=["tracked-change"])
    reason: str
    fix: str


class PlanAnswer(Described):
    """What publishing would change; nothing was recorded."""

    policies: list[PlannedPolicy]
    unchanged: list[str]
    warnings: list[str]
    approval_required: list[str] = Field(description="The policies whose words another person has to approve first.")
    lint: list[LintFinding]


class WrittenEvent(Described):
    """An event of the ledger. `undoes` are the transactions that it takes back; `corrects` is what it corrects."""

    tx: int
    kind: str
    policy_id: str
    revision: int | None
    version: str | None
    undoes: list[int] | None = None
    corrects: str | None = None
    periods: list[PaintedPeriod]


class WrittenAnswer(Described):
    """What was recorded. It is searchable from `generation` on."""

    events: list[WrittenEvent]
    unchanged: list[str]
    recorded_at: str | None
    generation: int
    embedded: int | None = Field(None, description="How many texts were embedded; not told to a caller with a key.")


class PublishedAnswer(WrittenAnswer):
    """What was published, and what the lint found in it."""

    lint: list[LintFinding]


class ChangedPeriod(Described):
    """A period of which another answer is given: a version id, `withdrawn`, or `nothing` where nothing is said."""

    policy_id: str
    valid_from: str = INSTANT
    valid_to: str | None = END
    was: str = Field(description="The answer of before. A known_at before the change still gives it.")
    becomes: str = Field(description="The answer from now on.")


class DescribedOtherwise(Described):
    """What is said otherwise of a revision in force or scheduled; null where nothing is said."""

    version: str = Field(examples=["P-7@3"])
    field: str = Field(examples=["review_by"])
    was: str | None
    becomes: str | None


class ChangedAnswer(WrittenAnswer):
    """What was recorded, or with `dry_run` would be, and what is answered otherwise from then on."""

    changes: list[ChangedPeriod]
    described: list[DescribedOtherwise]
    dry_run: bool


class CorrectedAnswer(ChangedAnswer):
    """What a correction changes, and what the lint found in it."""

    lint: list[LintFinding]
