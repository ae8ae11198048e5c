"""How the service is."""

from typing import Literal

from retriever.entrypoints.http.answers.described import Described


class Alive(Described):
    """The process answers."""

    status: Literal["alive"]


class Ready(Described):
    """Questions can be answered, from this generation."""

    status: Literal["ready"]
    generation: int
