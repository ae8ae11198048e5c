"""A pipeline's name tells in which part another differs."""

import pytest

from retriever.answering.pipeline_parts import PARTS, differing, pipeline_name

VALUES = {name: f"{name} one" for name in PARTS}


def test_equal_parts_have_one_name() -> None:
    assert pipeline_name(VALUES) == pipeline_name(dict(reversed(VALUES.items())))
    assert differing(pipeline_name(VALUES), pipeline_name(VALUES)) == ()


@pytest.mark.parametrize("part", PARTS)
def test_the_part_that_differs_is_named(part: str) -> None:
    assert differing(pipeline_name(VALUES), pipeline_name({**VALUES, part: "two"})) == (part,)


def test_a_name_of_another_making_differs_in_the_rules() -> None:
    assert differing("ab12" * 4, pipeline_name(VALUES)) == ("rules",)
    assert differing(f"x{pipeline_name(VALUES)[1:]}", pipeline_name(VALUES)) == ("rules",)
