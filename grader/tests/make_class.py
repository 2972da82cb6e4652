#!/usr/bin/env python3
"""make_class.py - a synthetic class out of the fixtures, in the layout of a platform, and the
grades it must get.

    make_class.py OUT [--students N] [--exercises LIST] [--layout L] [--distinct] [--seed S]

Writes OUT/class (folders, classroom, gradescope) or OUT/class.zip (moodle, canvas), OUT/expected.csv
(student, number, a column an exercise: what the fixtures state) and, where the platform has
one, the grade file that it exports. Names have commas, quotes, Chinese letters, formulas.

By default many units are the same to the byte, as in a class where most hand in again what they
had. --distinct renames identifiers of each unit, so that no two are the same.

Not a place for expectations: those are in the fixtures and rubrics.
"""
import argparse
import csv
import pathlib
import random
import re
import zipfile

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
LAYOUTS = ("folders", "moodle", "canvas", "gradescope", "classroom")
FIRST = ["Ada", "Blaise", "Chen", "Dana", "Emil", "Farida", "Grace", "Hugo", "Inge", "Jun",
         "伟", "芳", "Øyvind", "Zoë", "O'Neil", "=1+1"]
LAST = ["Lovelace", "Pascal", "Wei", "Scott", "Noether", "Hopper", "de la Cruz", "王", "李",
        "Knuth, Jr.", 'Smith "Bo"', "Tarena"]
NEVER = {"main", "run", "read", "write", "open", "close"}


class Exercise:
    def __init__(self, folder):
        self.id = folder.name
        self.rubric = yaml.safe_load((folder / "exercise.yml").read_text())
        self.edit = self.rubric.get("edit") or self.id[3:].replace("-", "_") + ".c"
        self.points = {t["id"]: t["points"] for t in self.rubric["tests"]}
        self.contract = (folder / self.edit.replace(".c", ".h")).read_text()
        solution = TOP / "solutions" / self.id / self.edit
        self.choices = [(solution, 100), (folder / self.edit, 0)]
        for path in sorted((TOP / "fixtures" / self.id).glob("*.c")):
            self.choices.append((path, self.stated(path)))

    def stated(self, path):
        lost = set()
        for test, _ in re.findall(r"^// expect: (\S+) (\S+)", path.read_text(), re.M):
            lost |= set(self.points) if test == "*" else {test}
        return sum(p for t, p in self.points.items() if t not in lost)


def distinct(text, contract, unit):
    """The same program under other names. Only names that the file itself makes up."""
    names = set(re.findall(r"^static [\w \*]*?\b(\w+)\(", text, re.M)) - NEVER
    names |= {n for n in ("rc", "until") if re.search(rf"\b{n}\b", text)}
    names = {n for n in names if not n.startswith("__") and not re.search(rf"\b{n}\b", contract)}
    for n in sorted(names):
        text = re.sub(rf"\b{n}\b", f"{n}_u{unit}", text)
    return text if names else text + f"\n/* unit {unit} */\n"


class People:
    """Names that are unlike each other, some of them unpleasant."""

    def __init__(self, count, rng):
        seen = set()
        self.list = []
        while len(self.list) < count:
            name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
            if name in seen:
                name += f" {len(self.list)}"
            seen.add(name)
            self.list.append({"name": name, "number": str(1000 + 7 * len(self.list)),
                              "login": f"u{len(self.list):04}"})


def put_folders(out, people, units, key="login"):
    for person, files in zip(people, units):
        folder = out / "class" / person[key]
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        person["shown"], person["shown_number"] = person[key], ""


def put_classroom(out, people, units):
    for person, files in zip(people, units):
        folder = out / "class" / "os-submissions" / f"os-{person['login']}"
        folder.mkdir(parents=True)
        (folder / "README.md").write_text("# os\n")
        (folder / ".git").mkdir()
        (folder / ".git" / "config").write_text("[core]\n")
        for name, text in files:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        person["shown"], person["shown_number"] = person["login"], ""


