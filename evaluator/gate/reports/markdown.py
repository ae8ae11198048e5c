"""A record as Markdown, for a pull request: a heading, the reasons, a table of rules, what was measured."""

import re

from evaluator.gate.record import Record
from evaluator.gate.words import MARKS, MOST_NAMED, estimated
from retriever.quoting.untrusted import one_line

_SPECIAL = re.compile(r"[\\`*_\[\]#|~$]")
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
_LIST = re.compile(r"^(\d*)([-+.)])(?=\s)")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;"}


def markdown(record: Record) -> str:
    """The Markdown of a record; text from outside is escaped, so that it mentions nobody and links nowhere."""
    lines = [f"## {MARKS[record.verdict]} Gate: {record.title}", ""]
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
    for found in record.findings:
        if found.cases:
            lines += ["", f"<details><summary>{escaped(found.rule)}: {len(found.cases):,} named</summary>", ""]
            lines += [f"- {escaped(named.case)}: {escaped(named.text)}" for named in found.cases[:MOST_NAMED]]
            if len(found.cases) > MOST_NAMED:
                lines.append(f"- and {len(found.cases) - MOST_NAMED:,} more, in the JSON")
            lines += ["", "</details>"]
    for title, side in (("Candidate", record.candidate), ("Baseline", record.baseline)):
        if side is not None:
            missing = f"; without {len(side.missing):,} cases that the other has" if side.missing else ""
            lines += ["", f"{title} {escaped(side.where)}: {side.cases:,} cases in {side.groups:,} groups{missing}."]
    ending = f", {escaped(record.at)}" if record.at else ""
    lines += [
        "",
        f"Rules {escaped(record.rules)}{ending}. Intervals are 95%, Clopper-Pearson, unless a rule says more.",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text on one line that Markdown shows as it is."""
    safe = _SPECIAL.sub(r"\\\g<0>", "".join(_ENTITIES.get(character, character) for character in one_line(text)))
    safe = _LINK.sub(lambda match: match[0].replace(":", "&#58;").replace(".", "&#46;"), safe)
    return _LIST.sub(r"\1\\\2", safe)
