"""Every rule applied to a candidate and, where the rule compares, to a baseline."""

from collections.abc import Sequence

from evaluator.errors import BrokenRun
from evaluator.gate.comparisons import not_slower, not_worse, with_holm
from evaluator.gate.hard_rules import asked_as_the_cases_say, minimum, never
from evaluator.gate.limit_rules import limit
from evaluator.gate.outcomes import check_same_cases
from evaluator.gate.rate_rules import rate
from evaluator.gate.rule_result import RuleResult
from evaluator.gate.rules import Rules
from evaluator.gate.run import Run


def judged(rules: Rules, candidate: Run, baseline: Run | None) -> tuple[RuleResult, ...]:
    """The result of each rule, hard ones first; BrokenRun where a rule finds nothing to decide by."""
    if baseline is not None:
        check_same_cases(candidate, baseline)
    asked = asked_as_the_cases_say(candidate)
    return (
        *(() if asked is None else (asked,)),
        *(never(rule, candidate, baseline) for rule in rules.never),
        *(rate(rule, candidate, baseline) for rule in rules.rate),
        *_comparisons(rules, candidate, baseline),
        *(limit(rule, candidate) for rule in rules.limit),
        *(minimum(rule, candidate) for rule in rules.minimum),
    )


def _comparisons(rules: Rules, candidate: Run, baseline: Run | None) -> Sequence[RuleResult]:
    if not rules.comparing:
        return ()
    if baseline is None:
        raise BrokenRun(f"Rule {rules.comparing[0].name!r} compares with a baseline; name one with --baseline")
    found = [not_worse(rule, candidate, baseline) for rule in rules.not_worse]
    found += [not_slower(rule, candidate, baseline) for rule in rules.not_slower]
    return with_holm(found) if rules.holm else found
