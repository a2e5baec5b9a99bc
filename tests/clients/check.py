"""Runs the checks of a client's script one after the other, and prints a line for each."""

import os
import time
import traceback

failed = False


def check(run):
    """Runs one check, named by its docstring: a failure is printed and counted, and the checks after it still run."""
    global failed
    begun = time.monotonic()
    try:
        run()
        print(f"ok: {run.__doc__} ({time.monotonic() - begun:.1f} s)", flush=True)
    except Exception as error:
        failed = True
        place = traceback.extract_tb(error.__traceback__)[1]
        print(f"FAILED: {run.__doc__}\n{type(error).__name__}: {error}\n    at line {place.lineno}: {place.line}", flush=True)


def vectors_alike(one, other):
    """Gives the cosine of the angle between two vectors."""
    length = lambda vector: sum(x * x for x in vector) ** 0.5
    return sum(x * y for x, y in zip(one, other, strict=True)) / (length(one) * length(other))


def end():
    """Ends the script: with 1 where a check failed."""
    raise SystemExit(1 if failed else 0)


model = os.environ["MODEL"]
scripted = os.environ["SCRIPTED_MODEL"]
