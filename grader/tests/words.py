#!/usr/bin/env python3
"""words.py - no sentence that a person reads has what grader/WORDS.md rules out.

    words.py        from the project's root

Also: a title that exercise.yml has (of the exercise, of a test) stands in the same words in the README.

Looks through the messages (grader/po/extract.py), their Chinese, the guides, the manual page and the
exercises' READMEs and rubrics. Prints FILE:LINE or the message, what is wrong and what to write
instead; exit status 1 when there is any.
"""
import glob
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
WORDS = TOP / "grader/WORDS.md"
PROSE = ["README.md", "grader/AUTHORING.md", "grader/LIMITS.md", "grader/SCALE.md", "grader/docs/*.md",
         "grader/man/*.1", "exercises/*/README.md", "grader/core/*.md", "grader/report/*.md"]
CHINESE = ["exercises/*/README.zh-CN.md", "grader/docs/*.zh-CN.md"]


def table(heading):
    """The rows of the table under a heading: lists of cells."""
    part = WORDS.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip().replace(r"\|", "|") for cell in row] for row in rows[1:]]


def messages():
    """(English, Chinese) of each message."""
    pot = subprocess.run([sys.executable, "grader/po/extract.py"], capture_output=True, text=True,
                         check=True, cwd=TOP).stdout
    text = lambda block: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', block))
    english = {text(m) for m in re.findall(r'^msgid(?:_plural)? ((?:".*"\n)+)', pot, re.M)}
    po = (TOP / "grader/po/zh_CN.po").read_text()
    return english, {text(m) for m in re.findall(r'^msgstr(?:\[\d\])? ((?:".*"\n?)+)', po, re.M)}


def errors():
    """What a command says in English only: errors, notes, help."""
    keywords = ["err_set:3", "err_errno:2", "fprintf:2", "printf:1", "puts:1", "buf_puts:2", "buf_printf:2",
                "init_say:1", "init_fail:1", "broken:1", "too_much:1"]
    files = glob.glob("grader/**/*.c", recursive=True, root_dir=TOP)
    pot = subprocess.run(["xgettext", "--language=C", "--from-code=UTF-8", "--no-wrap", "--output=-", "--keyword",
                          *[f"--keyword={k}" for k in keywords], *sorted(f for f in files if "/tests/" not in f)],
                         capture_output=True, text=True, check=True, cwd=TOP).stdout
    for block in pot.split("\n\n")[1:]:
        place = re.search(r"^#: (\S+)", block, re.M)
        text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', block[block.find("msgid"):block.rfind("msgstr")]))
        yield place[1] if place else "message", text


def prose(patterns):
    """(place, line) of the files; code in them stays out."""
    for pattern in patterns:
        for path in sorted(glob.glob(pattern, root_dir=TOP)):
            code = False
            for no, line in enumerate((TOP / path).read_text().splitlines(), 1):
                code ^= line.startswith("```")
                if not code and not line.startswith("    "):
                    yield f"{path}:{no}", re.sub(r"`[^`]*`", "``", line)


def rubrics(language):
    for path in sorted(glob.glob("exercises/*/exercise.yml", root_dir=TOP)):
        for no, line in enumerate((TOP / path).read_text().splitlines(), 1):
            if bool(re.search("[一-鿿]", line)) == (language == "zh"):
                yield f"{path}:{no}", line


def titles():
    """(place, title) of exercise.yml that its README of that language does not have."""
    for path in sorted(glob.glob("exercises/*/exercise.yml", root_dir=TOP)):
        for no, line in enumerate((TOP / path).read_text().splitlines(), 1):
            m = re.match(r'\s*title: \{en: "(.*)", zh: "(.*)"\}$', line)
            for title, readme in zip(m.groups() if m else (), ("README.md", "README.zh-CN.md")):
                if title.replace(r'\\', '\\') not in (TOP / path).with_name(readme).read_text():
                    yield f"{path}:{no}", f"'{title}' is not in {readme}"


def main():
    english, chinese = messages()
    wrong = 0
    for heading, texts in (
            ("Not in English sentences", [("message", m) for m in sorted(english)] + [*errors()] + [*prose(PROSE)] + [*rubrics("en")]),
            ("Not in Chinese sentences", [("message", m) for m in sorted(chinese)] + [*prose(CHINESE)] + [*rubrics("zh")])):
        for place, text in texts:
            for pattern, instead in table(heading):
                if re.search(pattern, text, re.I):
                    wrong += 1
                    print(f"{place}: '{re.search(pattern, text, re.I)[0]}'; write: {instead}\n    {text.strip()[:150]}")
    for place, text in titles():
        wrong += 1
        print(f"{place}: {text}")
    print(f"words: {len(english)} messages, {wrong} sentences against grader/WORDS.md")
    sys.exit(1 if wrong or len(english) < 500 else 0)


if __name__ == "__main__":
    main()
