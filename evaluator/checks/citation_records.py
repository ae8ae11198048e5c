"""The records of `asof-eval citations` as checks: does a citation exist, was it given, is it stale, does it support?

Fields that only some versions of the command write are read where they are there. Without `stale`, nobody can tell
what became of a citation that was not in force; without `outcome`, the verdict of the citation alone decides.
"""

from collections.abc import Iterator
from typing import get_args

from evaluator.checks.check import Check, Stale, Verdict
from evaluator.files.json_lines import Line

STALE: dict[Stale, tuple[Verdict, str]] = {
    "contradicted": ("FAIL", "the words in force say otherwise"),
    "unsure": ("UNKNOWN", "it was not in force, and nobody can tell whether the words in force still say it"),
    "still_supports": ("PASS", "it was not in force, and the words in force still say it"),
    "unchanged": ("PASS", "it was not in force, and the words in force are the same"),
    "nothing_in_force": ("PASS", "it was not in force, and nothing like it is"),
}
"""What a stale citation is to the check `stale`: whether it supports its claim is left to `supported`."""

VERDICTS: dict[str, Verdict] = {"supported": "PASS", "not_supported": "FAIL", "cannot_tell": "UNKNOWN"}


def citation_checks(case: str, record: Line) -> Iterator[Check]:
    """The checks of one citation, `case` being the case of its answer."""
    citation = record.text("citation")
    detail = detail_of(record)
    for name, verdict, reason, said in (
        ("exists", *_told(record, "exists"), detail),
        ("in_evidence", *_told(record, "in_evidence"), "whether it was in the evidence given to the model"),
        ("stale", *_stale(record)),
        ("supported", *_supported(record), detail),
    ):
        yield Check(case, name, "citation", verdict, reason, f"{citation}: {said}" if said else citation)


def _told(record: Line, field: str) -> tuple[Verdict, str]:
    value = record.fields.get(field)
    if value is not None and not isinstance(value, bool):
        raise record.error(field, f"is {value!r}; it is true, false or null")
    return {True: ("PASS", "yes"), False: ("FAIL", "no"), None: ("UNKNOWN", "cannot_tell")}[value]  # type: ignore[return-value]


def _stale(record: Line) -> tuple[Verdict, str, str]:
    if record.has("stale"):
        stale = record.text("stale")
        if stale not in STALE:
            raise record.error("stale", f"is {stale!r}; it is one of {', '.join(STALE)}")
        verdict, said = STALE[stale]
        return verdict, stale, said
    if record.has("why") and record.text("why") == "stale_contradicted":
        return "FAIL", "contradicted", STALE["contradicted"][1]
    if _told(record, "exists")[0] == "FAIL" or record.fields.get("in_force") is True:
        return "PASS", "not_stale", "is not stale"
    return (
        "UNKNOWN",
        "cannot_tell",
        "it was not in force, or nobody can tell, and it is not said what the words now say",
    )


def _supported(record: Line) -> tuple[Verdict, str]:
    reason = record.text("why") if record.has("why") else record.text("reason")
    if record.has("outcome"):
        outcome = record.text("outcome")
        if outcome not in get_args(Verdict):
            raise record.error("outcome", f"is {outcome!r}; it is one of {', '.join(get_args(Verdict))}")
        return outcome, reason  # type: ignore[return-value]
    verdict = record.text("verdict")
    if verdict not in VERDICTS:
        raise record.error("verdict", f"is {verdict!r}; it is one of {', '.join(VERDICTS)}")
    return VERDICTS[verdict], reason


def detail_of(record: Line) -> str:
    """The sentence of a record for people; empty where it has none."""
    detail = record.fields.get("detail") or ""
    if not isinstance(detail, str):
        raise record.error("detail", f"is {detail!r}; write text")
    return detail
