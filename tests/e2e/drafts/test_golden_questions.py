"""asof serve --cases: a file that is checked before the service starts, and asked by each of its workers."""

import json
from pathlib import Path

from tests.e2e.command import Run
from tests.e2e.serving import served

LINE = {"id": "days", "query": "How long may damaged items be returned?", "policy_id": "P-7", "revision": 1}


def authored(path: Path, days: int, effective: str) -> Path:
    front = f"policy: P-7\ntitle: Damaged items\neffective: {effective}\n"
    path.write_text(f"---\n{front}---\nDamaged items may be returned within {days} days.\n")
    return path


def test_workers_ask_the_questions_of_a_file_that_the_command_names_from_its_folder(
    run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    home, golden = tmp_path / "home", tmp_path / "golden.jsonl"
    golden.write_text(json.dumps({**LINE, "gold_text": "within 7 days"}))
    run("publish", authored(tmp_path / "seven.md", 7, "2024-01-01"), "--home", home)
    kept = run(
        *("draft", authored(tmp_path / "thirty.md", 30, "2025-01-01"), "--author", "Bo Chen", "--json"), "--home", home
    )
    [draft] = json.loads(kept.stdout)["drafts"]
    with served(home, environment, "--cases", str(golden), "--workers", "2") as service:
        assert "1 golden question" in service.text()
        page = service.client.get(f"/drafts/{draft['id']}")
        assert f'href="/drafts/{draft["id"]}/questions"' in page.text
        assert "<li>1 lost</li>" in service.client.get(f"/drafts/{draft['id']}/questions").text


def test_a_service_does_not_start_with_questions_that_cannot_be_asked(run: Run, tmp_path: Path) -> None:
    home, golden = tmp_path / "home", tmp_path / "golden.jsonl"
    run("publish", authored(tmp_path / "seven.md", 7, "2024-01-01"), "--home", home)
    golden.write_text(f"{json.dumps({**LINE, 'gold_text': 'within 7 days'})}\n{json.dumps({**LINE, 'id': 'b'})}\n")
    refused = run("serve", "--cases", golden, "--home", home, "--port", "0", exits=1)
    assert f"{golden}, line 2: gold_text is missing" in refused.stderr
    refused = run("serve", "--cases", tmp_path / "none.jsonl", "--home", home, "--port", "0", exits=1)
    assert "none.jsonl cannot be read: No such file or directory" in refused.stderr
