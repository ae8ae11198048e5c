"""What each check speaks against, by an example; and what it leaves alone."""

import pytest

from evaluator.support.entailment.entailment import entail


def kinds(claim: str, *evidence: str) -> set[str]:
    found = entail(claim, evidence)
    assert (found.verdict == "PASS") == (not any(it.against for it in found.findings))
    return {finding.kind for finding in found.findings if finding.against}


@pytest.mark.parametrize(
    ("claim", "evidence", "kind"),
    [
        ("The pool opens at nine.", "The pool opens at ten.", "quantity"),
        ("Bikes may be parked in zone C.", "Bikes may be parked in zone D.", "label"),
        ("Fines are paid monthly.", "Fines are paid weekly.", "not shown"),
        ("The hall is open on Sundays.", "The hall is open on Saturdays.", "not shown"),
        ("The fee is the lower of both.", "The fee is the higher of both.", "contrast"),
        ("From 1 May visitors must book.", "Until 1 May visitors must book.", "time"),
        ("Dogs may enter the hall.", "Dogs may not enter the hall.", "denied"),
        ("The ticket is valid.", "The ticket is void.", "denied"),
        ("Guests must sign the book.", "Guests may sign the book.", "modality"),
        ("Guests must not sign the book.", "Guests need not sign the book.", "modality"),
        ("All boats have a radio.", "Some boats have a radio.", "quantifier"),
        ("Only members may row.", "Members may row.", "only"),
        ("Bring a towel and a cap.", "Bring a towel or a cap.", "conjunction"),
        ("The guide informs the ranger.", "The ranger informs the guide.", "role"),
        ("The captain's log is read aloud.", "The cook's log is read aloud to the captain.", "role"),
        ("This policy replaces the handbook.", "The handbook replaces this policy.", "order"),
        ("Members may row.", "Members may row if the wind is low.", "limit"),
        ("Members may row even in a storm.", "Members may row.", "not shown"),
        ("Rowing is free.", "Formerly, rowing was free.", "frame"),
        ("Rowing is free.", "Members ask whether rowing is free.", "frame"),
        ("We refunded the ticket.", "We refund the ticket.", "action not evidenced"),
        ("Ten days may be saved.", "Up to ten days may be saved.", "quantity"),
    ],
)
def test_a_check_speaks_against_a_claim(claim: str, evidence: str, kind: str) -> None:
    assert kind in kinds(claim, evidence)


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Nobody except divers may open the lock.", "Only divers may open the lock."),
        ("The lock may be opened by divers.", "Divers may open the lock."),
        ("If the wind is low, members may row.", "Members may row if the wind is low."),
        ("Members may not row unless the wind is low.", "Unless the wind is low, members may not row."),
        ("A ticket costs 12.50 euros.", "A ticket costs 12,50 €."),
        ("The rule begins on 5 June 2031.", "The rule commences on 2031-06-05."),
        ("The ranger tells the guide.", "The guide is told by the ranger."),
        ("The guide gets a map from the ranger.", "The ranger gives the guide a map."),
        ("Children under seven swim free.", "Children who are under 7 swim at no cost."),
        ("Some boats have a radio.", "All boats have a radio."),
        ("People visiting the mine wear a helmet.", "Visitors to the mine wear a helmet."),
        ("Staff at grade 8 may sign.", "Staff at grade 7 and above may sign."),
    ],
)
def test_what_says_the_same_passes(claim: str, evidence: str) -> None:
    assert kinds(claim, evidence) == set()


@pytest.mark.parametrize(
    ("claim", "evidence", "context", "verdict"),
    [
        ("Nuts may be sold.", "- nuts", ("The following may be sold:",), "PASS"),
        ("Nuts may be sold.", "- nuts", ("The following may not be sold:",), "FAIL"),
        ("Parrots are insured.", "| Parrots | Yes |", ("| Animal | Insured? |", "|---|---|"), "PASS"),
        ("Parrots are insured.", "| Parrots | No |", ("| Animal | Insured? |", "|---|---|"), "FAIL"),
        (
            "The fee for zone B is 3 euros.",
            "| B | 2 euros | 3 euros |",
            ("| Zone | Deposit | Fee |", "|---|---|---|"),
            "PASS",
        ),
        ("Parking is free.", "Parking is free.", ("## Common myths",), "UNKNOWN"),
    ],
)
def test_evidence_is_read_under_what_governs_it(
    claim: str, evidence: str, context: tuple[str, ...], verdict: str
) -> None:
    assert entail(claim, [evidence], [context]).verdict == verdict


PAINTED = " ".join(f"The {it} was painted." for it in ("barn", "gate", "roof", "shed", "wall", "door", "mill", "well"))


@pytest.mark.parametrize(
    ("claim", "near", "far"),
    [
        (
            "The ferry does not sail at night.",
            "The ferry sails at night.",
            "Passengers with a dog and a bicycle board the ferry that sails at night from the north quay in summer.",
        ),
        (
            "The guide informs the ranger.",
            "The ranger informs the guide.",
            "The ranger with the red hat and the long rope informs the guide, three hikers and the village hall.",
        ),
    ],
)
def test_words_in_other_places_contradict_only_where_little_else_is_said(claim: str, near: str, far: str) -> None:
    assert entail(claim, [near]).verdict == "FAIL"
    assert entail(claim, [far]).verdict == "UNKNOWN"


def test_among_many_sentences_another_quantity_contradicts_only_where_little_else_is_said() -> None:
    claim, near = "The pool opens in 2019.", "The pool opens in 2018."
    far = "The pool opens, with cake, music, speeches and a parade, in 2018."
    assert [entail(claim, [text]).verdict for text in (near, far)] == ["FAIL", "FAIL"]
    assert [entail(claim, [f"{text} {PAINTED}"]).verdict for text in (near, far)] == ["FAIL", "UNKNOWN"]
