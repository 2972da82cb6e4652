#!/usr/bin/env python3
"""limits.py - grader/LIMITS.md from the table in runtime/explore/limits.h.

    limits.py            prints it          limits.py --check      is the file the same?
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
HEAD = """# The limits of the explorer

Made by `grader/tests/limits.py` from `grader/runtime/explore/limits.h`; the check compares the two.

A limit that is met never ends in a verdict. *Refused* is exit status 3 with the limit in words, or, when
other schedules came to their end, a schedule that is cut and counted as such in the last line, where the
word "all" then does not stand. In a graded test it means "not explored", with the reason.

| limit | of what | when it is met |
|---|---|---|
"""


def table():
    text = (TOP / "grader/runtime/explore/limits.h").read_text()
    body = text[text.index("#define LIMITS(X)"):text.index("\nenum {")].replace("\\\n", " ")
    rows = re.findall(r'X\((\w+),\s*(\d+),\s*"([^"]*)",\s*"([^"]*)"\)', body)
    return HEAD + "".join(f"| {int(v):,} | {what} | {met} |\n" for _, v, what, met in rows), rows


def main():
    made, rows = table()
    if sys.argv[1:] != ["--check"]:
        print(made, end="")
        return
    if (TOP / "grader/LIMITS.md").read_text() != made:
        sys.exit("grader/LIMITS.md is not what limits.h says: grader/tests/limits.py >grader/LIMITS.md")
    code = "".join(p.read_text() for room in ("explore", "strategies", "suite")
                   for p in (TOP / "grader/runtime" / room).glob("*.[ch]") if p.name != "limits.h")
    unused = [name for name, *_ in rows if not re.search(rf"\b{name}\b", code)]
    if unused:
        sys.exit(f"in the table and nowhere in the code: {' '.join(unused)}")


if __name__ == "__main__":
    main()
