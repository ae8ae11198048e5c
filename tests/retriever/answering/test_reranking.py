"""Re-ranking by a real CrossEncoder, small and with random weights, so that its order is like no other."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexer.encoding.onnx_graph import model_folder
from indexer.errors import ModelUnavailable
from indexer.text.passage import Passage
from retriever.answering.reranking import RERANKED, CrossEncoderReranker, paired
from tests.retriever.homes import Home

DAMAGED = "Are damaged items eligible for a return?"
TEXTS = [
    "Damaged items within 30 days are eligible.",
    "Returns\nThe carrier pays for whatever it loses or breaks on the way. " * 40,
    "Gift cards cannot be returned.",
    "",
    "Café, naïve, straße — “quoted” … 🙂🚀",
    "refund",
]

loads_torch = pytest.mark.filterwarnings("ignore")

Make = Callable[..., Path]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a cross encoder with the weights that a seed gives, and with the default model's tokenizer, in a folder."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(model_folder())

    def made(seed: int, labels: int = 1, *, headless: bool = False, constant: bool = False) -> Path:
        torch.manual_seed(seed)
        config = transformers.BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            num_labels=labels,
            initializer_range=0.5,
        )
        model = (transformers.BertModel if headless else transformers.BertForSequenceClassification)(config)
        if constant:
            torch.nn.init.zeros_(model.classifier.weight)
        folder = tmp_path_factory.mktemp("reranker")
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return made


@pytest.fixture(scope="module")
def first(make: Make) -> Path:
    return make(1)


@pytest.fixture
def shop(home: Home) -> Home:
    """Four passages that answer a question about damaged items, better or worse."""
    home.clock.set("2024-12-01")
    home.publish("P-7", "# Damaged items\n\nDamaged items within 7 days are eligible.", "2024-01-01", title="Returns")
    home.publish("P-2", "Refunds go to the original payment method.\n\nShipping is not refunded.", "2024-01-01")
    home.publish("P-3", "Gift cards cannot be returned.", "2024-01-01")
    return home


def reopened(home: Home, reranker: Path | None) -> Home:
    """The same home, as a process that starts now with this re-ranker has it."""
    home.asof = home.open()
    home.asof.settings = replace(home.asof.settings, reranker=None if reranker is None else str(reranker))
    return home


def citations(content: dict[str, Any]) -> list[str]:
    return [item["citation"] for item in content["evidence"]]


def test_a_cross_encoder_reads_title_other_headings_and_what_is_encoded() -> None:
    passage = Passage("Returns", ("Returns", "Europe", "Damaged items"), ("You may return:",), "cups")
    assert paired(passage) == "Returns\nEurope > Damaged items\nYou may return:\ncups"
    assert paired(Passage("Returns", ("Returns",), (), "cups")) == "Returns\ncups"
    assert paired(Passage("Returns", ("x" * 200,), (), "cups")) == f"Returns\n{'x' * 160}\ncups"


@loads_torch
class TestOrder:
    """Fused first, then by the cross encoder."""

    def test_order_is_that_of_the_cross_encoders_own_scores(self, shop: Home, first: Path) -> None:
        from sentence_transformers import CrossEncoder

        read = {
            "P-7@1#1": "Returns\nDamaged items\nDamaged items within 7 days are eligible.",
            "P-2@1#1": "Title of P-2\nRefunds go to the original payment method.",
            "P-2@1#2": "Title of P-2\nShipping is not refunded.",
            "P-3@1#1": "Title of P-3\nGift cards cannot be returned.",
        }
        predicted = CrossEncoder(str(first)).predict([(DAMAGED, text) for text in read.values()])
        expected = dict(zip(read, predicted.tolist(), strict=True))
        evidence = reopened(shop, first).ask(DAMAGED)["evidence"]
        assert [item["citation"] for item in evidence] == sorted(read, key=lambda citation: -expected[citation])
        assert [item["rank"] for item in evidence] == [1, 2, 3, 4]
        for item in evidence:
            assert item["scores"]["rerank"] == pytest.approx(expected[item["citation"]], abs=1e-5)

    def test_equal_scores_keep_the_fused_order(self, shop: Home, make: Make) -> None:
        plain = shop.ask(DAMAGED)
        same = reopened(shop, make(1, constant=True)).ask(DAMAGED)
        assert len({item["scores"]["rerank"] for item in same["evidence"]}) == 1
        assert citations(same) == citations(plain)
        assert [item["rank"] for item in same["evidence"]] == [1, 2, 3, 4]

    def test_the_best_fifty_are_scored_and_more_only_where_more_are_asked_for(self, home: Home, first: Path) -> None:
        for number in range(RERANKED + 5):
            home.publish(f"P-{number}", f"Rule {number}: damaged items, {'again ' * (number % 7)}.", "2024-01-01")
        fused = citations(home.ask(DAMAGED, k=RERANKED + 5))
        assert len(fused) == RERANKED + 5
        every = reopened(home, first).ask(DAMAGED, k=RERANKED + 5)
        reread = {item["citation"]: item["scores"]["rerank"] for item in every["evidence"]}
        assert set(reread) == set(fused)
        assert list(reread.values()) == sorted(reread.values(), reverse=True)
        among = sorted(fused[:RERANKED], key=lambda citation: -reread[citation])
        for k in (1, 5, RERANKED):
            assert citations(home.ask(DAMAGED, k=k)) == among[:k]
        assert among[:5] != fused[:5]

    def test_a_budget_of_tokens_keeps_the_best_by_the_new_order(self, shop: Home, first: Path) -> None:
        every = reopened(shop, first).ask(DAMAGED)
        best = shop.ask(DAMAGED, k=1)
        assert best["evidence"] == every["evidence"][:1]
        assert shop.ask(DAMAGED, max_tokens=best["tokens"])["evidence"][:1] == every["evidence"][:1]

    def test_no_evidence_stays_none(self, shop: Home, first: Path) -> None:
        assert reopened(shop, first).ask(DAMAGED, as_of="2020-01-01")["abstained"]["reason"] == "no_policy_in_force"

    def test_a_question_that_nothing_is_near_to_is_not_answered_either(self, shop: Home, first: Path) -> None:
        asked = {"query": "How tall is the Eiffel tower?", "k": 1}
        plain, reranked = shop.ask(**asked), reopened(shop, first).ask(**asked)
        assert reranked["abstained"]["reason"] == "below_threshold"
        assert reranked["abstained"] == plain["abstained"]


@loads_torch
class TestWhatTheReceiptSays:
    """Which model ordered an answer."""

    def test_off_by_default_and_then_answers_are_as_before_to_the_last_bit(self, shop: Home, first: Path) -> None:
        plain = shop.ask(DAMAGED)
        assert shop.asof.settings.reranker is shop.asof.reranker is None
        assert {tuple(item["scores"]) for item in plain["evidence"]} == {("dense", "bm25", "fused")}
        reranked = reopened(shop, first).ask(DAMAGED)
        assert {tuple(item["scores"]) for item in reranked["evidence"]} == {("dense", "bm25", "fused", "rerank")}
        fused = {item["citation"]: item["scores"] for item in plain["evidence"]}
        for item in reranked["evidence"]:
            assert {**item["scores"], **fused[item["citation"]]} == item["scores"]
        assert reopened(shop, None).ask(DAMAGED) == plain

    def test_pipeline_tells_with_from_without_and_one_model_from_another(
        self, shop: Home, first: Path, make: Make
    ) -> None:
        answers = [shop.ask(DAMAGED), *(reopened(shop, folder).ask(DAMAGED) for folder in (first, make(2)))]
        assert len({answer["receipt"]["pipeline"] for answer in answers}) == 3
        assert len({answer["receipt"]["id"] for answer in answers}) == 3
        assert answers[1]["receipt"]["request"] == answers[0]["receipt"]["request"]

    def test_the_same_model_in_another_folder_gives_the_same_receipt(self, shop: Home, first: Path, make: Make) -> None:
        assert reopened(shop, make(1)).ask(DAMAGED) == reopened(shop, first).ask(DAMAGED)

    def test_how_much_the_tokenizer_lets_through_counts(self, first: Path, make: Make) -> None:
        shorter = make(1)
        settings = json.loads((shorter / "tokenizer_config.json").read_text())
        (shorter / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 16}))
        assert CrossEncoderReranker(str(shorter)).digest != CrossEncoderReranker(str(first)).digest


@loads_torch
class TestScores:
    """A score is of its pair alone."""

    def test_scores_are_the_same_in_any_order_and_company_bit_for_bit(self, first: Path) -> None:
        reranker = CrossEncoderReranker(str(first))
        together = reranker.scores(DAMAGED, TEXTS)
        assert (together.shape, together.dtype) == ((6,), np.float64)
        assert len(set(together.tolist())) == 6
        assert reranker.scores(DAMAGED, TEXTS[::-1]).tobytes() == together[::-1].tobytes()
        alone = np.concatenate([reranker.scores(DAMAGED, [text]) for text in TEXTS])
        assert alone.tobytes() == together.tobytes()

    @pytest.mark.parametrize("threads", [1, 2, 7])
    def test_scores_asked_for_by_many_threads_are_those_of_one(self, first: Path, threads: int) -> None:
        expected = CrossEncoderReranker(str(first), 1).scores(DAMAGED, TEXTS)
        shared = CrossEncoderReranker(str(first), threads)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: shared.scores(DAMAGED, TEXTS * 2), range(8)))
        assert [scores.tobytes() for scores in found] == [expected.tobytes() * 2] * 8

    def test_how_many_cores_the_asking_thread_may_use_does_not_count(self, first: Path) -> None:
        import torch

        reranker = CrossEncoderReranker(str(first))
        found = set()
        cores = torch.get_num_threads()
        try:
            for number in (1, 2, 3):
                torch.set_num_threads(number)
                found |= {reranker.scores(DAMAGED, TEXTS).tobytes()}
                found |= {CrossEncoderReranker(str(first)).scores(DAMAGED, TEXTS).tobytes()}
                assert torch.get_num_threads() == number
        finally:
            torch.set_num_threads(cores)
        assert len(found) == 1

    def test_no_texts_have_no_scores(self, first: Path) -> None:
        assert CrossEncoderReranker(str(first)).scores(DAMAGED, []).shape == (0,)

    def test_a_reranker_names_what_made_it(self, first: Path) -> None:
        reranker = CrossEncoderReranker(str(first))
        assert reranker.name == str(first)
        assert len(reranker.digest) == 64
        assert reranker.precision.startswith("float32-torch-")


@loads_torch
class TestWhatIsRefused:
    """A model that cannot score a pair, by name and with what to give instead."""

    def test_a_folder_that_is_not_there_is_refused_before_any_answer(self, shop: Home, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match=r"/absent' cannot be loaded.*Give the name or folder"):
            reopened(shop, tmp_path / "absent").ask(DAMAGED)

    def test_weights_that_are_damaged_are_refused(self, make: Make) -> None:
        folder = make(1)
        (folder / "model.safetensors").write_bytes(b"no weights")
        with pytest.raises(ModelUnavailable, match="cannot be loaded"):
            CrossEncoderReranker(str(folder))

    def test_more_than_one_label_is_refused(self, make: Make) -> None:
        with pytest.raises(ModelUnavailable, match="has 3 labels, and an order needs one score"):
            CrossEncoderReranker(str(make(1, labels=3)))

    def test_a_model_whose_last_layer_would_be_random_is_refused(self, make: Make) -> None:
        for folder in (model_folder(), make(1, headless=True)):
            with pytest.raises(ModelUnavailable, match="it is not a CrossEncoder"):
                CrossEncoderReranker(str(folder))


def test_naming_no_reranker_never_imports_torch() -> None:
    code = (
        "import sys; import retriever.answering.pipeline, retriever.answering.reranking; "
        "print({'torch', 'sentence_transformers', 'transformers'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "set()\n", "")
