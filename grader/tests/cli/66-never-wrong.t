#!/bin/sh
# 66-never-wrong.t - programs that were accused though they are right, or cleared though they are
# not, each with the right answer in its first comment (grader/tests/cases).
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"
exec python3 "$top/grader/tests/cases.py" "$LOCKSTEP" "$top/grader/tests/cases"
