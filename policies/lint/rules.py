"""The rules of the lint as one table, and a draft held against them."""

from itertools import islice

from policies.lint import dates, foreign, leftovers, references, structure, tables, terms
from policies.lint.finding import Finding, Rule
from policies.lint.page import Page

RULES: tuple[Rule, ...] = (
    foreign.RULE,
    *leftovers.RULES,
    *structure.RULES,
    *tables.RULES,
    *dates.RULES,
    *references.RULES,
    *terms.RULES,
)

MOST = 100
"""How many findings of one rule are told of one file."""


def lint(page: Page) -> list[Finding]:
    """What the rules find on a page, by line. Where it is no Markdown, nothing else is said of it."""
    for rules in (RULES[:1], RULES[1:]):
        if found := [
            Finding(page.draft.where, line, rule.name, reason, *(fix or (rule.fix,)))
            for rule in rules
            for line, reason, *fix in islice(rule.find(page), MOST)
        ]:
            return sorted(dict.fromkeys(found), key=lambda finding: finding.line)
    return []
