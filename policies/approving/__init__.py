"""Drafts that wait for another person's approval, and what an approval is."""
