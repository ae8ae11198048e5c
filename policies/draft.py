"""The public name of the reader of authored files; it lives in `policies.sources.draft`."""

from policies.sources.draft import parse_draft, read_draft

__all__ = ["parse_draft", "read_draft"]
