"""Views for now are there before anyone asks."""

import logging
import time

import pytest

from policies.instant import Instant, parse_instant
from retriever.asking.eligible import Scope, resolve
from retriever.live.live_index import Generation
from retriever.live.warm_views import LOOK_WHOLE_EVERY, RESTS, WarmViews
from tests.retriever.homes import Home

QUESTION = "Are damaged items eligible?"


def ready(home: Home, as_of: str, audience: tuple[str, ...] = ("public",)) -> bool:
    """Whether the settled view at an instant is there without having to be made."""
    generation = home.asof.index.current()
    scope = Scope(parse_instant(as_of), generation.timeline.recorded_at, None, {}, audience, False)
    view = generation.views._views.get(resolve(generation.timeline, scope).txs.tobytes())
    return view is not None and view.settled


@pytest.fixture
def shop(home: Home) -> Home:
    """P-7@1 in force, P-7@2 scheduled half a minute ahead; the clock stands at 2025-01-01T12:00."""
    home.publish("P-7", "Damaged items within 7 days.", "2024-01-01")
    home.publish("P-7", "Damaged items within 30 days.", "2025-01-01T12:00:30Z")
    return home


def test_view_for_now_and_for_the_next_start_are_made_when_a_process_begins(shop: Home) -> None:
    views = shop.asof.warm_views()
    assert not ready(shop, "2025-01-01T12:00:00Z")
    views.look()
    assert ready(shop, "2025-01-01T12:00:00Z")
    assert ready(shop, "2025-01-01T12:00:30Z")
    assert shop.ask(QUESTION)["evidence"][0]["citation"] == "P-7@1#1"
    shop.clock.set("2025-01-01T12:00:30Z")
    assert shop.ask(QUESTION)["evidence"][0]["citation"] == "P-7@2#1"


def test_start_that_lies_far_ahead_is_prepared_when_its_time_comes(shop: Home) -> None:
    shop.publish("P-8", "Gifts may be returned.", "2025-06-01")
    views = shop.asof.warm_views()
    views.look()
    assert not ready(shop, "2025-06-01")
    shop.clock.set("2025-05-31T23:59:30Z")
    views.look()
    assert ready(shop, "2025-06-01")


def test_a_new_generation_has_its_view_for_those_who_asked_about_now(shop: Home) -> None:
    shop.publish("P-9", "For lawyers only.", "2024-01-01", audience="[legal]")
    shop.ask(QUESTION, audience=["legal"])
    views = shop.asof.warm_views()
    views.look()
    assert ready(shop, "2025-01-01T12:00:00Z", ("legal", "public"))
    assert not ready(shop, "2025-01-01T12:00:00Z")  # nobody asked so
    shop.publish("P-8", "Gifts may be returned.", "2024-01-01")
    assert not ready(shop, "2025-01-01T12:00:00Z", ("legal", "public"))
    views.look()
    assert ready(shop, "2025-01-01T12:00:00Z", ("legal", "public"))


def test_as_long_as_it_is_entered_a_thread_does_so(shop: Home) -> None:
    with shop.asof.warm_views():
        shop.publish("P-8", "Gifts may be returned.", "2024-01-01")
        deadline = time.monotonic() + 10
        while not ready(shop, "2025-01-01T12:00:00Z") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ready(shop, "2025-01-01T12:00:00Z")


def test_where_nothing_changes_the_ledger_is_looked_at_now_and_then(
    shop: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    current = shop.asof.index.current

    def counted() -> Generation:
        looked.append(1)
        return current()

    monkeypatch.setattr(shop.asof.index, "current", counted)
    views = WarmViews(shop.asof.index, shop.asof.retriever.prepare, shop.clock, shop.asof.catch_up)
    for _ in range(20):
        views._step()
    assert len(looked) == 1
    shop.publish("P-8", "Gifts may be returned.", "2024-01-01")
    views._step()
    assert len(looked) == 2  # at once where another generation is there
    time.sleep(LOOK_WHOLE_EVERY)
    views._step()
    assert len(looked) == 3


def test_a_generation_that_a_question_opens_first_is_prepared_as_soon(shop: Home) -> None:
    shop.publish("P-9", "For lawyers only.", "2024-01-01", audience="[legal]")
    shop.ask(QUESTION, audience=["legal"])
    views = shop.asof.warm_views()
    views._step()
    time.sleep(LOOK_WHOLE_EVERY)
    views._step()
    shop.publish("P-8", "Gifts may be returned.", "2024-01-01")
    shop.ask("Who may return gifts?", as_of="2024-06-01")
    views._step()
    assert ready(shop, "2025-01-01T12:00:00Z", ("legal", "public"))


def test_views_are_made_for_a_tenth_of_the_time_at_most(shop: Home) -> None:
    made: list[int] = []

    def prepare(generation: Generation, as_of: Instant) -> None:
        made.append(generation.number)
        time.sleep(0.05)

    views = WarmViews(shop.asof.index, prepare, shop.clock, shop.asof.catch_up)
    views._step()
    assert set(made) == {2}
    for number in range(3):
        shop.publish(f"G-{number}", "Gifts may be returned.", "2030-01-01")
        views._step()
    assert set(made) == {2}  # it rests, and the generations between are left out
    time.sleep(RESTS * 0.05 * 2.5)
    views._step()
    assert set(made) == {2, 5}


def test_rests_grow_while_generations_follow_each_other_and_shrink_when_they_stop(shop: Home) -> None:
    made: list[float] = []

    def prepare(generation: Generation, as_of: Instant) -> None:
        made.append(time.monotonic())
        time.sleep(0.002)

    def next_made() -> float:
        """Seconds from the views made last until the next ones are made, with a generation between."""
        shop.publish("P-8", f"Gifts {len(made)}.", "2030-01-01")
        before = made[-1]
        while made[-1] == before:
            views._step()
        return made[-1] - before

    views = WarmViews(shop.asof.index, prepare, shop.clock, shop.asof.catch_up)
    views._step()
    next_made()
    next_made()
    assert next_made() > 2 * RESTS * 0.002
    time.sleep(4 * RESTS * 0.05)
    views._step()
    views._step()  # nothing was published meanwhile
    next_made()
    assert views._rests == RESTS


def test_what_cannot_be_opened_is_said_once_and_tried_again(shop: Home, caplog: pytest.LogCaptureFixture) -> None:
    manifest = shop.path / "index" / "manifest.json"
    whole, broken = shop.path / "whole", shop.path / "broken"
    whole.write_text(manifest.read_text())
    broken.write_text("{")
    views = WarmViews(shop.asof.index, shop.asof.retriever.prepare, shop.clock, shop.asof.catch_up)
    with caplog.at_level(logging.WARNING), views:
        broken.replace(manifest)  # at once, as a writer does: never half of it is seen
        time.sleep(0.2)
        whole.replace(manifest)
        deadline = time.monotonic() + 10
        while not ready(shop, "2025-01-01T12:00:00Z") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ready(shop, "2025-01-01T12:00:00Z")
        assert len([record for record in caplog.records if "cannot be made" in record.message]) == 1
        broken.write_text("{")
        broken.replace(manifest)
        time.sleep(0.2)
    assert len([record for record in caplog.records if "cannot be made" in record.message]) == 2  # it came again
