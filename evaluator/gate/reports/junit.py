"""A record as JUnit XML: a test case for each rule, and one for the whole where nothing could be decided.

NEEDS MORE CASES is a failure of that type and not a skipped test, since build servers take a skipped test as good.
"""

import re
import xml.etree.ElementTree as ET

from evaluator.gate.failures import Failure
from evaluator.gate.record import Record
from evaluator.gate.rule_result import RuleResult
from evaluator.gate.words import MOST_NAMED
from retriever.quoting.untrusted import inert

SUITE = "asof-eval gate"

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(record: Record) -> str:
    """The XML of a record, by the schema that build servers share (testsuites, testsuite, testcase, failure, error)."""
    broken = record.verdict == "BROKEN"
    failures = sum(found.decision != "SHIP" for found in record.findings)
    counts = {
        "tests": str(len(record.findings) or 1),
        "failures": str(failures),
        "errors": str(int(broken)),
        "skipped": "0",
        "time": "0",
    }
    shared = {name: value for name, value in counts.items() if name != "skipped"}
    root = ET.Element("testsuites", {"name": SUITE, **shared})
    when = {"timestamp": record.at} if record.at else {}
    suite = ET.SubElement(root, "testsuite", {"name": SUITE, **counts, **when})
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(record):
        ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    failed: dict[str, list[Failure]] = {}
    for failure in record.failures:
        failed.setdefault(failure.case, []).append(failure)
    for found in record.findings:
        _testcase(suite, found, failed)
    if failed and not broken:
        _untold(suite, [failure for of in failed.values() for failure in of])
    if broken:
        case = ET.SubElement(suite, "testcase", {"name": "the run", "classname": "gate", "time": "0"})
        ET.SubElement(case, "error", {"type": "BROKEN", "message": _text(" ".join(record.reasons))})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _testcase(suite: ET.Element, found: RuleResult, failed: dict[str, list[Failure]]) -> None:
    """Adds a rule; a failed answer is told whole with the first rule that names its case."""
    case = ET.SubElement(suite, "testcase", {"name": _text(found.rule), "classname": f"gate.{found.kind}", "time": "0"})
    if found.decision != "SHIP":
        failure = ET.SubElement(case, "failure", {"type": found.decision, "message": _text(found.reason)})
        told = []
        for named in found.cases[:MOST_NAMED]:
            told.append(f"{named.case}: {named.text}")
            for it in failed.pop(named.case, ()):
                told.append(f"  {it.name}")
                told += [f"    {name}: {' '.join(value.split())}" for name, value in it.lines()]
        failure.text = _text("\n".join([found.subject, *told]))
    else:
        ET.SubElement(case, "system-out").text = _text(found.reason)


def _untold(suite: ET.Element, failures: list[Failure]) -> None:
    """Adds the failed answers that no broken rule names, such as late ones where the rules about them hold."""
    case = ET.SubElement(suite, "testcase", {"name": "other failed answers", "classname": "gate.answers", "time": "0"})
    told = []
    for failure in failures[:MOST_NAMED]:
        told += [failure.name, *(f"  {name}: {' '.join(value.split())}" for name, value in failure.lines())]
    ET.SubElement(case, "system-out").text = _text("\n".join(told))
    suite.set("tests", str(int(suite.get("tests", "0")) + 1))


def _properties(record: Record) -> list[tuple[str, str]]:
    found = [("verdict", record.verdict), ("rules", record.rules)]
    found += [("more_cases", str(record.more_cases))] if record.more_cases is not None else []
    for name, side in (("candidate", record.candidate), ("baseline", record.baseline)):
        if side is not None:
            found.append((name, side.where))
            for what in ("checkpoints", "prompts", "releases"):
                found += [(f"{name}.{what}", ", ".join(getattr(side, what)))] if getattr(side, what) else []
    found += [("changed", "; ".join(record.changed))] if record.changed else []
    found += [("next_profile", record.next.said)] if record.next is not None else []
    return found


def _text(text: str) -> str:
    """Text without what XML cannot hold."""
    return _NO_XML.sub("\ufffd", inert(text))
