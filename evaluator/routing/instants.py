"""Whether the application asked as of the right instant; if not, whether that changed the revision in force."""

from collections.abc import Iterator

from evaluator.checks.check import OTHER_DATE
from evaluator.checks.checks_file import Results
from evaluator.routing.found import NOTHING, Found, every
from evaluator.traces.asked_instant import instants_said, wrong_instant
from evaluator.traces.case_trace import CaseTrace
from policies.instant import format_instant
from policies.revision import VersionId


def as_of_passed(traced: CaseTrace, results: Results) -> Found:
    """Whether trace and receipt say the instant of the case, or without a case one instant, however it is written."""
    if (said := next((it.detail for it in results.checks if it.reason == OTHER_DATE), None)) is not None:
        return Found(False, said)
    asked, used = traced.asked_as_of, traced.used_as_of
    if asked is None or used is None:
        return NOTHING
    wrong = wrong_instant(traced.trace, asked, "case" if traced.policy_case else "trace")
    return Found(True, f"as of {format_instant(asked)}") if wrong is None else Found(False, wrong)


def same_revision_in_force(traced: CaseTrace) -> Found:
    """Whether the policy that decides has the same revision in force at the wrong instant as at the case's.

    Its evidence tells by the revision of the case's citations, or else by a period that holds both instants. It is
    false, too, where the evidence holds any revision that does not hold at the case's instant, such as an overlay's.
    """
    same = list(_by_revision(traced)) or list(_by_period(traced))
    return every([*same, *_not_in_force(traced)])


def _by_revision(traced: CaseTrace) -> Iterator[tuple[bool, str]]:
    right = _right(traced)
    deciding = {version.policy_id for version in right}
    for version in _given(traced):
        if version.policy_id in deciding:
            yield version in right, f"{version}, where {' or '.join(sorted(map(str, right)))} is in force"


def _by_period(traced: CaseTrace) -> Iterator[tuple[bool, str]]:
    asked = traced.asked_as_of
    deciding = traced.policy_case.expected.policy_ids if traced.policy_case else ()
    if asked is None:
        return
    instants = [asked, *instants_said(traced.trace)]
    for citation, period in traced.periods:
        if citation.split("@")[0] in deciding:
            outside = [format_instant(instant) for instant in instants if instant not in period]
            yield not outside, f"{citation} at {', '.join(dict.fromkeys(outside))}"


def _not_in_force(traced: CaseTrace) -> Iterator[tuple[bool, str]]:
    """What the evidence holds though the case forbids its revision, or though its period does not hold the instant."""
    forbidden = traced.policy_case.expected.must_not_cite if traced.policy_case else ()
    deciding = {version.policy_id for version in _right(traced)}
    for version in _given(traced):
        if version in forbidden and version.policy_id not in deciding:
            yield False, f"{version}, which does not hold for the case"
    for citation, period in traced.periods:
        if traced.asked_as_of is not None and traced.asked_as_of not in period:
            yield False, f"{citation} at {format_instant(traced.asked_as_of)}"


def _right(traced: CaseTrace) -> set[VersionId]:
    """The revisions that decide the case."""
    return {handle.version for handle in traced.policy_case.expected.citations} if traced.policy_case else set()


def _given(traced: CaseTrace) -> list[VersionId]:
    return list(dict.fromkeys(handle.version for handle in traced.evidence or ()))
