#!/bin/sh
# demo.sh - the main job in one go: a small class graded, a table, one failing report in full.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
out=$top/build/demo
rm -rf "$out"
mkdir -p "$out"
echo "Grading a class of six, three exercises each: $top/fixtures/class"
echo
"$top/build/lockstep" batch "$top/fixtures/class" --exercises 1,8,13 --min-tier none -o "$out" --secret "$out/course-secret"
echo
echo "One report in full, as student-2 gets it for the exercise that lost points:"
echo
"$top/build/lockstep" grade 08-event --submission "$top/fixtures/class/student-2" || [ $? -eq 1 ]
