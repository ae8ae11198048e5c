"""Commands for people who ask: evidence, the check of a citation, and the replay of a receipt."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retriever.entrypoints.options import (
    AsOfOption,
    AudienceOption,
    FactOption,
    HomeOption,
    JsonOption,
    KnownAtOption,
    PolicyOption,
    PromptForm,
    open_home,
    parse_facts,
)

if TYPE_CHECKING:
    from retriever.entrypoints.printing import Dates


def register(app: typer.Typer) -> None:
    """Adds the commands of this module to an app."""
    app.command("retrieve")(retrieve)
    app.command("cite")(cite)
    app.command("replay")(replay)


def retrieve(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION")] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    policy: PolicyOption = None,
    fact: FactOption = None,
    audience: AudienceOption = None,
    k: Annotated[int, typer.Option("-k", help="The most blocks to print.")] = 5,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", help="The most tokens of all blocks together.")
    ] = None,
    block_tokens: Annotated[
        int | None,
        typer.Option(
            "--block-tokens",
            metavar="N",
            help="The most tokens of one block, such as a list. With 1 each item and each row is one by itself, "
            "the first with its lead-in.  [env: ASOF_BLOCK_TOKENS; default: 200]",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out policies that apply only if a missing fact is right.")
    ] = False,
    order: Annotated[str, typer.Option("--order", help="rank, or edges: the best blocks first and last.")] = "rank",
    reranker: Annotated[
        str | None,
        typer.Option(
            "--reranker",
            metavar="NAME",
            help="CrossEncoder, by name or folder, to order the best passages.  [env: ASOF_RERANKER; default: none]",
        ),
    ] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Join neighbouring blocks of one section into one.")] = False,
    collapse: Annotated[
        bool, typer.Option("--collapse", help="Print equal words of several policies once, and name the others.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Also print why each policy could answer or not, and the parts of each score."),
    ] = False,
    from_file: Annotated[
        Path | None,
        typer.Option("--from-file", metavar="QUESTIONS.jsonl", help="One question a line, as JSON."),
    ] = None,
    prompt: Annotated[
        PromptForm | None, typer.Option("--prompt", help="Print the evidence as quoted context for a language model.")
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Prints what policies in force at a date say to a question: blocks, with citations and what governs them.

    A block is what is read together: a paragraph, or a list or table whole where it fits.

    Example: asof retrieve "May I return a damaged item?" --as-of 2025-02-01 --fact region=US

    Example: asof retrieve "Which items may not be returned?" -k 3 --block-tokens 400
    """
    from retriever.asking.query import parse_query
    from retriever.entrypoints.printing import Dates, inert, print_json, progress

    if (question is None) == (from_file is None):
        raise typer.BadParameter("give either a QUESTION or --from-file QUESTIONS.jsonl")
    if prompt is not None and (json or from_file is not None):
        raise typer.BadParameter("--prompt renders the answer to one QUESTION, without --json and --from-file")
    if explain and (prompt is not None or from_file is not None):
        raise typer.BadParameter("--explain goes with one QUESTION, without --prompt and --from-file")
    options: dict[str, Any] = {
        "query": question,
        "as_of": as_of,
        "known_at": known_at,
        "policies": policy or None,
        "facts": parse_facts(fact),
        "audience": audience or [],
        "k": k,
        "max_tokens": max_tokens,
        "strict": strict,
        "order": order,
        "merge": merge,
        "collapse": collapse,
        "block_tokens": block_tokens,
    }
    asof = open_home(context, home, reranker)
    calendar = asof.calendar
    dates = Dates(calendar)
    if from_file is None:
        query = parse_query(options, calendar.zone)
        answer = asof.retriever.retrieve(query).content()
        if prompt is not None:
            _print_prompt(answer, prompt)
        else:
            from retriever.answering.explanation import explained_answer

            explained = {"explain": explained_answer(asof.retriever, answer)} if explain else {}
            print_json({**answer, **explained}) if json else _print_answer(answer, dates)
            if explained and not json:
                _print_explanation(explained["explain"])
        return
    from retriever.asking.questions_file import read_questions

    questions = read_questions(from_file, options, calendar.zone)
    with progress("Answering", len(questions) if not json else 0) as advance:
        for name, query in questions:
            answer = asof.retriever.retrieve(query).content()
            if json:
                print_json(answer if name is None else {"id": name, **answer}, indent=None)
            else:
                print(f"\n{inert(query.text)}")
                _print_answer(answer, dates)
            advance(1)


