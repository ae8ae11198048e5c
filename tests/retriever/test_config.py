"""Settings, read once from the environment."""

from pathlib import Path

import pytest

from retriever.config import Limits, Settings
from retriever.errors import BadSetting


def test_home_is_a_folder_here_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASOF_HOME")
    assert Settings.from_environment() == Settings(Path(".asof"), "all-MiniLM-L6-v2", None)


def test_environment_names_home_model_and_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_HOME", "/srv/asof")
    monkeypatch.setenv("ASOF_MODEL", "/srv/model")
    monkeypatch.setenv("ASOF_THREADS", "3")
    assert Settings.from_environment() == Settings(Path("/srv/asof"), "/srv/model", 3)


def test_precision_is_one_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_PRECISION", "fp32")
    assert Settings.from_environment().precision == "fp32"
    monkeypatch.setenv("ASOF_PRECISION", "fp16")
    with pytest.raises(BadSetting, match="ASOF_PRECISION is 'fp16'; give one of int8, fp32"):
        Settings.from_environment()


def test_threads_that_are_no_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_THREADS", "many")
    with pytest.raises(BadSetting, match="ASOF_THREADS is 'many'"):
        Settings.from_environment()


def test_home_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_HOME", "/srv/asof")
    assert Settings.from_environment(Path("/other")).home == Path("/other")


def test_empty_variables_are_the_same_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASOF_HOME", "ASOF_MODEL", "ASOF_THREADS"):
        monkeypatch.setenv(name, "")
    assert Settings.from_environment() == Settings(Path(".asof"))


def test_questions_kept_are_a_whole_number_and_none_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_QUERY_CACHE", "0")
    assert Settings.from_environment().query_cache == 0
    monkeypatch.setenv("ASOF_QUERY_CACHE", "-1")
    with pytest.raises(BadSetting, match="ASOF_QUERY_CACHE is '-1'; give how many"):
        Settings.from_environment()


def test_reranker_is_none_unless_named_and_the_one_given_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_environment().reranker is None
    monkeypatch.setenv("ASOF_RERANKER", "")
    assert Settings.from_environment().reranker is None
    monkeypatch.setenv("ASOF_RERANKER", "/srv/reranker")
    assert Settings.from_environment().reranker == "/srv/reranker"
    assert Settings.from_environment(reranker="/other").reranker == "/other"
    assert Settings.from_environment(reranker="").reranker is None


def test_no_threads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_THREADS", "0")
    with pytest.raises(BadSetting, match="ASOF_THREADS is '0'"):
        Settings.from_environment()


def test_limits_of_the_service_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_BODY_SECONDS", "2.5")
    monkeypatch.setenv("ASOF_DRAIN_SECONDS", "0")
    assert Limits.from_environment() == Limits(body_seconds=2.5, drain_seconds=0.0)


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf"])
def test_limit_that_is_no_time_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ASOF_REQUEST_SECONDS", text)
    with pytest.raises(BadSetting, match="ASOF_REQUEST_SECONDS"):
        Limits.from_environment()


def test_what_receipts_may_take_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASOF_RECEIPT_MB", "20")
    monkeypatch.setenv("ASOF_RECEIPT_MB_PER_KEY", "5")
    settings = Settings.from_environment()
    assert (settings.receipt_mb, settings.receipt_mb_per_key) == (20, 5)


def test_what_views_may_take_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_environment().view_mb == 512
    monkeypatch.setenv("ASOF_VIEW_MB", "64")
    assert Settings.from_environment().view_mb == 64


@pytest.mark.parametrize("name", ["ASOF_RECEIPT_MB", "ASOF_RECEIPT_MB_PER_KEY", "ASOF_VIEW_MB"])
@pytest.mark.parametrize("text", ["0", "-1", "much"])
def test_what_has_no_room_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(BadSetting, match=f"{name} is '{text}'; give a whole number of megabytes"):
        Settings.from_environment()
