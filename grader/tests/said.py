#!/usr/bin/env python3
"""said.py - is everything a class's results say said in Chinese in its reports?

    said.py OUT     (of `lockstep batch --lang zh`)

Takes each sentence of students/*/result.json (headlines, proofs, labels, steps, trust) and looks for
it, word for word, in report.txt and report.html beside it: where English stands there, a translation
is missing or a template (grader/po/composed.c) does not fit. Prints each once; exit 1 if any.
"""
import html
import json
import pathlib
import re
import sys


def sentences(result):
    yield result["trust"]
    for x in result["exercises"]:
        for t in x["tests"]:
            if t["verdict"] != "pass":
                yield t["headline"]
            for p in t["evidence"]:
                yield p["text"]
                for s in p["stacks"]:
                    yield s["label"]
                for step in p.get("schedule", {}).get("steps", []):
                    yield f"({step['what']})"
                    yield step["who"]


def lines(text):
    """What a reader sees, one piece a line, without the student's own lines."""
    return {piece.strip() for line in text.splitlines() if not line.strip().startswith("|")
            for piece in [line, *re.findall(r"\([^()]*\)", line), *line.split("  ")]}


def main():
    missing, seen = {}, 0
    for folder in sorted(pathlib.Path(sys.argv[1], "students").iterdir()):
        result = json.loads((folder / "result.json").read_text())
        plain = lines((folder / "report.txt").read_text())
        page = re.sub(r"<pre.*?</pre>|<script.*?</script>|<style.*?</style>", "",
                      (folder / "report.html").read_text(), flags=re.S)
        plain |= lines(html.unescape(re.sub(r"<[^>]*>", "\n", page)))
        for s in sentences(result):
            seen += 1
            if s and re.search(r"[a-z]{3}", s) and s.strip() in plain:
                missing.setdefault(s, folder.name)
    for s, where in sorted(missing.items()):
        print(f"{where}: {s}")
    print(f"{seen} sentences, {len(missing)} in English")
    sys.exit(1 if missing or not seen else 0)


if __name__ == "__main__":
    main()
