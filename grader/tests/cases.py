#!/usr/bin/env python3
"""cases.py - small programs against `lockstep explore`: what it must say, and what it never may. TAP.

    cases.py LOCKSTEP FOLDER [NAME...]

The first comment of a program says what is right, a line a fact:
    expect: none | refuse | bug [VERDICT...] | none|refuse ...   exit status 0, 3, 1 (and one of these)
    never: VERDICT        what would be wrong            no-advice: yes   nothing is advised either
    says: N               the report names line N        silent-on: TEXT  does not stand in it
    not-all: yes          the word "all" is not claimed
    args:, cflags:, stdin:, strategy:                    how it is run
Whatever is found must be found again by its token.
Each is run in a folder of its own that holds input.txt ("5") and inc/h.h. A case is one point.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

STATUS = {0: "none", 1: "bug", 3: "refuse"}


def facts(path):
    head = re.match(r"/\*(.*?)\*/", path.read_text(), re.S)
    lines = (re.match(r"\s*\*?\s*([a-z-]+):\s*(.*?)\s*$", x) for x in head[1].split("\n"))
    return {m[1]: m[2] for m in lines if m}


def run(command, cwd, stdin):
    p = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, timeout=300, check=False)
    return p.returncode, (p.stdout + p.stderr).decode(errors="replace"), p.stdout


def lost_tokens(command, tail, out, cwd, stdin):
    """Tokens of bugs that a replay does not show."""
    found = json.loads(out).get("findings", []) if out.strip() else []
    tokens = {f["schedule"]["token"] for f in found
              if not f["advice"] and (f.get("schedule") or {}).get("token")}
    return " ".join(t for t in sorted(tokens)
                    if run(command + ["--replay", t] + tail, cwd, stdin)[0] != 1)


def wrong(lockstep, path):
    want = facts(path)
    command = [lockstep, "explore"]
    for option in ("cflags", "strategy"):
        if option in want:
            command += ["--" + option, want[option]]
    tail = [str(path)] + (["--"] + want["args"].split() if "args" in want else [])
    stdin = (want["stdin"] + "\n").encode() if "stdin" in want else b""
    with tempfile.TemporaryDirectory(prefix="lockstep-case-") as cwd:
        pathlib.Path(cwd, "input.txt").write_text("5\n")
        pathlib.Path(cwd, "inc").mkdir()
        pathlib.Path(cwd, "inc/h.h").write_text("#define N 3\n")
        status, text, out = run(command + ["--json"] + tail, cwd, stdin)
        _, text, _ = run(command + tail, cwd, stdin)
        lost = lost_tokens(command, tail, out, cwd, stdin)
    found = json.loads(out).get("findings", []) if out.strip() else []
    verdicts = {f["verdict"] for f in found if not f["advice"]}
    words = want["expect"].split()
    got = STATUS.get(status, f"exit {status}")
    if got not in words[0].split("|"):
        return f"{got} {sorted(verdicts)}: {text[:600]}"
    if got == "bug" and words[1:] and not verdicts & set(words[1:]):
        return f"found {sorted(verdicts)}"
    if want.get("never") in verdicts:
        return "says " + want["never"]
    if "no-advice" in want and any(f["advice"] for f in found):
        return "advises"
    if "says" in want and not re.search(rf"{path.name}:{want['says']}\b", text):
        return f"does not name line {want['says']}: {text[:600]}"
    if "silent-on" in want and want["silent-on"] in text:
        return "says " + want["silent-on"]
    if "all " in text and "(not varied: " not in text and re.search(r"^all \d", text, re.M):
        return "claims all without what was not varied"
    if lost:
        return "replayed, it is gone: " + lost
    if "not-all" in want and re.search(r"^all \d", text, re.M):
        return "claims all: " + text.strip().split("\n")[-1]
    return None


def main():
    lockstep, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    paths = sorted(p for p in folder.glob("*.c") if not sys.argv[3:] or p.stem in sys.argv[3:])
    for n, path in enumerate(paths, 1):
        why = wrong(lockstep, path)
        print(f"{'not ok' if why else 'ok'} {n} - {path.stem}", flush=True)
        for line in (why or "").split("\n") if why else []:
            print("#   " + line)
    print(f"1..{len(paths)}")


if __name__ == "__main__":
    main()
