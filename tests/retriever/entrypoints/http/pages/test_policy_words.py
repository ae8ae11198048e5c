"""Policy words as HTML: the anchors are ours, the markup is let through by a list, quotations hold."""

import time

import html5lib
import pytest
from starlette.testclient import TestClient

from indexer.encoding.embedding import Encoder
from indexer.text.rendered import references_of, rendered
from indexer.text.split import Splitter
from policies.change import Erase
from policies.revision import VersionId
from retriever.entrypoints.http.app import create_service
from retriever.entrypoints.http.pages.policy_words import PolicyWords, _words, forget_policy_words, policy_words
from tests.retriever.entrypoints.http.pages.conftest import HOSTILE
from tests.retriever.entrypoints.http.pages.reading import said
from tests.retriever.homes import Home


@pytest.fixture(scope="module")
def splitter(encoder: Encoder) -> Splitter:
    return Splitter(encoder.token_offsets, encoder.tokenizer_digest)


def worded(splitter: Splitter, text: str) -> PolicyWords:
    return policy_words("P-7@3", text, [(span.start, span.end) for span in splitter.split(text)])


def test_markup_becomes_html_and_front_matter_and_comments_are_gone(splitter: Splitter) -> None:
    text = "---\npolicy: P-7\n---\n# A *b*\n\nSome **bold** ~~old~~ words.<!-- hidden -->\n\n> quoted\n> more\n"
    html = worded(splitter, text).html
    assert '<h2 id="s1">A <em>b</em></h2>' in html
    assert "Some <strong>bold</strong> <s>old</s> words." in html
    assert "<blockquote>" in html
    assert "hidden" not in html
    assert "policy: P-7" not in html


def test_nothing_of_a_policy_runs_loads_or_poses_as_the_page(splitter: Splitter) -> None:
    html = worded(splitter, HOSTILE).html
    root = html5lib.parseFragment(html, namespaceHTMLElements=False)
    tags = {it.tag for it in root.iter()}
    assert not tags & {"script", "img", "iframe", "form", "input", "style", "object", "svg"}
    for it in root.iter():
        assert not any(name.startswith("on") or name == "style" for name in it.attrib), it.attrib
    links = {said(it): it.attrib.get("href") for it in root.iter("a") if it.attrib.get("class") != "handle"}
    assert links == {"another": "https://shop.example/x", "a third": None}
    assert all(it.attrib["rel"] == "noopener nofollow" for it in root.iter("a") if it.attrib.get("class") != "handle")
    assert [it.tag for it in root.iter() if it.attrib.get("id") == "p1"] == ["span"]
    assert "a picture" in said(root)
    assert "evil.example" not in html
    assert "alert(" not in html.replace("javascript:alert(4)", "")


def test_a_passage_reads_as_quotations_read_it(splitter: Splitter) -> None:
    """Every passage's element holds the words of the one rendering, whatever Markdown they were written in."""
    text = (
        "Items are *eligible* within `30` days; see [the shop](https://shop.example).\n\n"
        "1. first &amp; foremost\n2. a\\*b\n\n> quoted\n> in two lines\n\n" + "A long sentence with many words. " * 60
    )
    spans = [(span.start, span.end) for span in splitter.split(text)]
    assert len(spans) > 5
    root = html5lib.parseFragment(policy_words("P-7@3", text, spans).html, namespaceHTMLElements=False)
    references = references_of(text)
    for ordinal, span in enumerate(spans, start=1):
        element = next(it for it in root.iter() if it.attrib.get("id") == f"p{ordinal}")
        assert said(element) == f"#{ordinal}{' '.join(rendered(text, span, references).text.split())}"


def test_tables_code_and_html_have_the_anchors_of_their_passages(splitter: Splitter) -> None:
    text = "| a | b |\n|---|--:|\n| x | 1 |\n\n```python\ncode <x>\n```\n\n<p>raw words</p>\n"
    html = worded(splitter, text).html
    root = html5lib.parseFragment(html, namespaceHTMLElements=False)
    assert [it.tag for it in root.iter() if it.attrib.get("id", "").startswith("p")] == ["tr", "span", "span"]
    assert '<td class="right">1</td>' in html
    assert "<pre><code>code &lt;x&gt;\n</code></pre>" in html


def test_html_that_is_not_closed_ends_with_the_words(splitter: Splitter) -> None:
    html = worded(splitter, "<div><table><tr><td>open\n\nNext words.\n").html
    assert html.count("<div") == html.count("</div>")
    assert html.count("<table") == html.count("</table>")


def test_erased_words_are_kept_no_longer_than_until_the_next_page(home: Home) -> None:
    home.publish("E-1", "Forgotten quokka words.", "2024-01-01")
    home.publish("P-1", "Other words.", "2024-01-01")
    client = TestClient(create_service(home.asof), "http://localhost")  # not entered: no thread forgets them meanwhile
    forget_policy_words()
    assert "quokka" in client.get("/p/E-1").text
    assert _words.cache_info().currsize == 1
    home.write(Erase(VersionId("E-1", 1), "why"))
    client.get("/p/P-1")
    assert _words.cache_info().currsize == 1
    assert client.get("/p/E-1").status_code == 410


def test_words_that_were_erased_leave_the_memory_of_a_service_without_a_page_being_opened(home: Home) -> None:
    home.publish("P-7", "Words to be erased.", "2025-01-01")
    home.publish("P-8", "Other words.", "2025-01-01")
    with TestClient(create_service(home.asof), "http://localhost") as service:
        assert "Words to be erased" in service.get("/p/P-7").text
        assert _words.cache_info().currsize
        home.asof.write([Erase(VersionId("P-7", 1), "an order")])
        deadline = time.monotonic() + 20
        while _words.cache_info().currsize and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _words.cache_info().currsize == 0
