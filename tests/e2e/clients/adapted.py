"""A served home that every adapter is tested against, and what it holds."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.command import Run
from tests.e2e.serving import serving_here

SECRET = "Clandestine lawyers keep zanzibar parcels."
ASKED = "May a damaged item be returned?"
FILES = (
    ("P-7", "2024-01-01", "", "Damaged items may be returned within 7 days."),
    ("P-7", "2025-03-01", "", "# Returns\n\n## Damaged items\n\nDamaged items may be returned within 30 days."),
    ("P-8", "2024-01-01", "", "# Gifts\n\nGifts are exchanged."),
    ("P-9", "2024-01-01", "", "# Gifts\n\nGifts are exchanged."),
    ("P-5", "2024-01-01", "", "# Counter\n\nStaff must never accept:\n\n- opened **cosmetics**\n- gift cards\n"),
    ("P-4", "2024-01-01", "applies_to: {region: [US]}\n", "Faulty lamps are repaired within 24 months."),
    ("S-1", "2024-01-01", "audience: [legal]\n", SECRET),
)


@contextmanager
def served(run: Run, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a service over these policies, and keys by the label that they hold."""
    home = published(run, folder, FILES)
    keys = reader_keys(run, home)
    with serving_here(home) as client:
        yield str(client.base_url), keys


def published(run: Run, folder: Path, files: Iterable[tuple[str, str, str, str]]) -> Path:
    """A home with these revisions: of each the policy, from when, further front matter, and its words."""
    paths = []
    for number, (policy, effective, front, words) in enumerate(files):
        paths.append(folder / f"{number}.md")
        header = f"---\npolicy: {policy}\ntitle: Title of {policy}\neffective: {effective}\n{front}---\n"
        paths[-1].write_text(f"{header}{words}\n")
    run("publish", *paths, "--home", folder / "home")
    return folder / "home"


def reader_keys(run: Run, home: Path) -> dict[str, str]:
    """A reader's key with the label `staff`, and one with `legal`, which alone may read the secret."""
    return {
        label: run("key", "create", "--role", "reader", "--audience", label, "--home", home).stdout.split()[0]
        for label in ("staff", "legal")
    }
