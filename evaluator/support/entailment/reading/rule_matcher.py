"""What matches the rules of a pipeline's attribute ruler, found by word, tag and dependency.

spaCy's matcher tries every rule at every word. Nearly all rules are about one word, so which of them match is kept for
each word with its tag and its dependency. Where a rule of several words may begin, spaCy's matcher decides.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

READ = ["LOWER", "TAG", "DEP"]
"""What is read of a word: its letters in lower case, its tag, its dependency."""

KEPT = 100_000
"""For how many words, each with tag and dependency, the matching rules are kept in memory."""

Asked = tuple[str, str, str]
"""A word by what is read of it."""

Test = Callable[[Asked], bool]


class RuleMatcher:
    """In place of an AttributeRuler's matcher: the same matches for the same document, in less time."""

    def __init__(self, ruler: Any) -> None:
        self._whole = ruler.matcher
        self._strings = ruler.vocab.strings
        self._rules: dict[tuple[str, str], list[tuple[int, Sequence[Test]]]] = {}
        self._kept: dict[tuple[int, int, int], tuple[int, ...] | None] = {}
        for number, rule in enumerate(ruler.patterns):
            for pattern in rule["patterns"]:
                first = {} if "OP" in pattern[0] else pattern[0]
                tests = [test for name, value in first.items() if (test := _test(name, value)) is not None]
                alone = len(pattern) == 1 and len(tests) == len(pattern[0])
                for place in _places(first):
                    rules = self._rules.setdefault(place, [])
                    rules.append((self._strings[str(number)] if alone else _OF_SEVERAL, tests))

    def __call__(self, document: Any, **options: bool) -> list[tuple[int, int, int]]:
        """Which rules match, each with its first word and the one behind its last; in no order."""
        found: list[tuple[int, int, int]] = []
        kept = self._kept
        for at, key in enumerate(map(tuple, document.to_array(READ).tolist())):
            rules = kept[key] if key in kept else self._keep(key)
            if rules is None:
                whole: list[tuple[int, int, int]] = self._whole(document, **options)
                return whole
            found += [(rule, at, at + 1) for rule in rules]
        return found

    def _keep(self, key: tuple[int, int, int]) -> tuple[int, ...] | None:
        """The rules of one word that match a word; None where a rule of several words may begin with it."""
        word, tag, dependency = (self._strings[one] for one in key)
        asked = word, tag, dependency
        rules = [
            rule
            for place in (("LOWER", word), ("TAG", tag), _ANYWHERE)
            for rule, tests in self._rules.get(place, ())
            if all(test(asked) for test in tests)
        ]
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[key] = None if _OF_SEVERAL in rules else tuple(dict.fromkeys(rules))
        return self._kept[key]


_OF_SEVERAL = -1
_ANYWHERE = ("", "")


def _places(first: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Under which words, or else which tags, a rule is looked up; else it is tried at every word."""
    for name in ("LOWER", "TAG"):
        value = first.get(name)
        if isinstance(value, str):
            return iter(((name, value),))
        if isinstance(value, Mapping) and set(value) == {"IN"}:
            return ((name, one) for one in value["IN"])
    return iter((_ANYWHERE,))


def _test(name: str, value: Any) -> Test | None:
    """What a rule asks of a word, as a test of it; None where that is not known here."""
    if name == "IS_SPACE" and isinstance(value, bool):
        return lambda asked: asked[0].isspace() == value
    if name not in READ:
        return None
    at = READ.index(name)
    if isinstance(value, str):
        return lambda asked: asked[at] == value
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((kind, given),) = value.items()
    if kind == "IN":
        return lambda asked: asked[at] in given
    if kind == "NOT_IN":
        return lambda asked: asked[at] not in given
    if kind == "REGEX":
        search = re.compile(given).search
        return lambda asked: search(asked[at]) is not None
    return None
