"""Chinese, German and English policies in one home: found by shared words, and quoted from the middle of a sentence."""

import json
from pathlib import Path

import pytest

from tests.e2e.command import Run

POLICIES = {
    "ZH-R": ("退货", "损坏的商品可在收到后四十五天内退货。已拆封的软件不可退货。运费由公司承担。"),
    "ZH-T": ("差旅", "国内出差每日餐费上限为一百八十元。乘坐飞机须经主管批准。住宿费凭发票报销。"),
    "ZH-L": ("休假", "员工每年享有十五天带薪年假。病假须提供医生证明。"),
    "DE-R": (
        "Rückgabe",
        "Beschädigte Ware kann innerhalb von 45 Tagen zurückgegeben werden. Geöffnete Software nicht.",
    ),
    "DE-T": ("Reisen", "Das Tagegeld beträgt 28 Euro. Flüge müssen vom Vorgesetzten genehmigt werden."),
    "EN-R": ("Returns", "Damaged goods may be returned within 45 days. Opened software may not be returned."),
    "EN-T": ("Travel", "The daily allowance is 28 euros. Flights need the approval of a manager."),
}


@pytest.fixture(scope="module")
def home(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("languages")
    files = []
    for policy, (title, text) in POLICIES.items():
        file = folder / f"{policy}.md"
        file.write_text(
            f"---\npolicy: {policy}\ntitle: {title}\neffective: 2024-01-01\n---\n{text}\n", encoding="utf-8"
        )
        files.append(file)
    run("publish", *files, "--home", folder / "home")
    return folder / "home"


def test_questions_of_shared_words_find_their_policy_first(run: Run, home: Path, tmp_path: Path) -> None:
    asked = {
        "软件可以退货吗": "ZH-R",
        "运费由谁承担": "ZH-R",
        "每日餐费上限": "ZH-T",
        "乘坐飞机需要批准吗": "ZH-T",
        "带薪年假几天": "ZH-L",
        "病假医生证明": "ZH-L",
        "Kann geöffnete Software zurückgegeben werden?": "DE-R",
        "Wie hoch ist das Tagegeld?": "DE-T",
        "May opened software be returned?": "EN-R",
        "What is the daily allowance?": "EN-T",
    }
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(f"{json.dumps({'query': query, 'k': 1})}\n" for query in asked), encoding="utf-8")
    answers = run("retrieve", "--from-file", file, "--json", "--home", home).stdout.splitlines()
    found = [json.loads(answer)["evidence"][0]["policy_id"] for answer in answers]
    assert dict(zip(asked, found, strict=True)) == asked


@pytest.mark.parametrize(
    ("citation", "quote"),
    [
        ("ZH-R@1#1", "四十五天内退货"),
        ("ZH-T@1#1", "餐费上限为一百八十元"),
        ("ZH-L@1#1", "带薪年假。病假"),
        ("DE-R@1#1", "innerhalb von 45 Tagen"),
        ("EN-R@1#1", "within 45 days"),
    ],
)
def test_quotations_from_the_middle_of_a_sentence_are_found(run: Run, home: Path, citation: str, quote: str) -> None:
    run("cite", citation, "--quote", quote, "--home", home)
