import json
from pathlib import Path

import pytest

from evaluator.errors import BadFile
from evaluator.models.reply import Reply
from evaluator.positions.calls import CallStore

REPLY = Reply("red [1]", "stop", "m", (10, 2))


def test_what_was_answered_is_there_when_the_store_is_opened_again(tmp_path: Path) -> None:
    with CallStore.opened(tmp_path) as store:
        store.ask("a")
        store.keep("a", REPLY)
        store.keep("b", Reply("", None))
    with CallStore.opened(tmp_path) as store:
        assert (store.reply("a"), store.reply("b"), store.reply("c")) == (REPLY, Reply(""), None)
        assert "a" in store
        assert len(store) == 2


def test_how_an_endpoint_had_to_be_asked_is_kept_with_its_answers(tmp_path: Path) -> None:
    with CallStore.opened(tmp_path) as store:
        assert store.stepped_down == []
        store.keep("a", Reply("red", stepped_down=("temperature left out", "seed left out")))
        store.keep("b", Reply("red", stepped_down=("seed left out",)))
    with CallStore.opened(tmp_path) as store:
        assert store.stepped_down == ["seed left out", "temperature left out"]


def test_an_answer_is_in_the_file_before_anything_else_happens(tmp_path: Path) -> None:
    with CallStore.opened(tmp_path) as store:
        store.keep("a", REPLY)
        assert json.loads(store.path.read_bytes())["answer"] == "red [1]"


@pytest.mark.parametrize("cut", [1, 20, 80])
def test_a_last_line_that_was_cut_off_is_taken_away_and_the_next_line_is_whole(tmp_path: Path, cut: int) -> None:
    with CallStore.opened(tmp_path) as store:
        store.keep("a", REPLY)
        store.keep("b", REPLY)
    path = tmp_path / "calls.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with CallStore.opened(tmp_path) as store:
        assert "a" in store
        assert "b" not in store
        store.keep("c", REPLY)
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == ["a", "c"]


def test_calls_that_were_on_their_way_at_a_crash_are_known(tmp_path: Path) -> None:
    with CallStore.opened(tmp_path) as store:
        for key in "abc":
            store.ask(key)
        store.keep("a", REPLY)
        store.fail("c")
    with CallStore.opened(tmp_path) as store:
        assert store.in_flight == {"b"}
        assert store.failed == {"c"}


def test_a_damaged_line_in_the_middle_is_refused_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text('{"asked": "a"}\n{"key": "a", "ans\n{"asked": "b"}\n')
    with pytest.raises(BadFile, match=r"calls\.jsonl, line 2, is damaged"), CallStore.opened(tmp_path):
        pass


def test_two_sweeps_cannot_have_one_folder_at_the_same_time(tmp_path: Path) -> None:
    with (
        CallStore.opened(tmp_path),
        pytest.raises(BadFile, match="in use by another sweep"),
        CallStore.opened(tmp_path),
    ):
        pass
