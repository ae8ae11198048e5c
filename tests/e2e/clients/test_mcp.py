"""`asof mcp` as a real process, talked to by the protocol's own client."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Run
from tests.root import ROOT

LONG = "Damaged items may be returned within 30 days. " + "Keep the parcel, the label and the receipt. " * 12
SECRET = "Clandestine lawyers keep zanzibar parcels."
FILES = (
    ("P-7", "2024-01-01", "public", "Damaged items may be returned within 7 days."),
    ("P-7", "2025-03-01", "public", f"# Returns\n\n## Damaged items\n\n{LONG.strip()}\n\nGifts are exchanged."),
    ("S-1", "2024-01-01", "legal", SECRET),
)
REGIONAL = "Faulty lamps are repaired within 24 months."


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp")
    for number, (policy, effective, label, words) in enumerate(FILES):
        front = f"---\npolicy: {policy}\ntitle: Title of {policy}\neffective: {effective}\naudience: [{label}]\n---\n"
        (folder / f"{number}.md").write_text(f"{front}{words}\n")
        run("publish", folder / f"{number}.md", "--home", folder / "home")
    front = "---\npolicy: P-4\ntitle: Lamps\neffective: 2024-01-01\napplies_to: {region: [US, CA]}\n---\n"
    (folder / "regional.md").write_text(f"{front}{REGIONAL}\n")
    run("publish", folder / "regional.md", "--home", folder / "home")
    return folder / "home"


@pytest.fixture
def talk(home: Path, environment: dict[str, str]) -> Callable[..., Any]:
    """Calls tools of `asof mcp`, one after the other; each gives its structured content, or its error's text."""
    pytest.importorskip("mcp", reason="the extra `mcp` is not installed: pip install 'asof[mcp]'")
    from tests.e2e.clients.assistant import asked_over_stdio

    def talked(*calls: tuple[str, dict[str, Any]], options: tuple[str, ...] = ()) -> list[Any]:
        return asked_over_stdio(home, environment, options, *calls)

    return talked


def test_an_assistant_is_told_what_it_can_call(talk: Callable[..., Any]) -> None:
    tools = {tool.name: tool for tool in talk()}
    assert {name: tool.input_schema["required"] for name, tool in tools.items()} == {
        "search": ["query"],
        "fetch": ["id"],
    }
    assert set(tools["search"].input_schema["properties"]) == {"query", "as_of", "k"}
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint
        assert all(field["description"] for field in tool.input_schema["properties"].values())


def test_it_searches_as_of_a_date_and_fetches_what_it_found(talk: Callable[..., Any]) -> None:
    asked = {"query": "May a damaged item be returned?", "k": 1}
    before, now, then, fetched = talk(
        ("search", {**asked, "as_of": "2025-02-01"}),
        ("search", {**asked, "as_of": "2025-04-01"}),
        ("fetch", {"id": "P-7@1#1"}),
        ("fetch", {"id": "P-7@2#1"}),
    )
    assert [len(before["receipt"].pop(name)) for name in ("id", "evidence_digest")] == [64, 64]
    assert before == {
        "receipt": {},
        "results": [
            {
                "id": "P-7@1#1",
                "title": "Title of P-7",
                "url": "asof:P-7@1#1",
                "text": "Damaged items may be returned within 7 days.",
                "best": "P-7@1#1",
                "valid_from": "2024-01-01T00:00:00Z",
                "valid_to": "2025-03-01T00:00:00Z",
                "applicability": "applies",
                "flags": [],
            }
        ],
        "as_of": "2025-02-01T00:00:00Z",
        "abstained": None,
    }
    assert then["metadata"]["in_force"] is False
    assert then["metadata"]["periods"] == [{"valid_from": "2024-01-01T00:00:00Z", "valid_to": "2025-03-01T00:00:00Z"}]
    [found] = now["results"]
    assert (found["id"], found["text"][-1]) == ("P-7@2#1", "…")
    assert len(found["text"]) <= 301
    assert fetched["text"] == LONG.strip()
    said = fetched["metadata"]
    [passage] = said.pop("passages")
    assert (passage["citation"], passage["char_end"] - passage["char_start"]) == ("P-7@2#1", len(LONG.strip()))
    assert said | {"recorded_at": ""} == {
        "policy_id": "P-7",
        "revision": 2,
        "section": ["Returns", "Damaged items"],
        "in_force": True,
        "periods": [{"valid_from": "2025-03-01T00:00:00Z", "valid_to": None}],
        "recorded_at": "",
        "applies_to": {},
        "applicability": "applies",
        "flags": [],
        "text": LONG.strip(),
        "text_sha256": hashlib.sha256(LONG.strip().encode()).hexdigest(),
        "governed_by": [],
    }


