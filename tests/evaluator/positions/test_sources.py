from dataclasses import replace
from pathlib import Path

from evaluator.positions.cases import SweepCase
from evaluator.positions.sources import HomePassages
from policies.instant import parse_instant
from retriever.answering.abstention import Thresholds
from retriever.bootstrap import Asof
from retriever.config import Settings
from tests.evaluator.homes import published


def test_thresholds_of_an_opened_home_keep_no_passage_back(tmp_path: Path) -> None:
    settings = replace(Settings.from_environment(published(tmp_path / "home")), thresholds=Thresholds(1.0, 1.0))
    asof = Asof(settings)
    assert asof.retrieve(query="Are lamps repaired?", k=1).content()["abstained"]["reason"] == "below_threshold"
    case = SweepCase("c1", "policy", "Are lamps repaired?", ("no",), "P-7", None, as_of=parse_instant("2025-04-01"))
    assert len(HomePassages(asof).ranked(case, 1)) == 1
