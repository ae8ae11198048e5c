"""What the similarity of claim and sentences by the default model would add to the support score, cross-validated."""

from dataclasses import replace

import numpy as np

from benchmarks._data import parser
from benchmarks._pairs import Pair, attribution, contrasts, vitaminc, wice
from benchmarks._support_fit import Floats, macro_f1
from benchmarks.grounding import Judged, read_all
from evaluator.support.lexical.alignment import Alignment, Claim, Evidence
from evaluator.support.lexical.score import PASS_AT
from indexer.encoding.embedding import Encoder, load_encoder

SENTENCES = 6
"""How many sentences of the evidence are encoded, those first that hold most of the claim."""


def main() -> None:
    given = parser(__doc__).parse_args()
    loaded = [vitaminc(given.data), attribution(given.data), wice(given.data)]
    judged = read_all(loaded)
    encoder, cache = load_encoder(threads=1), {}
    added = np.array([[similarity(pair, encoder, cache)] for pair in judged.cases.pairs])
    features = np.hstack([judged.cases.features, added])
    extended = replace(judged, cases=replace(judged.cases, features=features))
    for name, tried in (("without", judged), ("with", extended)):
        print(f"{name:<8}" + shown(tried))


def similarity(pair: Pair, encoder: Encoder, cache: dict[str, Floats]) -> float:
    """The greatest cosine of the claim with one of the sentences."""
    aligned = Alignment.of(Claim.of(pair.claim), Evidence.of(pair.evidence))
    best = sorted(aligned.covered, key=lambda number: (-aligned.covered[number], number))[:SENTENCES]
    places = [aligned.evidence.sentence_place(aligned.evidence.sentence(number)) for number in best]
    texts = [pair.evidence[place.text][place.start : place.end] for place in places]
    for text in (pair.claim, *texts):
        if text not in cache:
            cache[text] = encoder.encode(text).astype(np.float64)
    return max((float(cache[pair.claim] @ cache[text]) for text in texts), default=0.0)


def shown(judged: Judged) -> str:
    scores, passed = judged.held_out()
    gaps = np.array([scores[yes] - scores[no] for yes, no in contrasts(judged.cases.pairs[: judged.cases.vitaminc])])
    right = np.where(np.abs(gaps) < 1e-9, 0.5, gaps > 0).mean()
    truth = judged.cases.supported()
    parts = [f"VitaminC ranked right {right:.4f}"]
    for name, of in zip(("VitaminC", "AttributionBench", "WiCE"), judged.sets, strict=True):
        one, own = macro_f1(truth[of], scores[of] >= PASS_AT), macro_f1(truth[of], passed[of])
        parts.append(f"{name} macro-F1 {own:.3f}, default threshold {one:.3f}")
    return "   ".join(parts)


if __name__ == "__main__":
    main()