def put_moodle(out, people, units):
    with zipfile.ZipFile(out / "class.zip", "w", zipfile.ZIP_DEFLATED) as z:
        for person, files in zip(people, units):
            top = f"{person['name']}_{person['number']}_assignsubmission_file_/"
            z.writestr(top, "")
            for name, text in files:
                z.writestr(top + name, text)
            person["shown"], person["shown_number"] = person["name"], person["number"]
    with open(out / "moodle.csv", "w", newline="", encoding="utf-8-sig") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["Identifier", "Full name", "ID number", "Email address", "Status", "Grade",
                    "Maximum Grade", "Grade can be changed", "Last modified (submission)",
                    "Last modified (grade)", "Feedback comments"])
        for p in people:
            w.writerow([f"Participant {p['number']}", p["name"], "", p["login"] + "@example.org",
                        "Submitted for grading", "", "100.00", "Yes",
                        "Monday, 2 March 2026, 9:00 AM", "-", ""])


def canvas_name(name):
    last, first = name.split(" ")[-1], name.split(" ")[0]
    return re.sub(r"\W", "", (last + first).lower())


def put_canvas(out, people, units):
    attachment = 5000
    with zipfile.ZipFile(out / "class.zip", "w", zipfile.ZIP_DEFLATED) as z:
        for person, files in zip(people, units):
            person["shown"], person["shown_number"] = canvas_name(person["name"]), person["number"]
            for name, text in files:
                attachment += 1
                z.writestr(f"{person['shown']}_{person['number']}_{attachment}_"
                           + name.split("/")[-1], text)
    with open(out / "canvas.csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Threads (98765)",
                    "Current Score (read only)"])
        w.writerow(["    Points Possible", "", "", "", "", "100", ""])
        for p in people:
            w.writerow([", ".join(reversed(p["name"].split(" ", 1))), p["number"], "", p["login"],
                        "S1", "", "55.5"])


def put_gradescope(out, people, units):
    top = out / "class" / "assignment_42_export"
    top.mkdir(parents=True)
    lines = ["---"]
    for i, (person, files) in enumerate(zip(people, units)):
        folder = top / f"submission_{900 + i}"
        folder.mkdir()
        for name, text in files:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        lines += [f"submission_{900 + i}:", "  :submitters:",
                  "  - :name: " + "'" + person["name"].replace("'", "''") + "'",
                  f"    :sid: '{person['number']}'", f"    :email: {person['login']}@example.org",
                  "  :created_at: 2026-03-01 12:00:00.000000000 Z", "  :score: 0.0"]
        person["shown"], person["shown_number"] = person["name"], person["number"]
    (top / "submission_metadata.yml").write_text("\n".join(lines) + "\n")
    with open(out / "gradescope.csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow("First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,"
                   "Submission ID,Submission Time,Lateness (H:M:S),View Count,"
                   "Submission Count".split(","))
        for i, p in enumerate(people):
            w.writerow([*p["name"].split(" ", 1), p["number"], p["login"] + "@example.org", "", "",
                        "100.0", "Ungraded", 900 + i, "2026-03-01 12:00:00 +0000", "00:00:00", 0, 1])


def main():
    a = argparse.ArgumentParser()
    a.add_argument("out", type=pathlib.Path)
    a.add_argument("--students", type=int, default=200)
    a.add_argument("--exercises", default="")
    a.add_argument("--layout", choices=LAYOUTS, default="folders")
    a.add_argument("--distinct", action="store_true")
    a.add_argument("--seed", type=int, default=1)
    args = a.parse_args()
    rng = random.Random(args.seed)
    exercises = [Exercise(d) for d in sorted((TOP / "exercises").iterdir())
                 if (d / "exercise.yml").exists()]
    if args.exercises:
        exercises = [x for x in exercises if x.id in args.exercises.split(",")]
    people = People(args.students, rng).list
    units, kinds = [], set()
    for person in people:
        files, person["scores"] = [], []
        for x in exercises:
            path, score = rng.choice(x.choices)
            text = path.read_text()
            if args.distinct:
                text = distinct(text, x.contract, len(kinds))
            kinds.add((x.id, text))
            files.append((f"{x.id}/{x.edit}", text))
            person["scores"].append(score)
        units.append(files)
    args.out.mkdir(parents=True, exist_ok=True)
    globals()[f"put_{args.layout}"](args.out, people, units)
    with open(args.out / "expected.csv", "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(["student", "number"] + [x.id for x in exercises])
        for p in people:
            w.writerow([p["shown"], p["shown_number"], *p["scores"]])
    print(f"{len(people)} students, {len(people) * len(exercises)} units, {len(kinds)} distinct")


if __name__ == "__main__":
    main()
