"""The tools of an assistant: whatever an author wrote, a search and a fetch are answered."""

import pytest

from retriever.entrypoints.assistants.mcp_server import ignored
from retriever.entrypoints.assistants.tools import Reader, Tools
from retriever.entrypoints.http.routes.dify import _records
from retriever.quoting.prompt import json_prompt, plain_prompt
from tests.retriever.homes import Home


@pytest.mark.parametrize("poison", ["&#" + "9" * 5_000, "&#" + "0" * 5_000 + ";", "&#x" + "f" * 5_000])
def test_a_policy_with_a_character_reference_of_any_length_is_answered_everywhere(home: Home, poison: str) -> None:
    home.publish("P-1", f"Damaged items {poison} are eligible within 7 days.", "2024-01-01")
    answer = home.ask()
    assert [item["citation"] for item in answer["evidence"]] == ["P-1@1#1"]
    assert "within 7 days" in plain_prompt(answer)
    assert "within 7 days" in json_prompt(answer)
    assert [record.metadata["flags"] for record in _records(answer)] == [[]]
    tools = Tools(home.asof, Reader(), ignored)
    assert [found.id for found in tools.search("Are damaged items eligible?", None, 5).results] == ["P-1@1#1"]
    assert poison in tools.fetch("P-1@1#1").text