def test_neighbours_are_fetched_as_one_passage(talk: Callable[..., Any]) -> None:
    [fetched] = talk(("fetch", {"id": "[P-7@2#1-2]"}))
    assert (fetched["id"], fetched["text"]) == ("P-7@2#1-2", f"{LONG.strip()}\nGifts are exchanged.")
    assert fetched["metadata"]["text"] == f"{LONG.strip()}\n\nGifts are exchanged."


def test_where_nothing_answers_it_is_told_why(talk: Callable[..., Any]) -> None:
    [found] = talk(("search", {"query": "May a damaged item be returned?", "as_of": "2020-01-01"}))
    assert (found["results"], found["abstained"]["reason"]) == ([], "no_policy_in_force")


def test_a_refusal_says_what_and_why(talk: Callable[..., Any]) -> None:
    refused = talk(
        ("fetch", {"id": "P-7"}),
        ("fetch", {"id": "P-7@2#9"}),
        ("fetch", {"id": "P-404@1#1"}),
        ("search", {"query": "q", "as_of": "soon"}),
    )
    for text, said in zip(refused, ("not a citation", "has 2 passages", "no policy P-404", "as_of"), strict=True):
        assert said in text


def test_it_reads_what_the_labels_of_the_command_allow(talk: Callable[..., Any]) -> None:
    asked = (("search", {"query": "Who keeps zanzibar parcels?"}), ("fetch", {"id": "S-1@1#1"}))
    hidden = talk(*asked)
    assert "Clandestine" not in json.dumps(hidden)
    assert "There is no policy S-1" in hidden[1]
    found, fetched = talk(*asked, options=("--audience", "legal"))
    assert found["results"][0]["id"] == "S-1@1#1"
    assert fetched["text"] == SECRET


@pytest.mark.parametrize(
    ("facts", "found", "fetched"),
    [
        ((), "unconfirmed", "unconfirmed"),
        (("--fact", "region=US"), "applies", "applies"),
        (("--fact", "region=NO"), None, "does_not_apply"),
    ],
)
def test_what_applies_is_decided_by_the_facts_of_the_command(
    talk: Callable[..., Any], facts: tuple[str, ...], found: str | None, fetched: str
) -> None:
    """A region named in the question is no fact."""
    results, passage = talk(
        ("search", {"query": "In the US, are faulty lamps repaired?"}), ("fetch", {"id": "P-4@1#1"}), options=facts
    )
    assert {item["id"]: item["applicability"] for item in results["results"]}.get("P-4@1#1") == found
    assert passage["metadata"]["applicability"] == fetched


def test_an_assistant_may_not_name_its_own_facts_labels_or_policies(talk: Callable[..., Any]) -> None:
    asked = {"query": "zanzibar parcels", "facts": {"region": "US"}, "audience": ["legal"], "policies": ["S-1"]}
    [told] = talk(("search", asked))
    assert "Clandestine" not in json.dumps(told)
    assert "S-1" not in [item["id"].partition("@")[0] for item in told["results"]]


def test_it_is_kept_to_the_policies_of_the_command(talk: Callable[..., Any]) -> None:
    found, fetched, refused = talk(
        ("search", {"query": "Are faulty lamps repaired?"}),
        ("fetch", {"id": "P-7@1#1"}),
        ("fetch", {"id": "P-4@1#1"}),
        options=("--policy", "P-7"),
    )
    assert {item["id"].partition("@")[0] for item in found["results"]} == {"P-7"}
    assert fetched["id"] == "P-7@1#1"
    assert "There is no policy P-4" in refused


def test_without_the_package_the_extra_is_named(run_process: Run, home: Path, tmp_path: Path) -> None:
    """A folder before all others holds an `mcp` that cannot be imported, as where there is none."""
    (tmp_path / "mcp.py").write_text("raise ModuleNotFoundError(\"No module named 'mcp'\", name='mcp')\n")
    told = run_process("mcp", "--home", home, exits=1, env={"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))})
    assert "pip install 'asof[mcp]'" in told.stderr
    served = run_process(
        "serve", "--mcp", "--home", home, exits=1, env={"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    )
    assert "pip install 'asof[mcp]'" in served.stderr
