"""Limits: how many bullets, sentences, words or characters an answer may have, by itself or relative to its input."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluator.contract.check_outcome import Ask, CheckOutcome, Definition, Source, failed, passed
from evaluator.contract.layout import Part, bullets, outside_bullets, sentences, words
from evaluator.files.json_lines import Line

LIMITS = frozenset({"exactly", "min", "max"})


@dataclass(frozen=True, slots=True)
class Limit:
    least: float
    most: float | None

    def finding(self, found: float, unit: str, start: int | None = None, end: int | None = None) -> list[CheckOutcome]:
        """Whether the count lies between the limits, ends included."""
        shown = f"{found:.2f}" if isinstance(found, float) else f"{found:,}"
        if found < self.least:
            return failed("too_few", f"{shown} {unit}, at least {self.least:g} wanted", start, end)
        if self.most is not None and found > self.most:
            return failed("too_many", f"{shown} {unit}, at most {self.most:g} wanted", start, end)
        return passed(f"{shown} {unit}")


def counted(unit: str, count: Callable[[str], Sequence[Part]]) -> Callable[[Line, Source], Ask]:
    def make(line: Line, source: Source) -> Ask:
        limit = _limit(line)

        def ask(answer: str) -> Sequence[CheckOutcome]:
            parts = count(answer)
            if limit.most is not None and len(parts) > limit.most:
                return limit.finding(len(parts), unit, parts[int(limit.most)].start, parts[-1].end)
            return limit.finding(len(parts), unit)

        return ask

    return make


def make_bullets(line: Line, source: Source) -> Ask:
    """The answer has so many list items; with `only`, it has nothing else."""
    ask_count, only = counted("bullets", bullets)(line, source), line.fields.get("only", False)
    if not isinstance(only, bool):
        raise line.error("only", f"is {only!r}; write true or false")

    def ask(answer: str) -> Sequence[CheckOutcome]:
        beside = outside_bullets(answer) if only else []
        found = ask_count(answer)
        if found[0].verdict == "PASS" and beside:
            text = beside[0].of(answer)
            excerpt = text if len(text) <= 60 else f"{text[:57]}..."
            return failed("beside_bullets", f"a line beside the bullets: {excerpt!r}", *_span(beside[0]))
        return found

    return ask


def make_bullet_words(line: Line, source: Source) -> Ask:
    limit = _limit(line)

    def ask(answer: str) -> Sequence[CheckOutcome]:
        items = bullets(answer)
        if not items:
            return failed("no_bullets", "there is no bullet whose words could be counted")
        counts = [len(words(item.of(answer))) for item in items]
        for number, (item, count) in enumerate(zip(items, counts, strict=True), start=1):
            found = limit.finding(count, f"words in bullet {number}", *_span(item))
            if found[0].verdict != "PASS":
                return found
        return passed(f"{min(counts)} to {max(counts)} words a bullet")

    return ask


def make_characters(line: Line, source: Source) -> Ask:
    limit = _limit(line)
    return lambda answer: limit.finding(len(answer.strip()), "characters")


def make_length_ratio(line: Line, source: Source) -> Ask:
    """The words of the answer over the words of the input."""
    limit, given = _limit(line, whole=False), len(words(source.input))
    if not given:
        raise line.error("check", "is 'length_ratio', but the row has no input that a length could be relative to")
    return lambda answer: limit.finding(len(words(answer)) / given, "words for each word of the input")


def _limit(line: Line, whole: bool = True) -> Limit:
    given = {name: line.fields[name] for name in sorted(LIMITS) if line.has(name)}
    for name, value in given.items():
        wanted = isinstance(value, int if whole else int | float) and not isinstance(value, bool) and value >= 0
        if not wanted:
            raise line.error(name, f"is {value!r}; give a {'whole ' if whole else ''}number of at least 0")
    if not given or ("exactly" in given and len(given) > 1):
        raise line.error("check", "needs `exactly`, `min`, `max`, or both `min` and `max`")
    if "exactly" in given:
        return Limit(given["exactly"], given["exactly"])
    limit = Limit(given.get("min", 0), given.get("max"))
    if limit.most is not None and limit.most < limit.least:
        raise line.error("max", f"is {limit.most}, less than min")
    return limit


def _span(part: Part) -> tuple[int, int]:
    return part.start, part.end


CHECKS = {
    "bullets": Definition("format", LIMITS | {"only"}, make_bullets),
    "bullet_words": Definition("format", LIMITS, make_bullet_words),
    "sentences": Definition("format", LIMITS, counted("sentences", sentences)),
    "words": Definition("format", LIMITS, counted("words", words)),
    "characters": Definition("format", LIMITS, make_characters),
    "length_ratio": Definition("usefulness", LIMITS, make_length_ratio),
}
