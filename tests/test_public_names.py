"""What README and docs import is public: it stays importable under that name, wherever its module lives."""

import importlib
import re

import pytest

from tests.root import ROOT

PUBLIC = {
    "evaluator.footprint.estimate": {"PRESETS", "Index", "Load", "footprint"},
    "evaluator.statistics.clustered": {"effective_cases"},
    "evaluator.statistics.intervals": {"clopper_pearson", "most_failures_unseen", "wilson"},
    "evaluator.statistics.non_inferiority": {"rates"},
    "evaluator.statistics.paired": {"mcnemar", "risk_difference"},
    "evaluator.statistics.rater_agreement": {"cohens_kappa", "gwets_ac1"},
    "evaluator.statistics.sample_size": {
        "cases_for_drop",
        "cases_for_non_inferiority",
        "cases_for_rate",
        "design_effect",
    },
    "evaluator.statistics.tails": {"mean_of", "quantile"},
    "evaluator.statistics.trials": {"flip_rate", "pass_all_k", "pass_at_k"},
    "policies.change": {"Correct", "Publish", "Restore", "Undo", "Unschedule", "Withdraw"},
    "policies.draft": {"parse_draft", "read_draft"},
    "policies.instant": {"format_end", "parse_instant"},
    "policies.revision": {"VersionId"},
    "retriever.adapters.langchain": {"AsofRetriever"},
    "retriever.adapters.llama_index": {"AsofRetriever"},
    "retriever.bootstrap": {"Asof"},
    "retriever.client": {
        "Abstention",
        "Answer",
        "AsyncClient",
        "BadAnswer",
        "CheckedSentence",
        "Client",
        "ClientError",
        "Evidence",
        "Finding",
        "GovernedBy",
        "LeftOut",
        "Passage",
        "ProblemError",
        "Receipt",
        "Retries",
        "RetrieveFields",
        "Scores",
        "Unreachable",
    },
    "retriever.config": {"Settings"},
    "retriever.prompt": {"json_prompt", "plain_prompt"},
}
"""The names, by the module that they are imported from."""

_IMPORT = re.compile(
    r"^(?:\s|>>>)*from ((?:policies|indexer|retriever|evaluator)[\w.]*) import ([\w, ]+)$", re.MULTILINE
)


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_can_be_imported(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in PUBLIC[module] if not hasattr(found, name)] == []
    if hasattr(found, "__all__"):
        assert set(found.__all__) == PUBLIC[module]


def test_every_import_that_a_page_shows_is_public() -> None:
    shown = {
        (match[1], name.strip())
        for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
        for match in _IMPORT.finditer(page.read_text(encoding="utf-8"))
        for name in match[2].split(",")
    }
    assert len(shown) > 15
    assert {(module, name) for module, name in shown if name not in PUBLIC.get(module, ())} == set()
