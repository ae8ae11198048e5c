"""Revisions as passages, postings and vectors: segments on disk, a manifest, and snapshots that readers keep."""
