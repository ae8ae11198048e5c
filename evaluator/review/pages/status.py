"""The progress of a review for people: what is left, the labels so far, and each agreement with its interval."""

from typing import TYPE_CHECKING

from evaluator.statistics.estimates_table import print_estimates
from retriever.quoting.untrusted import inert

if TYPE_CHECKING:
    from evaluator.review.progress import Progress


def print_status(found: "Progress", cases: int) -> None:
    """Prints the progress of a queue of so many cases."""
    why = ", ".join(f"{code} {count:,}" for code, count in found.why.items())
    print(f"{found.judged:,} of {found.asked:,} judged, left {found.left:,}")
    print(f"asked because of {why or 'nothing'} (a question may have several reasons)")
    print(f"they stand for {found.stand_for:,} of {cases:,} cases")
    by = ", ".join(f"{inert(name)} {count:,}" for name, count in found.reviewers.items())
    print(
        f"labels: {by or 'none'}; spread to cases of equal words {found.spread:,}, corrected {found.corrected:,}, "
        f"about words that have changed {found.outdated:,}"
    )
    print_estimates({inert(name): estimate for name, estimate in found.estimates().items()})
    if found.disputed:
        print("reviewers disagree on " + inert(", ".join(found.disputed)))
