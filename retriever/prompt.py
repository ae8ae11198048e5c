"""The public name of the rendering of evidence for a language model; it lives in `retriever.quoting.prompt`."""

from retriever.quoting.prompt import json_prompt, plain_prompt

__all__ = ["json_prompt", "plain_prompt"]
