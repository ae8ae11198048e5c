from evaluator.support.lexical.rarity import rarity


def test_the_most_frequent_word_says_nothing_and_an_unknown_one_most() -> None:
    assert rarity("the") == 0.0
    assert rarity("zxqv") == 1.0


def test_a_rare_word_weighs_more_than_a_frequent_one() -> None:
    assert rarity("year") < rarity("eligible") < rarity("metacritic")
