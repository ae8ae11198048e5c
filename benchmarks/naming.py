"""Questions that name their policy, by title, two words of it or id, or not: with and without what that gains."""

import numpy as np

from benchmarks._data import imported_home, json_lines, parser, questions
from benchmarks.fusion import in_force
from indexer.text.tokenizer import terms
from retriever.answering.fusion import top_fused
from retriever.answering.naming import named
from retriever.bootstrap import Asof

PLAIN_WORDS = {"github", "githubs", "github's", "of", "and", "for"}


def main() -> None:
    given = parser(__doc__).parse_args()
    with imported_home(given.data, given.home) as home:
        asof = Asof.at(home)
        generation = asof.index.current()
        hits: dict[tuple[str, str], list[bool]] = {}
        for case in json_lines(questions(given.data)):
            eligible, view = in_force(generation, case["as_of"])
            policies = [version.policy_id for version in eligible.versions]
            title = view.titles[policies.index(case["policy_id"])]
            part = " ".join([word for word in title.split() if word.lower() not in PLAIN_WORDS][:2])
            for form, text in (
                ("as it is", case["query"]),
                ("Under the TITLE:", f"Under the {title}: {case['query']}"),
                ("Under the two words of it:", f"Under the {part}: {case['query']}"),
                ("Under ID:", f"Under {case['policy_id']}: {case['query']}"),
            ):
                asked = terms(text)
                dense, lexical = view.dense(asof.encoder.encode(text)), view.bm25.get_scores(asked)
                gained = named(asked, eligible, view)
                for way, gains in (("without", None), ("with", None if gained is None else view.of_rows(gained))):
                    row = int(top_fused(dense, lexical, 1, gains=gains).rows[0])
                    version = eligible.version(view.source(row)[0])
                    right = (version.policy_id, version.number) == (case["policy_id"], case["revision"])
                    hits.setdefault((form, way), []).append(right)
    print(f"{'right revision first':<28} without   with the gain")
    for form in dict.fromkeys(form for form, _ in hits):
        print(f"{form:<28} {np.mean(hits[form, 'without']):7.3f} {np.mean(hits[form, 'with']):15.3f}")


if __name__ == "__main__":
    main()
