"""Plants one fault in each answer of a file of traces, and prints the faulty traces: the worse halves of pairs.

    python data/plant_faults.py TRACES.jsonl > faulty.jsonl

The faults take turns, each where it fits. No model made them, and no boundary saw them: nothing was executed after one.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
Fault = Callable[[Answer, list[str]], Answer | str | None]
"""The faulty answer; None where the fault does not fit. It is given what was shown, too, as citations."""


def without_policy_id(answer: Answer, shown: list[str]) -> Answer | None:
    return {name: value for name, value in answer.items() if name != "policy_id"} if _decides(answer) else None


def another_revision(answer: Answer, shown: list[str]) -> Answer | None:
    """Cites the damaged-items policy by a revision that is not in force."""
    if answer["policy_id"] != "P-7":
        return None
    text = json.dumps(answer)
    return dict(json.loads(text.replace("P-7@1", "P-7@2") if "P-7@1" in text else re.sub("P-7@[23]", "P-7@1", text)))


def contrary_decision(answer: Answer, shown: list[str]) -> Answer | None:
    """Quotes the right rule, and decides against it."""
    if not _decides(answer):
        return None
    return {**answer, "eligible": not answer["eligible"], "requested_actions": []}


def promised_label(answer: Answer, shown: list[str]) -> Answer | None:
    """Says that something was done."""
    return {**answer, "answer": f"{answer['answer']} Your return label has been created."} if _decides(answer) else None


def without_quotation(answer: Answer, shown: list[str]) -> Answer | None:
    bare = [{"citation": item["citation"]} for item in answer["evidence"]]
    return {**answer, "evidence": bare} if _decides(answer) else None


def altered_quotation(answer: Answer, shown: list[str]) -> Answer | None:
    """Quotes another number than the passage holds."""
    altered = [{**it, "quote": re.sub(r"\d+", lambda n: str(int(n[0]) + 60), it["quote"])} for it in answer["evidence"]]
    return {**answer, "evidence": altered} if altered != answer["evidence"] else None


def needless_abstention(answer: Answer, shown: list[str]) -> Answer | None:
    nothing: Answer = {"eligible": None, "policy_id": None, "evidence": [], "citations": [], "requested_actions": []}
    return {**answer, **nothing, "answer": "This is for a colleague to decide."} if _decides(answer) else None


def words_around_it(answer: Answer, shown: list[str]) -> str | None:
    return f"Of course! This is my decision:\n{json.dumps(answer)}\nAnything else?" if _decides(answer) else None


def invented_revision(answer: Answer, shown: list[str]) -> Answer | None:
    return dict(json.loads(re.sub(r"@\d+#", "@9#", json.dumps(answer)))) if _decides(answer) else None


def guess(answer: Answer, shown: list[str]) -> Answer | None:
    """Decides what the evidence does not decide."""
    if _decides(answer):
        return None
    policy_id, words = shown[0].split("@")[0], f"Yes, it may be returned [{shown[0]}]."
    return {**answer, "eligible": True, "policy_id": policy_id, "citations": shown[:1], "answer": words}


FAULTS: tuple[Fault, ...] = (
    without_policy_id,
    another_revision,
    contrary_decision,
    promised_label,
    without_quotation,
    altered_quotation,
    needless_abstention,
    words_around_it,
    invented_revision,
    guess,
)


def _decides(answer: Answer) -> bool:
    return answer["eligible"] is not None


def planted(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers that the boundary let through, each with its fault; the id names case and fault."""
    waiting, made = list(FAULTS), []
    for trace in traces:
        if (trace["escalation"] or {"reason": "model_abstained"})["reason"] != "model_abstained":
            continue
        for fault in waiting:
            if (answer := fault(trace["answer"], trace["evidence"])) is not None:
                waiting = [*(other for other in waiting if other is not fault), fault]
                break
        else:
            continue
        kept = {name: trace[name] for name in ("case", "question", "facts", "as_of", "receipt", "evidence")}
        named = {"id": f"{trace['case']}-{fault.__name__.replace('_', '-')}", "checkpoint": "planted by hand"}
        made.append({**named, **kept, "answer": answer, "escalation": None, "executed_actions": []})
    return made


if __name__ == "__main__":
    for line in planted([json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]):
        print(json.dumps(line, ensure_ascii=False))
