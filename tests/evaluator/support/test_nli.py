"""The NLI scorer by a real CrossEncoder, small and with random weights: its probabilities are those of the library."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evaluator.support.nli import NliScorer
from evaluator.support.support_finding import Place
from indexer.encoding.onnx_graph import model_folder
from indexer.errors import ModelUnavailable

pytestmark = pytest.mark.filterwarnings("ignore")

LABELS = ("contradiction", "entailment", "neutral")


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a cross encoder with these labels in a folder."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(model_folder())

    def made(*labels: str) -> Path:
        torch.manual_seed(7)
        config = transformers.BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            id2label=dict(enumerate(labels)),
            label2id={label: at for at, label in enumerate(labels)},
            initializer_range=0.5,
        )
        folder = tmp_path_factory.mktemp("nli")
        transformers.BertForSequenceClassification(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return made


def test_the_score_is_the_greatest_probability_of_entailment(make: Callable[..., Path]) -> None:
    from sentence_transformers import CrossEncoder

    folder = make(*LABELS)
    texts = ["Items ship. Shoes are free.", "Hats cost $5."]
    found = NliScorer(str(folder)).support("Shoes are free", texts)
    logits = CrossEncoder(str(folder)).predict(
        [(text, "Shoes are free") for text in ("Shoes are free.", *texts)], apply_softmax=True
    )
    assert found.score == pytest.approx(float(np.max(logits[:, 1])), abs=1e-6)
    assert found.reasons[0].place is not None


def test_without_evidence_nothing_is_entailed(make: Callable[..., Path]) -> None:
    assert NliScorer(str(make(*LABELS))).support("Shoes are free", [""]).verdict == "FAIL"


def test_a_model_without_entailment_is_refused(make: Callable[..., Path]) -> None:
    with pytest.raises(ModelUnavailable, match="none is 'entailment'"):
        NliScorer(str(make("no", "yes")))


def test_a_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        NliScorer("/no/such/folder")


def test_a_governed_text_is_read_behind_what_governs_it(make: Callable[..., Path]) -> None:
    scorer, claim, whole = NliScorer(str(make(*LABELS))), "A ladder is lent.", "Members must not lend: a ladder"
    found = scorer.support(claim, ["- a ladder"], [["Members must not lend:"]])
    assert found.score == scorer.support(claim, [whole]).score
    assert found.reasons[0].place == Place(0, 2, 10)
