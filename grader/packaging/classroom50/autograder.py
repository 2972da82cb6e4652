#!/usr/bin/env python3
"""autograder.py - Classroom 50 runs this in the student's checkout; ./result.json is what it reads.

Belongs, with the folder lockstep/ beside it, into CLASSROOM/autograders/ASSIGNMENT/. A bundle can be
read by anyone, so no reference solution is in it. Exit status 0: graded, whatever the score; any
other: the grader could not do its job, and no result is left behind.
"""
import datetime
import os
import pathlib
import subprocess
import sys

EXERCISES = "@EXERCISES@".split()


def main():
    here = pathlib.Path(os.environ.get("CLASSROOM50_BUNDLE_DIR") or pathlib.Path(__file__).parent)
    lockstep = here / "lockstep"
    result = pathlib.Path("result.json")
    result.unlink(missing_ok=True)
    if not (lockstep / "build/lockstep").exists():
        for target in (["deps-run"], [f"-j{os.cpu_count()}", "all"]):
            subprocess.run(["make", "--no-print-directory", "-C", str(lockstep), *target], check=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    env = dict(os.environ, LOCKSTEP_DATETIME=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    env.setdefault("OWNER", env.get("USERNAME", ""))
    done = subprocess.run(
        [str(lockstep / "build/lockstep"), "grade", "--course", str(lockstep), *EXERCISES, "--submission", ".", "--format",
         f"classroom50:{result}", "--format", "markdown:release-body.md", "--format", "text"],
        env=env, check=False)
    if done.returncode > 1:
        result.unlink(missing_ok=True)
        return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
