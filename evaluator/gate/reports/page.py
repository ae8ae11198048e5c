"""A record as a page: one HTML file that fetches nothing and can be read in light, in dark and without colour."""

import json
from pathlib import Path
from typing import Any

from evaluator.gate.record import Record
from evaluator.gate.reports.bars import AXIS, BAR, HEIGHT, LEFT, RIGHT, WIDTH, bar
from evaluator.gate.rule_result import ORDER
from evaluator.gate.words import MARKS, MOST_NAMED, estimated, rated
from retriever.quoting.untrusted import inert

TEMPLATE = Path(__file__).with_name("report.html")


def page(record: Record) -> str:
    """The HTML of a record; any text in it is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown, keep_trailing_newline=True)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    sides = [("Candidate", record.candidate), ("Baseline", record.baseline)]
    failures = record.failures[:MOST_NAMED]
    return template.render(
        record=record,
        failures=failures,
        shown={failure.case for failure in failures},
        rate=rated,
        findings=[
            (found, None if found.measured is None else bar(found.measured))
            for found in sorted(record.findings, key=lambda found: -ORDER.index(found.decision))
        ],
        sides=[(title, side) for title, side in sides if side is not None],
        marks=MARKS,
        most=MOST_NAMED,
        estimate=estimated,
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=RIGHT,
        bar_y=BAR,
        axis_y=AXIS,
    )


def _shown(value: Any) -> Any:
    return inert(value) if type(value) is str else value


def record_json(record: Record) -> str:
    from retriever.quoting.untrusted import inert_json

    return inert_json(json.dumps(record.content(), ensure_ascii=False, indent=2)) + "\n"
