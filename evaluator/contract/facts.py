"""Facts: what an answer has to keep of its input: quantities, times, dates, names, phrases and warnings.

A row is refused where its input does not hold the fact. The input is read in the same way as the answer.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from evaluator.contract.check_outcome import Ask, CheckOutcome, Definition, Source, failed, passed
from evaluator.contract.layout import marked
from evaluator.contract.phrases import literal
from evaluator.contract.prohibition import Prohibition
from evaluator.english import OTHER_LANGUAGE, other_language
from evaluator.files.json_lines import Line
from evaluator.quantities.moments import days, times
from evaluator.quantities.unit_numbers import UnitNumber, unit_numbers

Keep = Callable[[str], CheckOutcome]
"""Whether a text holds the fact; FAIL says `lost`, `changed` or `negation_lost`."""

_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")


def make_keeps(line: Line, source: Source) -> Ask:
    """One outcome for each fact."""
    keeps = [_keep(fact, source) for fact in line.items("facts")]
    if not keeps:
        raise line.error("facts", "is empty")
    return lambda answer: [keep(answer) for keep in keeps]


def _keep(line: Line, source: Source) -> Keep:
    kinds = sorted(KINDS.keys() & line.fields.keys())
    if len(kinds) != 1 or line.fields.keys() - {"or", *kinds}:
        raise line.error(
            kinds[0] if kinds else "", f"is not one fact; give one of {', '.join(KINDS)}, and perhaps `or`"
        )
    (kind,) = kinds
    wanted = line.text(kind)
    keep = KINDS[kind](line, wanted, source)
    if kind != "phrase" and keep(f"{source.input}\n\n{source.instruction}").verdict != "PASS":
        raise line.error(kind, f"is {wanted!r}, which neither input nor instruction holds, so no answer could keep it")
    instead = line.fields.get("or", [])
    if not isinstance(instead, list) or not all(isinstance(text, str) and text.strip() for text in instead):
        raise line.error("or", "is not a list of texts")
    phrases = [literal(text) for text in instead]

    def ask(answer: str) -> CheckOutcome:
        found = keep(answer)
        if found.verdict != "PASS":
            for phrase in phrases:
                if match := phrase.find(answer):
                    return CheckOutcome("PASS", "held", f"{phrase.shown} stands for {wanted!r}", *match.span())
        return found

    return ask


def _quantity(line: Line, wanted: str, source: Source) -> Keep:
    found = _quantities(wanted)
    if len(found) != 1:
        raise line.error("quantity", f"is {wanted!r}; write one number and its unit, such as 900 ms")
    fact, words = found[0], len(found[0].unit)

    def measure(quantity: UnitNumber) -> object:
        return quantity.comparable(words) if words else quantity.value

    given = {measure(quantity) for quantity in _quantities(source.input)}

    def ask(answer: str) -> CheckOutcome:
        same_unit = []
        for quantity in _quantities(answer):
            if measure(quantity) == measure(fact):
                return CheckOutcome("PASS", "held", f"{wanted!r} is there", *quantity.span(words))
            if words and quantity.comparable(words)[0] == fact.comparable(words)[0] and measure(quantity) not in given:
                same_unit.append(quantity.span(words))
        return _lost(wanted, answer, same_unit)

    return ask


def _time(line: Line, wanted: str, source: Source) -> Keep:
    found = list(times(wanted))
    if len(found) != 1:
        raise line.error("time", f"is {wanted!r}; write one time of day, such as 14:05 or 14:05 UTC")
    fact, given = found[0], {time.seconds for time in times(source.input)}

    def ask(answer: str) -> CheckOutcome:
        unclear, others = None, []
        for time in times(answer):
            if time.seconds == fact.seconds and fact.zone in (None, time.zone):
                return CheckOutcome("PASS", "held", f"{wanted!r} is there", time.start, time.end)
            if time.seconds == fact.seconds and time.zone is None:
                unclear = CheckOutcome(
                    "UNKNOWN", "zone_left_out", f"the zone of {wanted!r} is left out", time.start, time.end
                )
            elif time.seconds not in given or time.seconds == fact.seconds:
                others.append((time.start, time.end))
        return unclear or _lost(wanted, answer, others)

    return ask


def _date(line: Line, wanted: str, source: Source) -> Keep:
    found = list(days(wanted))
    if len(found) != 1 or found[0].other:
        raise line.error("date", f"is {wanted!r}; write one date, such as 2025-03-01 or 1 March 2025")
    fact, given = found[0], {(day.month, day.day) for day in days(source.input)}

    def ask(answer: str) -> CheckOutcome:
        unclear, others = None, []
        for day in days(answer):
            span, same_year = (day.start, day.end), fact.year in (None, day.year)
            same_day = (day.month, day.day) == (fact.month, fact.day)
            if day.other and same_year and (same_day or day.other == (fact.month, fact.day)):
                unclear = CheckOutcome(
                    "UNKNOWN", "ambiguous_date", f"{wanted!r}, or day and month the other way", *span
                )
            elif same_day and same_year:
                return CheckOutcome("PASS", "held", f"{wanted!r} is there", *span)
            elif same_day and day.year is None:
                unclear = CheckOutcome("UNKNOWN", "year_left_out", f"the year of {wanted!r} is left out", *span)
            elif (day.month, day.day) not in given or same_day:
                others.append(span)
        return unclear or _lost(wanted, answer, others)

    return ask


def _phrase(line: Line, wanted: str, source: Source) -> Keep:
    phrase = literal(wanted)

    def ask(answer: str) -> CheckOutcome:
        if match := phrase.find(answer):
            return CheckOutcome("PASS", "held", f"{wanted!r} is there", *match.span())
        return _lost(wanted, answer, [])

    return ask


def _warning(line: Line, wanted: str, source: Source) -> Keep:
    prohibition = Prohibition.parse(wanted)
    if prohibition is None:
        raise line.error("warning", f"is {wanted!r}; write what must not be done, such as: do not restart workers")

    def ask(answer: str) -> CheckOutcome:
        found = prohibition.finding(answer)
        if found.verdict != "PASS" and other_language(answer):
            return CheckOutcome("UNKNOWN", "other_language", OTHER_LANGUAGE)
        return found

    return ask


def _lost(wanted: str, answer: str, others: Sequence[tuple[int, int]]) -> CheckOutcome:
    if others:
        start, end = others[0]
        return CheckOutcome("FAIL", "changed", f"{wanted!r} is not there, but {answer[start:end]!r} is", start, end)
    return CheckOutcome("FAIL", "lost", f"{wanted!r} is not in the answer")


def make_no_new_numbers(line: Line, source: Source) -> Ask:
    """Each number in figures of the answer is in the input or the instruction, whatever its unit or form."""
    text = f"{source.input}\n\n{source.instruction}"
    given = {text[start:end].replace(",", "") for start, end in _figures(text)}
    readings = {reading for _, _, reading in _readings(text)} | {("day", None, it.month, it.day) for it in days(text)}

    def ask(answer: str) -> Sequence[CheckOutcome]:
        known = {
            place for start, end, reading in _readings(answer) if reading in readings for place in range(start, end)
        }
        for start, end in _figures(answer):
            if start not in known and answer[start:end].replace(",", "") not in given:
                figures = answer[start:end]
                return failed("new_number", f"{figures} is neither in the input nor in the instruction", start, end)
        return passed("no number that was not given")

    return ask


def _figures(text: str) -> list[tuple[int, int]]:
    """Where numbers in figures stand; the marks of list items are not numbers."""
    marks = marked(text)
    return [match.span() for match in _DIGITS.finditer(text) if match.start() not in marks]


def _quantities(text: str) -> list[UnitNumber]:
    """The numbers of a text with their units; the marks of list items are not numbers."""
    marks = marked(text)
    return [number for number in unit_numbers(text) if number.start not in marks]


def _readings(text: str) -> Iterator[tuple[int, int, object]]:
    """Each time, date and quantity with its place and its value."""
    for time in times(text):
        yield time.start, time.end, ("time", time.seconds)
    for day in days(text):
        yield day.start, day.end, ("day", day.year, day.month, day.day)
    for quantity in _quantities(text):
        yield *quantity.span(1), quantity.comparable(1)
        yield *quantity.span(0), quantity.value


KINDS: dict[str, Callable[[Line, str, Source], Keep]] = {
    "quantity": _quantity,
    "time": _time,
    "date": _date,
    "name": _phrase,
    "phrase": _phrase,
    "warning": _warning,
}

CHECKS = {
    "keeps": Definition("preservation", frozenset({"facts"}), make_keeps),
    "no_new_numbers": Definition("preservation", frozenset(), make_no_new_numbers),
}
