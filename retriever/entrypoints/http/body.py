"""What every body of a request is held to: how much it lists, and that its texts are texts.

Each wrong item is an error of hundreds of bytes, so that a small body could become gigabytes. The first one is enough.
"""

import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

MOST_LABELS = 1_000
"""Access labels of one request."""

MOST_POLICIES = 10_000
"""Policies that a question names."""

MOST_FACTS = 1_000
"""Trusted facts of a question."""

MOST_FIELDS = 100
"""Fields of a body that may have no others than those that are known."""

MOST_NUMBER = 2**53
"""No transaction and no generation has a greater number. It fits where numbers are kept, and in everyone's JSON."""

MOST_REVISIONS = 999_999_999
"""No revision has a greater number."""

T = TypeVar("T")


def _few_facts(value: Any) -> Any:
    """The value; ValueError where it holds too many facts, before each of them is looked at."""
    if isinstance(value, dict) and len(value) > MOST_FACTS:
        raise ValueError(f"has {len(value):,} facts; give at most {MOST_FACTS:,}")
    return value


Labels = Annotated[list[str], Field(max_length=MOST_LABELS, fail_fast=True)]
Policies = Annotated[list[str], Field(max_length=MOST_POLICIES, fail_fast=True)]
Facts = Annotated[dict[str, str], Field(max_length=MOST_FACTS), BeforeValidator(_few_facts)]
RevisionNumber = Annotated[int, Field(ge=1, le=MOST_REVISIONS)]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_READ_BY_OTHERS = frozenset({"file", "files", "receipt"})
"""Fields whose reader says more of what is no text, such as in which line it stands."""


class Body(BaseModel):
    """The body of a request, or an object in it."""

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, values: Any) -> Any:
        closed = cls.model_config.get("extra") == "forbid"  # else what nobody knows is no error
        if closed and isinstance(values, dict) and len(values) > MOST_FIELDS:
            raise ValueError(f"has {len(values):,} fields; send at most {MOST_FIELDS}, those that are documented")
        return values

    @field_validator("*", mode="after")
    @classmethod
    def _is_text(cls, value: T, info: ValidationInfo) -> T:
        if info.field_name not in _READ_BY_OTHERS and any(map(_LONE_SURROGATE.search, _texts(value))):
            raise ValueError("holds a lone surrogate, which is no character; remove it")
        return value


def _texts(value: Any) -> list[str]:
    """The texts of a field: itself, or those that it lists."""
    listed = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, str)]
