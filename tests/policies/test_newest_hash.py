"""The newest hash without the ledger."""

from collections.abc import Callable
from pathlib import Path

from policies.change import Publish
from policies.event import GENESIS, Event
from policies.ledger import Ledger
from policies.newest_hash import newest_hash
from policies.revision import Draft


def test_it_is_the_ledgers_head(
    home: Path, ledger: Ledger, draft: Callable[..., Draft], record: Callable[..., list[Event]]
) -> None:
    assert newest_hash(home) == GENESIS == ledger.head()[2]
    record(ledger, Publish(draft("Seven days.", "2024-01-01")))
    assert newest_hash(home) == ledger.head()[2] != GENESIS


def test_there_is_none_where_no_ledger_can_be_read(tmp_path: Path) -> None:
    assert newest_hash(tmp_path) is None
    (tmp_path / "ledger.db").write_text("no database, " * 100)
    assert newest_hash(tmp_path) is None
