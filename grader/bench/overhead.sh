#!/bin/bash
# overhead.sh - our processor time for one exercise beside the bare tools' own, in one run.
#
# Bare = what a careful person would type: gcc for submission and suite, the suite natively test
# by test, the suite once under Helgrind and once under memcheck on the tests that ask for them.
# Alternating runs, medians, user + system time of all children. RUNS=N changes the count.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
runs=${RUNS:-7}
TIMEFORMAT='%U %S'
work=$(mktemp -d /tmp/lockstep-bench-XXXXXX)
trap 'rm -rf "$work"' EXIT

cpu() { # COMMAND...: user + system seconds
    { time "$@" >/dev/null 2>&1 </dev/null; } 2>&1 | awk '{printf "%.3f\n", $1 + $2}'
}

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

bare() { # EXERCISE CNAME
    local x=$1 c=$2 rt=$top/build/plain/runtime ids helgrind memcheck
    local flags=(-std=gnu11 -D_GNU_SOURCE -O0 -g -Wall -Wextra -pthread -fno-omit-frame-pointer)
    cd "$work"
    gcc "${flags[@]}" -iquote "$top/exercises/$x" -c "$top/solutions/$x/$c.c" -o submission.o
    gcc "${flags[@]}" -iquote "$top/exercises/$x" -I "$rt" -c "$top/exercises/$x/check_$c.c" -o suite.o
    gcc -pthread -o program submission.o suite.o -Wl,--wrap=tcase_create -Wl,--wrap=suite_add_tcase \
        -Wl,--wrap=_ck_assert_failed "$rt/liblockstep_native.a" -lcheck_pic -lsubunit -lrt -lm
    ids=$(./program --list)
    for id in $ids; do ./program --test "$id"; done
    helgrind=$(ids_for "$x" helgrind)
    memcheck=$(ids_for "$x" memcheck)
    [ -z "$helgrind" ] || LOCKSTEP_SLOW=1 valgrind --tool=helgrind --quiet --fair-sched=yes --num-callers=24 \
        --xml=yes --xml-file="$work/h.%p" ./program --each "$helgrind"
    [ -z "$memcheck" ] || LOCKSTEP_SLOW=1 valgrind --tool=memcheck --quiet --fair-sched=yes --num-callers=24 \
        --leak-check=full --xml=yes --xml-file="$work/m.%p" ./program --each "$memcheck"
    rm -f "$work"/[hm].*
}

ids_for() { # EXERCISE MODE: comma-separated test ids of a rubric
    awk -v mode="$2" '/^  - id:/ {id = $3} /^    modes:/ && index($0, mode) {printf "%s%s", n++ ? "," : "", id}' \
        "$top/exercises/$1/exercise.yml"
}

export -f bare ids_for
export top work

printf '%-22s %10s %10s %8s\n' exercise 'bare s' 'ours s' ratio
for dir in "$top"/exercises/*/; do
    x=$(basename "$dir") c=${x#*-}
    c=${c//-/_}
    : >"$work/bare.txt"
    : >"$work/ours.txt"
    for _ in $(seq "$runs"); do
        cpu bash -c "bare $x $c" >>"$work/bare.txt"
        cpu "$top/build/lockstep" grade "$x" --submission "$top/solutions" >>"$work/ours.txt"
    done
    b=$(median <"$work/bare.txt")
    o=$(median <"$work/ours.txt")
    printf '%-22s %10s %10s %8s\n' "$x" "$b" "$o" "$(awk -v a="$o" -v b="$b" 'BEGIN {printf "%.2fx", a / b}')"
    cat "$work/bare.txt" >>"$work/all-bare.txt"
    cat "$work/ours.txt" >>"$work/all-ours.txt"
done
awk -v r="$runs" 'FNR == NR {b += $1; next} {o += $1} END {printf "%-22s %10.3f %10.3f %7.2fx   (mean of %d runs, all exercises)\n", "together", b / r, o / r, o / b, r}' \
    "$work/all-bare.txt" "$work/all-ours.txt"
