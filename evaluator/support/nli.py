"""A natural language inference model as judge of support: a CrossEncoder with an entailment label."""

from collections.abc import Sequence
from typing import Any

from evaluator.support.governed_texts import Context, GovernedTexts
from evaluator.support.lexical.alignment import Alignment, Claim, Evidence
from evaluator.support.lexical.score import DEFAULT_THRESHOLDS, Support, Thresholds
from evaluator.support.support_finding import Place, SupportFinding
from indexer.errors import ModelUnavailable

ENTAILMENT = "entailment"


class NliScorer:
    """The larger of two probabilities of entailment: from the sentence with most of the claim, or from a whole text.

    Such models read a few hundred tokens. The sentence is found by its words, in evidence of any length. Evidence that
    other words govern is read a sentence at a time, each after these words.
    """

    def __init__(self, name: str, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> None:
        self._model, self._place = _load(name)
        self._thresholds = thresholds

    def support(self, claim: str, evidence: Sequence[str], context: Context = ()) -> Support:
        governed = GovernedTexts.of(evidence, context)
        texts = governed.texts
        premises = [Place(at, 0, len(text)) for at, text in enumerate(texts) if text.strip()]
        if (best := _best_sentence(claim, texts)) is not None:
            premises.insert(0, best)
        if not premises:
            finding = SupportFinding("no evidence", 0, len(claim), None, "there is no evidence to read", against=True)
            return Support(0.0, "FAIL", (finding,))
        scores = [self._entailed(texts[place.text][place.start : place.end], claim) for place in premises]
        score = max(scores)
        place = governed.place(premises[scores.index(score)])
        verdict = self._thresholds.verdict(score)
        detail = f"entailed by this text with probability {score:.3f}"
        return Support(score, verdict, (SupportFinding("entailment", 0, len(claim), place, detail, verdict != "PASS"),))

    def _entailed(self, premise: str, claim: str) -> float:
        """The probability of entailment, by softmax over the labels. Each pair runs alone, so others do not matter."""
        import numpy as np

        logits = np.asarray(self._model.predict([(premise, claim)], show_progress_bar=False)[0], dtype=np.float64)
        weights = np.exp(logits - logits.max())
        return float(weights[self._place] / weights.sum())


def _best_sentence(claim: str, evidence: Sequence[str]) -> Place | None:
    aligned = Alignment.of(Claim.of(claim), Evidence.of(evidence))
    return aligned.evidence.sentence_place(aligned.best) if aligned.best else None


def _load(name: str) -> tuple[Any, int]:
    """The model and the place of its entailment label; ModelUnavailable says why there is none."""
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model = CrossEncoder(name, activation_fn=Identity())
    except (ImportError, OSError, RuntimeError, SafetensorError, ValueError) as error:
        raise ModelUnavailable(
            f"The model {name!r} cannot be loaded: {error}. Give the name or folder of a CrossEncoder trained for NLI"
        ) from error
    labels = {str(label).lower(): int(place) for place, label in model.config.id2label.items()}
    if ENTAILMENT not in labels:
        raise ModelUnavailable(
            f"The model {name!r} has the labels {', '.join(sorted(labels))}, and none is {ENTAILMENT!r}. "
            "Give a CrossEncoder trained for natural language inference"
        )
    return model, labels[ENTAILMENT]
