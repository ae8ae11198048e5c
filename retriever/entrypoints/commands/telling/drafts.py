"""What the commands about drafts print."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policies.approving.kept_draft import KeptDraft
    from retriever.bootstrap import Asof
    from retriever.entrypoints.printing import Dates


def print_drafts(asof: "Asof", kept: "list[KeptDraft]", json: bool) -> None:
    """Prints drafts after a change of them, a line each."""
    from retriever.entrypoints.printing import inert, print_json
    from retriever.inspecting.approving.awaiting import draft_content

    contents = [draft_content(asof.ledger, each) for each in kept]
    if json:
        print_json({"drafts": contents})
        return
    for each in contents:
        print(f"{each['state']:<9} {each['id']}  of {each['policy_id']}: {inert(each['title'] or '(erased)')}")
        if each["void"]:
            print(f"          {inert(each['void'])}")


def print_list(content: dict[str, Any], json: bool) -> None:
    """Prints a table of drafts."""
    from retriever.entrypoints.printing import console, inert, print_json, table

    if json:
        print_json(content)
        return
    if not content["drafts"]:
        print("There are no drafts that you may see. `asof draft FILE` keeps a file as one.")
        return
    rows = table("draft", "policy", "state", "written by", "on", "title")
    for each in content["drafts"]:
        writers = ", ".join(deed["person"] for deed in each["writers"])
        on = "new" if each["base"] is None else each["base"]["version"] or f"transaction {each['base']['tx']}"
        state = f"{each['state']}, behind" if each["behind"] else each["state"]
        rows.add_row(each["id"], each["policy_id"], state, inert(writers), on, inert(each["title"] or "(erased)"))
    console().print(rows)


def print_draft(asof: "Asof", content: dict[str, Any], json: bool) -> None:
    """Prints one draft: how far it has come, what it is based on, what the lint finds, what it changes."""
    from policies.change import Publish
    from retriever.entrypoints.commands.telling.differences import print_difference
    from retriever.entrypoints.printing import Dates, inert, print_findings, print_json
    from retriever.inspecting.linting import lint_content

    kept = asof.drafts().find(content["id"])
    findings = asof.lint([Publish(kept.draft, kept.replace_scheduled)]) if content["text"] else []
    if json:
        print_json({**content, **lint_content(findings)})
        return
    dates = Dates(kept.draft.calendar)
    print(f"{content['id']}  {content['policy_id']}  {inert(content['title'] or '')}")
    print(f"state     {content['state']}")
    if content["void"]:
        print(f"void      {inert(content['void'])}")
    if content["decided"]:
        said = content["decided"]
        words = f": {said['words']}" if said["words"] else ""
        print(f"          by {inert(said['person'])}, {dates.recorded(said['at'])}{inert(words)}")
    if content["version"]:
        print(f"published {content['version']}, by transaction {content['tx']}")
    for deed in content["writers"]:
        print(f"written   by {inert(deed['person'])}, {dates.recorded(deed['at'])}")
    base = content["base"]
    print(
        "based on  "
        + ("nothing: the policy is new" if base is None else f"{base['version']}, transaction {base['tx']}")
    )
    if content["digest"]:
        print(f"digest    {content['digest']}")
        end = dates.end(content["valid_to"]) if content["valid_to"] else "on"
        holds = dates.valid(content) if content["valid_from"] else f"from its approval {end}"
        print(f"in force  {holds}")
        print(f"audience  {inert(', '.join(content['audience']))}")
        print(f"approval  {'required' if content['approval_required'] else 'optional'}")
    print_findings(findings)
    if content["difference"] is not None:
        print_difference(content["compared_with"], content["id"], content["difference"])
    elif content["text"]:
        print()
        print(inert(content["text"]))


def print_unreviewed(content: dict[str, Any], dates: "Dates", json: bool) -> None:
    """Prints a table of what was forced and not signed off."""
    from retriever.entrypoints.printing import console, inert, print_json, table

    if json:
        print_json(content)
        return
    if not content["unreviewed"]:
        print("Nothing waits for a sign-off: all that was forced was read by another person since.")
        return
    rows = table("version", "when", "forced by", "why")
    for each in content["unreviewed"]:
        rows.add_row(
            each["version"],
            dates.recorded(each["recorded_at"]),
            inert(each["person"]),
            inert(each["reason"] or "(erased)"),
        )
    console().print(rows)
    print("`asof sign-off VERSION`, under the key of another approver, says that it was read.")
