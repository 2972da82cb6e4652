#!/bin/sh
# headers.sh - every header compiles alone, and says in its first line what it is.
set -eu
cd "$(dirname "$0")/../.."
for h in grader/*/*.h; do
    head -1 "$h" | grep -q "^/\* $(basename "$h") - " || { echo "$h: first line"; exit 1; }
    # shellcheck disable=SC2046
    gcc -std=c11 -D_GNU_SOURCE -Igrader $(pkg-config --cflags libxml-2.0) -Wall -Wextra -Werror -fsyntax-only -include "$h" -x c /dev/null
done
for c in grader/*/*.c grader/tests/*/*.c; do
    case $c in grader/tests/cases/*) continue ;; esac # they begin with what is right
    head -1 "$c" | grep -q "^/\* $(basename "$c") - " || { echo "$c: first line"; exit 1; }
done
