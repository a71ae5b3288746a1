"""Mistakes made on purpose in the code of money: every one must be seen by a test."""
