#!/usr/bin/env python3
"""transcripts.py - the commands that README.md and grader/docs show, run, and what they print compared. TAP.

    transcripts.py [FILE...]       from the tree's top; the language is English, the width nobody's

A transcript is an indented block whose first line begins with "$ build/lockstep". In it a line "..." stands for
any number of lines, and "..." within a line for anything. README's own lines are all there is to compare.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]


def blocks(text):
    block = []
    for line in text.split("\n") + ["end"]:
        if line.startswith("    ") or (block and not line):
            block.append(line[4:].rstrip())
        else:
            if block and block[0].startswith("$ build/lockstep"):
                yield block
            block = []


def pattern(lines):
    while lines and not lines[-1]:
        lines = lines[:-1]
    return "".join("(?:.*\n)*?" if line.strip() == "..." else
                   ".*".join(map(re.escape, line.split("..."))) + "\n" for line in lines) + "\n*"


def main():
    files = [pathlib.Path(f) for f in sys.argv[1:]] or [TOP / "README.md", *sorted((TOP / "grader/docs").glob("*.md"))]
    env = dict(os.environ, LC_ALL="C.UTF-8", NO_COLOR="1")
    n = bad = 0
    for f in files:
        for command, *shown in blocks(f.read_text()):
            n += 1
            p = subprocess.run(shlex.split(command[2:]), cwd=TOP, env=env, capture_output=True, text=True, check=False)
            ok = re.fullmatch(pattern(shown), re.sub(r"[ \t]+$", "", p.stdout, flags=re.M)) is not None
            bad += not ok
            print(f"{'ok' if ok else 'not ok'} {n} - {f.name}: {command}")
            if not ok:
                print("#   it prints:\n" + "".join(f"#   {line}\n" for line in (p.stdout + p.stderr).split("\n")))
    print(f"1..{n}")
    return 1 if bad or not n else 0


sys.exit(main())
