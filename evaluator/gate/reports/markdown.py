"""A record as Markdown, for a pull request: a heading, the reasons, a table of rules, what was measured."""

import re
from collections.abc import Iterator

from evaluator.gate.failures import Failure
from evaluator.gate.record import Record
from evaluator.gate.rule_result import NamedCase
from evaluator.gate.words import MARKS, MOST_NAMED, estimated, rated
from retriever.quoting.untrusted import one_line

_SPECIAL = re.compile(r"[\\`*_\[\]#|~$]")
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
_LIST = re.compile(r"^(\d*)([-+.)])(?=\s)")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;"}


def markdown(record: Record) -> str:
    """The Markdown of a record; text from outside is escaped, so that it mentions nobody and links nowhere."""
    lines = [f"## {MARKS[record.verdict]} Gate: {record.title}", ""]
    lines += _runs(record)
    lines += [f"- {escaped(reason)}" for reason in record.reasons]
    if record.findings:
        lines += ["", "| rule | verdict | why |", "|---|---|---|"]
        for found in record.findings:
            verdict = f"{MARKS[found.decision]} {found.title}"
            lines.append(f"| {escaped(found.rule)} | {verdict} | {escaped(found.reason)} |")
    if record.measures:
        lines += ["", "| every check passes | candidate | baseline |", "|---|---|---|"]
        for measure in record.measures:
            cells = (estimated(measure.candidate), estimated(measure.baseline))
            lines.append(f"| {measure.part}, by {measure.by} | {' | '.join(cells)} |")
        for it in record.repeated:
            lines.append(f"| {escaped(it.measure)} | {rated(it.candidate)} | {rated(it.baseline)} |")
    shown = {failure.case for failure in record.failures[:MOST_NAMED]}
    for found in record.findings:
        if found.cases:
            lines += ["", f"<details><summary>{html(found.rule)}: {len(found.cases):,} named</summary>", ""]
            lines += [f"- {escaped(named.case)}{_why(named, shown)}" for named in found.cases[:MOST_NAMED]]
            if len(found.cases) > MOST_NAMED:
                lines.append(f"- and {len(found.cases) - MOST_NAMED:,} more, in the JSON")
            lines += ["", "</details>"]
    if record.failures:
        lines += ["", "### What failed", ""]
        lines += [line for failure in record.failures[:MOST_NAMED] for line in _failure(failure)]
        if len(record.failures) > MOST_NAMED:
            lines.append(f"And {len(record.failures) - MOST_NAMED:,} more, in the JSON.")
    ending = f", {escaped(record.at)}" if record.at else ""
    about = f" ({escaped(record.about)})" if record.about else ""
    lines += [
        "",
        f"Rules {escaped(record.rules)}{about}{ending}. Intervals are 95%, by case, unless a rule says more.",
    ]
    if record.next is not None:
        lines += ["", escaped(record.next.said)]
    return "\n".join(lines) + "\n"


def _runs(record: Record) -> list[str]:
    lines = []
    for title, side in (("Candidate", record.candidate), ("Baseline", record.baseline)):
        if side is not None:
            named = [
                *side.checkpoints,
                *(f"prompt {it}" for it in side.prompts),
                *(f"release {it}" for it in side.releases),
            ]
            who = f" ({escaped(', '.join(named))})" if named else ""
            each = f", {side.trials} answers each" if side.trials > 1 else ""
            missing = f"; without {len(side.missing):,} cases that the other has" if side.missing else ""
            lines += [
                f"{title} {escaped(side.where)}{who}: {side.cases:,} cases in {side.groups:,} groups{each}{missing}.",
                "",
            ]
    if record.changed:
        lines += [f"Changed: {escaped('; '.join(record.changed))}.", ""]
    return lines


def _why(named: NamedCase, shown: set[str]) -> str:
    """Why a case is named, unless it is told below."""
    return "" if named.case in shown else f": {escaped(named.text)}"


def _failure(failure: Failure) -> Iterator[str]:
    first = failure.found[0] if failure.found else ""
    yield f"<details><summary>{html(failure.name)}: {html(first)}</summary>"
    yield ""
    yield from (f"- {escaped(name)}: {escaped(value)}" for name, value in failure.lines())
    yield from ("", "</details>", "")


def html(text: str) -> str:
    """Text on one line inside an element of HTML, where Markdown is not read; nobody is mentioned."""
    safe = "".join(_ENTITIES.get(character, character) for character in one_line(text))
    return _unlinked(safe.replace("[", "&#91;").replace("]", "&#93;"))


def escaped(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    special = _SPECIAL.sub(r"\\\g<0>", one_line(text))
    safe = "".join(_ENTITIES.get(character, character) for character in special)
    return _LIST.sub(r"\1\\\2", _unlinked(safe))


def _unlinked(text: str) -> str:
    """The text with entities in what would become a link."""
    return _LINK.sub(lambda match: match[0].replace(":", "&#58;").replace(".", "&#46;"), text)