def cite(
    context: typer.Context,
    citation: Annotated[str, typer.Argument(metavar="CITATION", help="Such as P-7@3#2.")],
    quote: Annotated[str | None, typer.Option("--quote", help="Words that it should hold.")] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    audience: AudienceOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Says whether a citation exists, was in force at a date and holds a quote.

    Also prints the words outside the passage that decide how it is meant, such as those that introduce its list. Exits
    0 if all of this is true, 1 if not, and 3 if nobody can tell because the words were erased.

    Example: asof cite P-7@2#1 --quote "within 30 days" --as-of 2025-04-01
    """
    from retriever.entrypoints.printing import inert, print_json
    from retriever.quoting.untrusted import one_line

    check = open_home(context, home).cite(citation, quote, as_of=as_of, known_at=known_at, audience=audience or [])
    if json:
        print_json(check.content())
    else:
        words = {"supported": "SUPPORTED", "not_supported": "NOT SUPPORTED", "cannot_tell": "CANNOT TELL"}
        print(f"{words[check.verdict]}  {check.citation}\n{inert(check.detail)}")
        for cited in (check, check.instead):
            if cited is not None and cited.governed_by:
                print(f"{cited.citation} is governed by")
                for item in cited.governed_by:
                    print(f"  {item.kind}: {one_line(item.text)}")
    raise typer.Exit({"supported": 0, "not_supported": 1, "cannot_tell": 3}[check.verdict])


def replay(
    context: typer.Context,
    receipt: Annotated[
        Path, typer.Argument(metavar="RECEIPT.json", help="An answer of `asof retrieve --json`, or its receipt.")
    ],
    audience: AudienceOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Asks the request of a receipt again, and says whether the evidence is the same, byte for byte.

    Exits 0 if it is the same, and 1 if not. The reasons: words erased since, words that you may not read, another
    pipeline (with the parts that differ), or other evidence.

    Example: asof replay answer.json
    """
    from retriever.answering.receipts import read_receipt
    from retriever.entrypoints.printing import inert, print_json

    found = open_home(context, home).replay(read_receipt(receipt), audience or [])
    if json:
        print_json(found.content())
    else:
        print(f"{found.verdict.upper().replace('_', ' ')}\n{inert(found.detail)}")
    raise typer.Exit(0 if found.verdict == "same" else 1)


def _print_explanation(content: dict[str, Any]) -> None:
    from retriever.entrypoints.printing import console, inert, table

    rows = table("policy", "version", "may answer", "why")
    for policy in content["policies"]:
        version = policy["version"] or ""
        rows.add_row(policy["policy_id"], version, "yes" if policy["eligible"] else "no", inert(policy["detail"]))
    console().print(rows)
    rows = table("citation", "fused", "vectors", "BM25", "named", "terms")
    for part in content["passages"]:
        legs = [f"{part[leg]['share']:.3f} ({part[leg]['score']:.3f})" for leg in ("dense", "bm25")]
        terms = ", ".join(f"{inert(name)} {added:.2f}" for name, added in part["bm25"]["terms"].items())
        rows.add_row(part["citation"], f"{part['fused']:.3f}", *legs, f"{part['named']:.3f}", terms)
    console().print(rows)


def _print_answer(answer: dict[str, Any], dates: "Dates") -> None:
    from retriever.entrypoints.printing import inert
    from retriever.governed_words import governed_words

    if nothing := answer["abstained"]:
        upcoming = nothing["next_valid_from"]
        later = f" The next rule starts on {dates.at(upcoming)}." if upcoming else ""
        print(f"No evidence ({nothing['reason']}): {inert(nothing['detail'])}.{later}")
    for item in answer["evidence"]:
        section = " > ".join(item["section"]) or item["title"]
        unconfirmed = "" if item["applicability"] == "applies" else "  (applies only if the missing facts agree)"
        print(f"[{item['citation']}]  {inert(section)}  in force {dates.valid(item)}{unconfirmed}")
        for line in governed_words(item).split("\n"):
            print(f"    {inert(line)}")
        if also := item.get("also"):
            print(f"    The same words: {', '.join(also)}")
    if left_out := answer.get("left_out"):
        named = ", ".join(f"{item['citation']} ({item['tokens']} tokens)" for item in left_out)
        print(f"Left out, for want of room within the token budget: {named}")


def _print_prompt(answer: dict[str, Any], form: PromptForm) -> None:
    from retriever.quoting.prompt import json_prompt, plain_prompt

    print(json_prompt(answer) if form is PromptForm.JSON else plain_prompt(answer), end="")
