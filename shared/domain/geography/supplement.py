"""The small tables that are written by hand and checked in beside this file."""

from pathlib import Path

HERE = Path(__file__).parent


def rows(name):
    """The rows of a table, each a list of its columns as text."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [[column.strip() for column in line.split("|")] for line in lines if line and not line.startswith("#")]


def states():
    """By postal code: the country and the name."""
    return {state: (country, name) for state, country, name in rows("states.txt")}
