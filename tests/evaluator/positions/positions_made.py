"""Cases of a position sweep made for tests: colours of things, and a home with one rule in several wordings."""

from pathlib import Path

from evaluator.positions.cases import Passage, SweepCase
from evaluator.positions.settings import Setting, set_among
from evaluator.positions.sources import HomePassages, OtherCases
from policies.change import Change, Publish
from policies.instant import parse_instant
from policies.sources.draft import parse_draft
from retriever.bootstrap import Asof
from retriever.config import Settings
from retriever.evidence.citations import Handle

COLOURS = ("red", "blue", "green", "amber", "black", "white")
THINGS = ("barn", "boat", "leaf", "lamp", "coal", "snow")


def colour_lines() -> list[dict[str, object]]:
    """The cases as lines of a file."""
    return [
        {
            "id": thing,
            "question": f"what colour is the {thing}",
            "answers": [colour],
            "ctxs": [{"title": thing.title(), "text": f"The {thing} is {colour}.", "isgold": True}],
        }
        for thing, colour in zip(THINGS, COLOURS, strict=True)
    ]


def colour_cases() -> list[SweepCase]:
    return [
        SweepCase(
            thing,
            "question",
            f"what colour is the {thing}",
            (colour,),
            thing,
            Passage(thing.title(), f"The {thing} is {colour}."),
        )
        for thing, colour in zip(THINGS, COLOURS, strict=True)
    ]


def colour_settings(k: int = 5, seed: int = 0, ranked: bool = False) -> list[Setting]:
    cases = colour_cases()
    source = OtherCases(cases)
    return [set_among(case, source, k, seed, ranked) for case in cases]


QUESTION = "Within how many days are lamps returned?"
RULES = ("7 days", "7 days", "30 days", "45 days")
STARTS = ("2024-01-01", "2024-06-01", "2025-03-01", "2026-01-01")
NOTES = ("Bring the box.", "Bring the parcel.", "Bring the parcel.", "Bring the receipt.")
"""The second passage, which changes at other times than the first."""


def draft(policy: str, start: str, *passages: str) -> Change:
    text = "\n\n".join(passages)
    return Publish(parse_draft(f"---\npolicy: {policy}\ntitle: {policy}\neffective: {start}\n---\n{text}\n", "here"))


def lamps(home: Path) -> HomePassages:
    """P-7: seven days in two revisions of the same words, then 30, then 45. Five more policies of one wording."""
    writer = Asof.at(home).writer(create=True)
    for start, rule, note in zip(STARTS, RULES, NOTES, strict=True):
        writer.write([draft("P-7", start, f"Lamps are returned within {rule} of delivery.", note)])
    others = zip(("P-8", "P-9", "P-10", "P-11", "P-12"), ("tents", "boots", "maps", "toys", "sofas"), strict=True)
    writer.write([draft(policy, "2024-01-01", f"Worn {thing} are never returned.") for policy, thing in others])
    writer.write([draft("P-13", "2024-01-01", "Rented lamps are returned within 7 days of the lamps' delivery.")])
    return HomePassages(Asof(Settings.from_environment(home)))


def lamp_case(
    gold: str = "P-7@3#1",
    as_of: str = "2025-06-01",
    answers: tuple[str, ...] = ("30 days",),
    outdated: tuple[str, ...] = ("7 days",),
    later: bool = False,
) -> SweepCase:
    citation = Handle.parse(gold)
    return SweepCase(
        "c1", "policy", QUESTION, answers, citation.version.policy_id, None, (), citation,
        parse_instant(as_of), outdated, later,
    )  # fmt: skip
