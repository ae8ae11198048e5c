"""The public name of the functions that render evidence for a language model; see `retriever.quoting.prompt`."""

from retriever.quoting.prompt import json_prompt, plain_prompt

__all__ = ["json_prompt", "plain_prompt"]
