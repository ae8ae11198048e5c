"""Measurements on real data, each one command of scripts/bench."""
