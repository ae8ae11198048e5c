"""The page on running the service names every measure and setting, and none that is not there."""

import re
from dataclasses import fields

from retriever.config import Limits
from retriever.entrypoints.http.middleware.measuring import REFUSED, Measures
from tests.retriever.homes import Home
from tests.root import ROOT

PAGE = (ROOT / "docs" / "deploying.md").read_text()


def test_every_measure_is_on_the_page_and_no_other(home: Home) -> None:
    measures = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in Measures(home.asof).registry.collect()
    }
    assert set(re.findall(r"\basof_[a-z_]+", PAGE.replace("asof_...", ""))) == measures
    assert ", ".join(map(str, sorted(REFUSED))) in PAGE


def test_every_time_limit_is_on_the_page_of_settings() -> None:
    settings = (ROOT / "docs" / "settings.md").read_text()
    seconds = {f"ASOF_{field.name.upper()}" for field in fields(Limits) if field.name.endswith("_seconds")}
    assert seconds == set(re.findall(r"ASOF_[A-Z]+_SECONDS", settings))


def test_every_setting_on_the_page_is_read_somewhere() -> None:
    code = "".join(path.read_text() for folder in ("retriever", "indexer") for path in (ROOT / folder).rglob("*.py"))
    for name in set(re.findall(r"\bASOF_[A-Z_]+", PAGE)):
        assert f'"{name}"' in code, name
