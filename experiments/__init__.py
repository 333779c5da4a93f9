"""Experiments that take minutes: each file runs one and stores its result for the book."""
