"""The commands as people and scripts call them."""

import gzip
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Run
from tests.root import ROOT

HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x9b2J \u202eesrever\r"
"""Colours, a window title, clearing the screen (as one C1 character), right-to-left override, carriage return."""
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def authored(policy: str, body: str, effective: str = "2024-01-01", **fields: str) -> str:
    front = {"policy": policy, "title": f"Title of {policy}", "effective": effective, **fields}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in front.items()) + f"---\n{body}\n"


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """P-7@1 (7 days), P-7@2 (30 days from 2025-03-01) and P-2@1, whose words are hostile to terminals."""
    folder = tmp_path_factory.mktemp("commands")
    files = {
        "one.md": authored("P-7", "# Damaged items\n\nDamaged items within 7 days are eligible."),
        "two.md": authored("P-7", "# Damaged items\n\nDamaged items within 30 days are eligible.", "2025-03-01"),
        "hostile.md": authored("P-2", f"# Head {HOSTILE}\n\nRefunds {HOSTILE} go back."),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    printed = run("publish", *(folder / name for name in files), "--home", folder / "home").stdout
    assert printed.splitlines() == [
        "publish   P-7@1  from 2024-01-01 on",
        "publish   P-7@2  from 2025-03-01 on",
        "publish   P-2@1  from 2024-01-01 on",
        "Recorded as transactions 1 to 3.",
    ]
    return folder / "home"


def recorded(home: Path) -> dict[str, Any]:
    """What the home folder holds: the ledger row by row, and the index's files byte by byte."""
    if not home.exists():
        return {}
    with sqlite3.connect(home / "ledger.db") as db:
        rows = {table: db.execute(f"select * from {table} order by 1, 2").fetchall() for table in ("events", "words")}
    db.close()
    return {**rows, "index": {path.name: path.read_bytes() for path in sorted((home / "index").iterdir())}}


class TestReading:
    """retrieve, cite, show, history, policies, status."""

    def test_retrieve_prints_passages_with_citations_and_periods(self, run: Run, home: Path) -> None:
        printed = run("retrieve", "damaged items", "--as-of", "2025-02-01", "--policy", "P-7", "--home", home).stdout
        assert printed.splitlines() == [
            "[P-7@1#1]  Damaged items  in force from 2024-01-01 through 2025-02-28",
            "    Damaged items within 7 days are eligible.",
        ]

    def test_retrieve_prints_words_as_they_are_read_with_what_governs_them(self, run: Run, tmp_path: Path) -> None:
        listed = "Staff must never accept:\n\n- opened **cosmetics**\n- gift cards\n\nunless asked.\n"
        (tmp_path / "P-5.md").write_text(f"---\npolicy: P-5\ntitle: Counter\neffective: 2024-01-01\n---\n{listed}")
        run("publish", tmp_path / "P-5.md", "--home", tmp_path / "home")
        asked = ("retrieve", "Are gift cards accepted?", "-k", 1, "--home", tmp_path / "home")
        assert run(*asked).stdout.splitlines() == [
            "[P-5@1#1-4]  Counter  in force from 2024-01-01 on",
            "    Staff must never accept:",
            "    - opened cosmetics",
            "    - gift cards",
            "    unless asked.",
        ]
        one = ["[P-5@1#3]  Counter  in force from 2024-01-01 on", "    introduced by: Staff must never accept:"]
        one += ["    - gift cards", "    closed by: unless asked."]
        assert run(*asked, "--block-tokens", 1).stdout.splitlines() == one
        assert run(*asked, env={"ASOF_BLOCK_TOKENS": "1"}).stdout.splitlines() == one

    def test_retrieve_that_abstains_succeeds_and_says_why(self, run: Run, home: Path) -> None:
        printed = run("retrieve", "damaged", "--as-of", "2023-01-01", "--policy", "P-7", "--home", home).stdout
        assert "no_policy_in_force" in printed
        assert "2024-01-01" in printed

    def test_retrieve_gives_the_json_of_the_design(self, run: Run, home: Path) -> None:
        options = (
            "--as-of",
            "2025-04-01",
            "--fact",
            "region=US",
            "-k",
            1,
            "--max-tokens",
            50,
            "--json",
            "--home",
            home,
        )
        answer = json.loads(run("retrieve", "damaged items", *options).stdout)
        assert answer.keys() == {"receipt", "evidence", "abstained", "tokens"}
        assert answer["receipt"].keys() == {"id", "generation", "pipeline", "evidence_digest", "request"}
        request = answer["receipt"]["request"]
        assert (request["as_of"], request["facts"]) == ("2025-04-01T00:00:00Z", {"region": "US"})
        assert (request["k"], request["max_tokens"]) == (1, 50)
        assert [item["citation"] for item in answer["evidence"]] == ["P-7@2#1"]

    def test_retrieve_from_a_file_answers_every_line_in_order_and_lines_win(
        self, run: Run, home: Path, tmp_path: Path
    ) -> None:
        lines = [
            {"id": "b", "query": "damaged items", "as_of": "2025-02-01", "policy_id": "P-2"},
            {"query": "damaged items"},
            {"id": 7, "query": "damaged items", "policies": ["P-404"], "k": 3},
        ]
        file = tmp_path / "questions.jsonl"
        file.write_text("\n".join(map(json.dumps, lines)) + "\n")
        options = ("--as-of", "2025-04-01", "--policy", "P-7", "-k", 1, "--json", "--home", home)
        answers = [json.loads(line) for line in run("retrieve", "--from-file", file, *options).stdout.splitlines()]
        assert [answer.get("id") for answer in answers] == ["b", None, 7]
        cited = [[item["citation"] for item in answer["evidence"]] for answer in answers]
        assert cited == [["P-7@1#1"], ["P-7@2#1"], []]
        assert answers[2]["abstained"]["reason"] == "unknown_policy"

    def test_retrieve_refuses_a_file_with_a_bad_line_before_it_answers_any(
        self, run: Run, home: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "questions.jsonl"
        file.write_text('{"query": "a"}\n{"query": "b", "k": 0}\n')
        refused = run("retrieve", "--from-file", file, "--json", "--home", home, exits=1)
        assert refused.stdout == ""
        assert f"{file}, line 2: k" in refused.stderr

    def test_retrieve_with_known_at_past_what_is_recorded_is_refused(self, run: Run, home: Path) -> None:
        assert "known_at" in run("retrieve", "q", "--known-at", "2999-01-01", "--home", home, exits=1).stderr

    def test_retrieve_with_a_reranker_that_is_not_there_is_refused_and_the_option_wins(
        self, run: Run, home: Path
    ) -> None:
        named = {"ASOF_RERANKER": "/no/such/setting"}
        asked = ("retrieve", "damaged items", "--policy", "P-7", "--home", home, "--reranker")
        refused = run(*asked, "/no/such/reranker", exits=1, env=named)
        assert "'/no/such/reranker' cannot be loaded" in refused.stderr
        assert "/no/such/setting" not in refused.stderr
        assert "P-7@" in run(*asked, "", env=named).stdout

    @pytest.mark.parametrize(
        ("arguments", "heavy"),
        [
            (["retrieve", "damaged items"], {"torch", "transformers", "sentence_transformers", "fastapi", "onnx"}),
            (
                ["restrict", "P-7@1", "--audience", "public"],  # no new words, so nothing of the model
                {"torch", "onnxruntime", "tokenizers", "faiss", "rapidfuzz", "fastapi"},
            ),
        ],
    )
    def test_command_loads_nothing_that_it_does_not_need(
        self, home: Path, environment: dict[str, str], arguments: list[str], heavy: set[str]
    ) -> None:
        code = (
            "import sys\n"
            f"sys.argv = ['asof', *{arguments!r}, '--home', {str(home)!r}]\n"
            "from retriever.entrypoints.cli import main\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
            f"heavy = {heavy!r} & set(sys.modules)\n"
            "assert not heavy, heavy\n"
        )
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "P-7@" in done.stdout

    def test_cite_exits_0_where_the_citation_holds(self, run: Run, home: Path) -> None:
        held = run("cite", "P-7@2#1", "--quote", "within 30 days", "--as-of", "2025-04-01", "--home", home)
        assert held.stdout.startswith("SUPPORTED  P-7@2#1\n")

    def test_cite_exits_1_where_it_is_stale_and_says_what_is_in_force(self, run: Run, home: Path) -> None:
        stale = ("cite", "P-7@1#1", "--quote", "within 7 days", "--as-of", "2025-04-01", "--json", "--home", home)
        check = json.loads(run(*stale, exits=1).stdout)
        assert (check["verdict"], check["reason"]) == ("not_supported", "not_in_force")
        assert check["checks"] == {"exists": True, "in_force": False, "quote": True}
        assert check["in_force_instead"]["citation"] == "P-7@2#1"

    def test_cite_prints_what_governs_the_passage(self, run: Run, tmp_path: Path) -> None:
        file, home = tmp_path / "t.md", tmp_path / "home"
        rule = "# Shed\n\nMembers must not lend:\n\n- a ladder\n- any saw\n"
        file.write_text(f"---\npolicy: T-1\ntitle: Shed\neffective: 2025-01-01\n---\n{rule}")
        run("publish", file, "--home", home)
        held = run("cite", "T-1@1#3", "--as-of", "2025-02-01", "--home", home)
        assert held.stdout.endswith("\nT-1@1#3 is governed by\n  lead_in: Members must not lend:\n")
        whole = run("cite", "T-1@1#1-3", "--as-of", "2025-02-01", "--home", home)
        assert "governed" not in whole.stdout

    def test_cite_exits_3_where_the_words_were_erased(self, run: Run, tmp_path: Path) -> None:
        file, home = tmp_path / "p.md", tmp_path / "home"
        file.write_text(authored("P-6", "Secret words."))
        run("publish", file, "--home", home)
        run("erase", "P-6@1", "--yes", "--reason", "court order", "--home", home)
        erased = run("cite", "P-6@1#1", "--as-of", "2025-01-01", "--home", home, exits=3)
        assert erased.stdout.startswith("CANNOT TELL  P-6@1#1\n")

    def test_cite_refuses_what_is_no_citation(self, run: Run, home: Path) -> None:
        assert "'P-7' is not a citation" in run("cite", "P-7", "--home", home, exits=2).stderr

    def test_show_prints_the_words_in_force(self, run: Run, home: Path) -> None:
        printed = run("show", "P-7", "--as-of", "2025-02-01", "--home", home).stdout
        assert printed.startswith("P-7@1  Title of P-7  (in force from 2024-01-01 through 2025-02-28; recorded ")
        assert "Damaged items within 7 days are eligible." in printed
        shown = json.loads(run("show", "P-7@2", "--json", "--home", home).stdout)
        assert (shown["version"], len(shown["passages"])) == ("P-7@2", 1)

    def test_show_of_nothing_is_refused_and_names_it(self, run: Run, home: Path) -> None:
        assert "P-404" in run("show", "P-404", "--home", home, exits=1).stderr

    def test_history_has_both_clocks(self, run: Run, home: Path) -> None:
        printed = run("history", "P-7", "--home", home).stdout
        assert [line.split()[0] for line in printed.splitlines() if line.lstrip().startswith("P-7@")] == [
            "P-7@1",
            "P-7@2",
        ]
        assert "publish P-7@1" in printed
        periods = json.loads(run("history", "P-7", "--json", "--home", home).stdout)["periods"]
        assert [(p["revision"], p["valid_from"], p["valid_to"], p["recorded_to"]) for p in periods] == [
            (1, "2024-01-01T00:00:00Z", "2025-03-01T00:00:00Z", None),
            (2, "2025-03-01T00:00:00Z", None, None),
        ]

    def test_policies_lists_what_is_in_force(self, run: Run, home: Path) -> None:
        listed = json.loads(run("policies", "--as-of", "2025-02-01", "--json", "--home", home).stdout)
        assert [(item["policy_id"], item["version"]) for item in listed["policies"]] == [
            ("P-2", "P-2@1"),
            ("P-7", "P-7@1"),
        ]

    def test_status_has_the_counts_at_its_top_level(self, run: Run, home: Path) -> None:
        status = json.loads(run("status", "--json", "--home", home).stdout)
        assert (status["policies"], status["revisions"], status["passages"], status["generation"]) == (2, 3, 3, 3)
        assert status["model"] == "all-MiniLM-L6-v2"
        assert status["recorded_at"].endswith("Z")
        assert "generation   3\n" in run("status", "--home", home).stdout


class TestTerminals:
    """Policy text and questions never reach a terminal as commands to it."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("retrieve", "refunds", "--policy", "P-2"),
            ("retrieve", "refunds", "--policy", "P-2", "--json"),
            ("show", "P-2"),
            ("show", "P-2", "--json"),
        ],
        ids=" ".join,
    )
    def test_escape_codes_in_words_come_out_inert(self, run: Run, home: Path, arguments: tuple[str, ...]) -> None:
        printed = run(*arguments, "--home", home).stdout
        assert "[31mred" in printed
        assert CONTROL.findall(printed) == []

    def test_words_in_json_are_those_of_the_source(self, run: Run, home: Path) -> None:
        shown = json.loads(run("show", "P-2", "--json", "--home", home).stdout)
        assert f"Refunds {HOSTILE} go back." in shown["text"]

    def test_escape_codes_in_a_questions_file_come_out_inert(self, run: Run, home: Path, tmp_path: Path) -> None:
        file = tmp_path / "questions.jsonl"
        file.write_text(json.dumps({"query": f"refunds {HOSTILE}"}) + "\n")
        printed = run("retrieve", "--from-file", file, "--home", home).stdout
        assert "[31mred" in printed
        assert CONTROL.findall(printed) == []

    def test_escape_codes_in_a_message_come_out_inert(self, run: Run, home: Path) -> None:
        assert CONTROL.findall(run("show", f"P{HOSTILE}", "--home", home, exits=1).stderr) == []


class TestWriting:
    """publish, import, withdraw, restore, index."""

    def test_publishing_the_same_file_again_changes_nothing_and_says_so(self, run: Run, home: Path) -> None:
        before = recorded(home)
        printed = run("publish", home.parent / "one.md", "--home", home).stdout
        assert "unchanged P-7@1" in printed
        assert recorded(home) == before

    def test_import_takes_in_a_history_and_a_second_time_changes_nothing(self, run: Run, tmp_path: Path) -> None:
        rows = [
            {"policy_id": "P-1", "revision": 1, "effective_from": "2024-01-01", "effective_to": "2025-01-01"},
            {"policy_id": "P-1", "revision": 2, "effective_from": "2025-01-01", "effective_to": None},
            {"policy_id": "P-2", "effective_from": "2024-01-01", "effective_to": "2024-06-01", "withdrawn": True},
        ]
        for row in rows:
            row.update(title=row["policy_id"], text=f"The same words.\n\nFrom {row['effective_from']}.", path="ignored")
        file, home = tmp_path / "rows.jsonl.gz", tmp_path / "home"
        file.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
        first = json.loads(run("import", file, "--home", home, "--json").stdout)
        assert (first["revisions"], first["policies"], first["added"], first["unchanged"]) == (3, 2, 3, 0)
        # P-1: one passage shared by both revisions and one of each; P-2: two of its own, under another title.
        assert (first["occurrences"], first["distinct"]) == (6, 5)
        before = recorded(home)
        assert "Nothing changed" in run("import", file, "--home", home).stdout
        assert recorded(home) == before
        listed = json.loads(run("policies", "--as-of", "2024-07-01", "--home", home, "--json").stdout)["policies"]
        assert [item["version"] for item in listed] == ["P-1@1", None]

    def test_withdrawn_policy_is_silent_until_it_is_restored(self, run: Run, tmp_path: Path) -> None:
        file, home = tmp_path / "p.md", tmp_path / "home"
        file.write_text(authored("P-5", "Gifts may be returned."))
        run("publish", file, "--home", home, "--author", "ann")
        withdrawn = json.loads(run("withdraw", "P-5", "--from", "2025-01-01", "--home", home, "--json").stdout)
        assert [event["kind"] for event in withdrawn["events"]] == ["withdraw"]
        asked = ("retrieve", "gifts", "--as-of", "2025-06-01", "--home", home)
        assert "withdrawn" in run(*asked).stdout
        run("restore", "P-5", "--from", "2025-02-01", "--home", home)
        assert "[P-5@1#1]" in run(*asked).stdout

    def test_rebuilt_index_answers_with_the_same_bytes(self, run: Run, home: Path) -> None:
        asked = ("retrieve", "damaged items", "--as-of", "2025-04-01", "--home", home, "--json")
        before = run(*asked).stdout
        assert json.loads(run("index", "--rebuild", "--home", home, "--json").stdout)["generation"] == 3
        assert run(*asked).stdout == before

    def test_values_of_front_matter_stay_text(self, run: Run, tmp_path: Path) -> None:
        file, home = tmp_path / "p.md", tmp_path / "home"
        text = authored("P-5", "Words.", title="1.10", owner="NO", applies_to="{region: [NO], version: 1.10}")
        file.write_text(text)
        run("publish", file, "--home", home)
        shown = json.loads(run("show", "P-5", "--home", home, "--json").stdout)
        assert (shown["title"], shown["owner"]) == ("1.10", "NO")
        assert shown["applies_to"] == {"region": ["NO"], "version": ["1.10"]}
        assert shown["text"] == text


class TestHome:
    """Where the ledger and its index lie."""

    def test_home_may_stand_before_the_command_after_it_or_in_the_environment(self, run: Run, home: Path) -> None:
        printed = {
            run("--home", home, "history", "P-7").stdout,
            run("history", "P-7", "--home", home).stdout,
            run("history", "P-7", env={"ASOF_HOME": str(home)}).stdout,
            run("--home", "nowhere", "history", "P-7", "--home", home, env={"ASOF_HOME": "elsewhere"}).stdout,
        }
        assert len(printed) == 1

    def test_home_is_a_folder_here_where_nothing_is_said(self, run: Run, tmp_path: Path) -> None:
        refused = run("status", env={"ASOF_HOME": ""}, cwd=tmp_path, exits=1)
        assert "There is no ledger in .asof" in refused.stderr
        assert list(tmp_path.iterdir()) == []

    def test_home_that_is_a_file_is_refused_by_name(self, run: Run, home: Path, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_text("")
        for arguments in (("status",), ("publish", home.parent / "one.md")):
            assert str(file) in run(*arguments, "--home", file, exits=1).stderr

    @pytest.mark.parametrize("arguments", [("publish", "--home", "", "x.md"), ("--home", "", "policies")])
    def test_an_empty_name_is_refused(self, run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        (tmp_path / "x.md").write_text("---\npolicy: X\ntitle: X\n---\nWords.\n")
        assert "was a variable not set?" in run(*arguments, cwd=tmp_path, exits=2).stderr
        assert [file.name for file in tmp_path.iterdir()] == ["x.md"]


class TestMisuse:
    """Usage errors exit 2 and change nothing."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("unknown-command",),
            ("publish",),
            ("retrieve",),
            ("retrieve", "q", "--from-file", "questions.jsonl"),
            ("retrieve", "q", "--fact", "region"),
            ("retrieve", "q", "--fact", "a=1", "--fact", "a=2"),
            ("retrieve", "q", "-k", "many"),
            ("retrieve", "q", "--prompt", "xml"),
            ("retrieve", "q", "--prompt", "plain", "--json"),
            ("retrieve", "--from-file", "questions.jsonl", "--prompt", "json"),
            ("cite",),
            ("withdraw", "P-7"),
            ("status", "--no-such-option"),
        ],
        ids=" ".join,
    )
    def test_usage_errors_exit_2(self, run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        run(*arguments, env={"ASOF_HOME": str(tmp_path / "home")}, exits=2)
        assert not (tmp_path / "home").exists()


def _file(name: str, content: str | bytes) -> Callable[[Path], list[Path]]:
    def make(folder: Path) -> list[Path]:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [path]

    return make


def _several(folder: Path) -> list[Path]:
    texts = (authored("P-8", "Good."), authored("P-9", "Bad.", "soon"), authored("P-10", "Good too."))
    paths = [folder / f"{number}.md" for number in range(3)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


def _rows(middle: str) -> bytes:
    good = '{"policy_id": "%s", "effective_from": "2024-01-01", "text": "Words."}'
    return "\n".join((good % "A-1", middle, good % "A-2", "")).encode()


GOOD = authored("P-8", "Words.")
BAD: dict[str, tuple[str, Callable[[Path], list[Path]], str]] = {
    "no front matter": ("publish", _file("p.md", "# Title\n\nWords.\n"), "p.md: has no front matter"),
    "front matter without end": (
        "publish",
        _file("p.md", "---\npolicy: P-8\nWords.\n"),
        "p.md, line 3: the front matter",
    ),
    "unknown key": ("publish", _file("p.md", authored("P-8", "W.", efective="2025-01-01")), "p.md: .*'efective'"),
    "bad date": ("publish", _file("p.md", authored("P-8", "W.", "2025-02-30")), "p.md: effective: '2025-02-30'"),
    "until before effective": (
        "publish",
        _file("p.md", authored("P-8", "W.", until="2023-01-01")),
        "p.md: until is not after effective",
    ),
    "empty body": ("publish", _file("p.md", authored("P-8", " \n\t\n")), "p.md: has no words"),
    "policy id that is a path": ("publish", _file("p.md", authored("../x", "W.")), r"p.md: policy is '\.\./x'"),
    "20 MB": ("publish", _file("p.md", GOOD.encode() + b"word " * 4_000_000), r"p.md: 20,\d{3},\d{3} bytes"),
    "invalid UTF-8": ("publish", _file("p.md", GOOD.encode() + b"caf\xe9\n"), "p.md, line 7: byte 0xe9 is not UTF-8"),
    "duplicate key": (
        "publish",
        _file("p.md", GOOD.replace("effective", "title: Again\neffective")),
        "p.md, line 4: .*'title' is given twice",
    ),
    "file that is not there": ("publish", lambda folder: [folder / "p.md"], "p.md: cannot be read"),
    "one of several files": ("publish", _several, "1.md: effective: 'soon'"),
    "import, bad JSON in the middle": ("import", _file("r.jsonl", _rows('{"policy_id": ')), "r.jsonl, line 2: .*JSON"),
    "import, bad date in the middle": (
        "import",
        _file("r.jsonl", _rows('{"policy_id": "A-3", "effective_from": "soon", "text": "W."}')),
        "r.jsonl, line 2: effective_from: 'soon'",
    ),
    "import, not UTF-8, compressed": (
        "import",
        _file("r.jsonl.gz", gzip.compress(_rows("{}").replace(b"{}", b"\xff"))),
        "r.jsonl.gz, line 2: byte 0xff is not UTF-8",
    ),
    "import, cut short": (
        "import",
        _file("r.jsonl.gz", gzip.compress(_rows(""))[:-10]),
        "r.jsonl.gz: cannot be read",
    ),
}


class TestBadInput:
    """A message with the file and the line or field, exit 1, and nothing half-written."""

    @pytest.mark.parametrize("case", BAD)
    def test_bad_input_is_named_and_nothing_is_written(self, run: Run, home: Path, tmp_path: Path, case: str) -> None:
        command, make, message = BAD[case]
        before = recorded(home)
        refused = run(command, *make(tmp_path), "--home", home, exits=1)
        assert re.search(message, refused.stderr), refused.stderr
        assert refused.stderr.startswith("asof: ")
        assert refused.stdout == ""
        assert recorded(home) == before

    def test_bad_input_makes_no_home(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "p.md"
        file.write_text("no front matter")
        run("publish", file, "--home", tmp_path / "home", exits=1)
        assert not (tmp_path / "home").exists()
