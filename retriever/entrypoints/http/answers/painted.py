"""A period as an event painted it."""

from retriever.entrypoints.http.answers.described import END, INSTANT, Described


class PaintedPeriod(Described):
    """A period, closed-open, with its revision; null where the policy is withdrawn.

    `nothing` is true where the policy says neither words nor "withdrawn" there any more.
    """

    revision: int | None
    valid_from: str = INSTANT
    valid_to: str | None = END
    nothing: bool = False
