"""The parser's files are checked before they are read."""

from pathlib import Path

import pytest

from evaluator.errors import BadScorer
from evaluator.support.entailment.reading import parser


def test_a_file_that_is_another_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / parser.PACKAGE
    (package / parser.PIPELINE).mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('its code is not run')")
    (package / parser.PIPELINE / "config.cfg").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BadScorer, match="is not the one that Asof was built for"):
        parser._shipped()


def test_another_pipeline_is_named_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(parser.SETTING, str(tmp_path))
    parser._pipeline.cache_clear()
    try:
        assert str(tmp_path) in parser.parser_name()
        with pytest.raises(BadScorer, match="set ASOF_PARSER to the folder"):
            parser._pipeline()
    finally:
        parser._pipeline.cache_clear()


def test_a_tree_has_places_in_the_text() -> None:
    [tree] = parser.parse(["The guide may leave. She did."])
    assert [tree.text[token.start : token.end] for token in tree.tokens][:3] == ["The", "guide", "may"]
    assert {token.sentence for token in tree.tokens} == {0, 1}
    assert list(tree.dependents(3, "nsubj")) == [1]
    assert set(tree.subtree(3)) == {0, 1, 2, 3, 4}


def test_a_text_is_read_the_same_alone_and_among_others() -> None:
    texts = [
        f"Visitors may park in bay {number} {'until noon ' * (number % 9)}unless it is raining." for number in range(40)
    ]
    together = [tree.tokens for tree in parser.parse(texts)]
    parser._trees.clear()
    assert [parser.parse([text])[0].tokens for text in reversed(texts)] == together[::-1]
