"""Damaged files for every reader: each returns, or names the file and a remedy.

``python -m tests.fuzz --cases 100000`` from the root of the repository; ``--target`` and ``--case``
repeat one.
"""
