"""Cases of a position sweep made for tests: colours of things, six of them, each answered by one passage."""

from evaluator.positions.cases import Passage, SweepCase
from evaluator.positions.settings import Setting, set_among
from evaluator.positions.sources import OtherCases

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
