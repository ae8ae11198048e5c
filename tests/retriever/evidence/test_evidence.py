"""Evidence as JSON, and the digests over it."""

import hashlib
from dataclasses import replace

from policies.instant import FOREVER, parse_instant
from policies.period import Period
from policies.revision import VersionId
from retriever.evidence.evidence import Evidence, GovernedBy, Scores, evidence_digest, receipt_id

ITEM = Evidence(
    version=VersionId("P-7", 3),
    ordinal=2,
    title="Damaged items",
    section=("Returns", "Damaged items"),
    text="30 days — straße",
    char_start=10,
    char_end=26,
    valid=Period(parse_instant("2025-03-01"), FOREVER),
    recorded_at=parse_instant("2025-02-01T09:00:00.25Z"),
    confirmed=True,
    rank=1,
    scores=Scores(0.5, 2.0, 1.0),
    words="30 days - strasse",
    spans=((10, 26),),
    best=2,
    governed_by=(GovernedBy("lead_in", "No later than:", 0, 14),),
)


def test_content_holds_every_field_of_the_design() -> None:
    assert ITEM.content() == {
        "citation": "P-7@3#2",
        "policy_id": "P-7",
        "revision": 3,
        "title": "Damaged items",
        "section": ["Returns", "Damaged items"],
        "text": "30 days — straße",
        "char_start": 10,
        "char_end": 26,
        "text_sha256": hashlib.sha256(b"30 days \xe2\x80\x94 stra\xc3\x9fe").hexdigest(),
        "words": "30 days - strasse",
        "governed_by": [{"kind": "lead_in", "text": "No later than:", "char_start": 0, "char_end": 14}],
        "passages": [{"citation": "P-7@3#2", "char_start": 10, "char_end": 26}],
        "best": "P-7@3#2",
        "valid_from": "2025-03-01T00:00:00Z",
        "valid_to": None,
        "recorded_at": "2025-02-01T09:00:00.250000Z",
        "applicability": "applies",
        "rank": 1,
        "scores": {"dense": 0.5, "bm25": 2.0, "fused": 1.0},
    }


def test_a_block_is_cited_as_the_range_of_its_passages() -> None:
    block = replace(ITEM, spans=((10, 18), (18, 26)), best=3)
    assert (block.citation, block.through) == ("P-7@3#2-3", 3)
    assert [it["citation"] for it in block.content()["passages"]] == ["P-7@3#2", "P-7@3#3"]
    assert block.content()["best"] == "P-7@3#3"


def test_unconfirmed_evidence_says_so_and_a_bounded_period_has_an_end() -> None:
    bounded = replace(ITEM, confirmed=False, valid=Period(0, parse_instant("2026-01-01")))
    assert bounded.content()["applicability"] == "unconfirmed"
    assert bounded.content()["valid_to"] == "2026-01-01T00:00:00Z"


def test_a_rerankers_score_is_told_where_there_is_one_and_never_counts_in_the_digest() -> None:
    reranked = replace(ITEM, scores=Scores(0.5, 2.0, 1.0, 0.25)).content()
    assert reranked["scores"] == {"dense": 0.5, "bm25": 2.0, "fused": 1.0, "rerank": 0.25}
    assert evidence_digest([reranked]) == evidence_digest([ITEM.content()])


def test_digest_of_no_evidence_is_that_of_an_empty_list() -> None:
    assert evidence_digest([]) == hashlib.sha256(b"[]").hexdigest()


def test_digest_is_over_canonical_json_with_keys_in_order_and_no_spaces() -> None:
    canonical = '[{"a":"é","b":[1,null]}]'.encode()
    assert evidence_digest([{"b": [1, None], "a": "é"}]) == hashlib.sha256(canonical).hexdigest()


def test_scores_do_not_count_in_the_digest_and_every_other_field_does() -> None:
    digest = evidence_digest([ITEM.content()])
    assert evidence_digest([replace(ITEM, scores=Scores(0.0, 0.0, 0.0)).content()]) == digest
    for changed in (
        replace(ITEM, ordinal=3),
        replace(ITEM, title="Other"),
        replace(ITEM, section=()),
        replace(ITEM, text="31 days"),
        replace(ITEM, char_start=9),
        replace(ITEM, char_end=27),
        replace(ITEM, valid=Period(0)),
        replace(ITEM, recorded_at=0),
        replace(ITEM, confirmed=False),
        replace(ITEM, rank=2),
        replace(ITEM, words="30 days"),
        replace(ITEM, spans=((10, 18), (18, 26))),
        replace(ITEM, best=1),
        replace(ITEM, governed_by=()),
    ):
        assert evidence_digest([changed.content()]) != digest


def test_order_of_evidence_counts_in_the_digest() -> None:
    one, two = ITEM.content(), replace(ITEM, ordinal=3, rank=2).content()
    assert evidence_digest([one, two]) != evidence_digest([two, one])


def test_receipt_id_covers_request_pipeline_and_evidence() -> None:
    made = receipt_id({"query": "q", "k": 5}, "pipeline", "digest")
    assert made == hashlib.sha256(b'[{"k":5,"query":"q"},"pipeline","digest"]').hexdigest()
