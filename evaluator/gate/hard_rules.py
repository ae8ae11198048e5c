"""Rules without statistics: what must never happen, and how many cases there must be."""

from evaluator.checks.check import NO_ANSWER, Check
from evaluator.errors import BrokenRun
from evaluator.gate.outcomes import Outcome, asked_otherwise, group_of, outcomes_with_absent
from evaluator.gate.rule_result import Decision, NamedCase, RuleResult
from evaluator.gate.rules import Minimum, Never
from evaluator.gate.run import Run
from evaluator.gate.words import counted, listed, percent
from evaluator.statistics.intervals import most_failures_unseen


def never(rule: Never, candidate: Run, baseline: Run | None) -> RuleResult:
    """BLOCK where any case breaks the rule, or where more cases than it allows stay undecided."""
    otherwise = asked_otherwise(candidate)  # said by a rule of its own
    cases = {
        case: outcome
        for case, outcome in outcomes_with_absent(rule, candidate, baseline).items()
        if case not in otherwise
    }
    broken = [NamedCase(case, _said(check)) for case, outcome in cases.items() for check in _failed(outcome)]
    unknown = [NamedCase(case, text) for case, outcome in cases.items() if (text := _untold(outcome)) is not None]
    reasons = []
    if broken:
        at_fault = counted(len({named.case for named in broken}), "case")
        reasons.append(f"in {at_fault} of {len(cases):,}: {broken[0].case}: {broken[0].text}")
    if len(unknown) > rule.allow_unknown:
        allowed = f" ({rule.allow_unknown} allowed)" if rule.allow_unknown else ""
        reasons.append(f"nobody can tell of {counted(len(unknown), 'case')}{allowed}: {listed(unknown)}")
    judged = len(cases) - len(unknown)
    told = f"in none of {counted(judged, 'case')}"
    if rest := len(candidate.cases) - len(cases):
        told += f" ({'cite nothing' if rule.of == 'citations' else 'have nothing of it to judge'}: {rest:,} more)"
    told += f" (so in fewer than {percent(most_failures_unseen(judged))}, with 95% confidence)" if judged else ""
    allowed = f"; nobody can tell of {len(unknown):,}, which the rule allows" if unknown else ""
    decision: Decision = "BLOCK" if reasons else "SHIP"
    reason = "; ".join(reasons) or told + allowed
    return RuleResult(rule.name, rule.kind, rule.subject, decision, reason, cases=(*broken, *unknown))


def asked_as_the_cases_say(candidate: Run) -> RuleResult | None:
    """BLOCK where the candidate asked another question, as of another instant or with other facts than its case.

    None where all was asked as written: this is no rule that anybody chose, so it is only said where it is broken.
    """
    broken = tuple(NamedCase(case, text) for case, text in asked_otherwise(candidate).items())
    if not broken:
        return None
    reason = f"in {counted(len(broken), 'case')}: {broken[0].case}: {broken[0].text}; ask each case as it is written"
    return RuleResult("asked as the cases say", "asked", "traces", "BLOCK", reason, cases=broken)


def minimum(rule: Minimum, candidate: Run) -> RuleResult:
    """NEEDS MORE CASES where fewer cases or groups were judged than the rule wants; BrokenRun where nobody judged."""
    if rule.of not in candidate.checks:
        raise BrokenRun(f"Rule {rule.name!r} asks for {rule.of}, and {candidate.where} holds none")
    judged = [case for case, checks in candidate.checks.get(rule.of, {}).items() if Outcome(tuple(checks)).scored]
    groups = {group_of(case, candidate) for case in judged}
    found = f"{counted(len(judged), 'case')} in {counted(len(groups), 'group')}"
    short = max(rule.cases - len(judged), rule.groups - len(groups))
    if short <= 0:
        return RuleResult(rule.name, rule.kind, rule.subject, "SHIP", f"{found} judged")
    wanted = f"{counted(rule.cases, 'case')} in {counted(rule.groups, 'group')}"
    reason = f"{found} judged, {wanted} are wanted"
    return RuleResult(rule.name, rule.kind, rule.subject, "NEEDS MORE CASES", reason, more_cases=short)


def _failed(outcome: Outcome) -> list[Check]:
    return [check for check in outcome.checks if check.verdict == "FAIL" and check.reason not in NO_ANSWER]


def _untold(outcome: Outcome) -> str | None:
    """Why nobody can tell of a case; None where all its checks tell, or one of them fails."""
    if _failed(outcome):
        return None
    if not outcome.scored:
        return outcome.unscored_because
    return next((_said(check) for check in outcome.checks if check.verdict == "UNKNOWN"), None)


def _said(check: Check) -> str:
    of_trial = "" if check.trial is None else f" (trial {check.trial})"
    return (check.detail or check.reason) + of_trial
