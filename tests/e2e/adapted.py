"""A served home that every adapter is tested against, and what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from command import Run
from serving import serving

SECRET = "Clandestine lawyers keep zanzibar parcels."
ASKED = "May a damaged item be returned?"
FILES = (
    ("P-7", "2024-01-01", "", "Damaged items may be returned within 7 days."),
    ("P-7", "2025-03-01", "", "# Returns\n\n## Damaged items\n\nDamaged items may be returned within 30 days."),
    ("P-8", "2024-01-01", "", "# Gifts\n\nGifts are exchanged."),
    ("P-9", "2024-01-01", "", "# Gifts\n\nGifts are exchanged."),
    ("P-4", "2024-01-01", "applies_to: {region: [US]}\n", "Faulty lamps are repaired within 24 months."),
    ("S-1", "2024-01-01", "audience: [legal]\n", SECRET),
)


@contextmanager
def served(run: Run, folder: Path, environment: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a service over these policies, and keys by the label that they hold."""
    for number, (policy, effective, front, words) in enumerate(FILES):
        content = f"---\npolicy: {policy}\ntitle: Title of {policy}\neffective: {effective}\n{front}---\n{words}\n"
        (folder / f"{number}.md").write_text(content)
        run("publish", folder / f"{number}.md", "--home", folder / "home")
    keys = {
        label: run("key", "create", "--role", "reader", "--audience", label, "--home", folder / "home").stdout.split()[
            0
        ]
        for label in ("staff", "legal")
    }
    with serving(folder / "home", environment) as client:
        yield str(client.base_url), keys
