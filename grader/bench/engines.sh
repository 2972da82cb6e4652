#!/bin/sh
# engines.sh - the same class by each engine, side by side: elapsed seconds, and what the engine itself
# costs a unit. Run by `make bench`; needs what `make check-slurm` needs.
#
#   engines.sh [REPEATS]
#
# The second class is 60 different files that do not compile: grading one costs next to nothing, so what
# is left is the engine. Slurm and sshd are our own (grader/tests/cluster.sh), on this machine, two
# processors as two nodes; latencies of a real cluster come on top. Medians.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=grader/tests/cluster.sh
. "$top/grader/tests/cluster.sh"
repeats=${1:-3}
tmp=$(mktemp -d /tmp/lockstep-engines-XXXXXX)
chmod 711 "$tmp"
trap 'cluster_stop; sshd_stop; rm -rf "$tmp"' EXIT
lockstep=$top/build/lockstep

for n in $(seq 1 20); do
    for x in 05-thread 07-custom-thread 08-event; do
        edit=$(sed -n 's/^edit: *//p' "$top/exercises/$x/exercise.yml")
        mkdir -p "$tmp/real/s$n/$x" "$tmp/empty/s$n/$x"
        echo "#error $n" >"$tmp/empty/s$n/$x/$edit"
        file=$(find "$top/fixtures/$x" -name '*.c' | sort | sed -n "1~2p" | sed -n "$((n % 8 + 1))p")
        cp "$file" "$tmp/real/s$n/$x/$edit"
    done
done
cluster_start "$tmp/cluster"
sshd_start "$tmp/ssh"

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
measure() { # CLASS ENGINE...: median of the seconds that batch says
    class=$1
    shift
    for _ in $(seq 1 "$repeats"); do
        "$lockstep" batch "$tmp/$class" --exercises 5,7,8 -o "$tmp/out" --secret "$tmp/secret" "$@" 2>/dev/null |
            sed -n 's/.* graded now in \([0-9.]*\) s.*/\1/p'
        rm -rf "$tmp/out"
    done | median
}
printf '%-34s %9s %9s %11s\n' "60 units, median of $repeats" local slurm parallel
for class in real empty; do
    l=$(measure $class)
    s=$(measure $class --engine slurm)
    p=$(measure $class --engine parallel --hosts 1/127.0.0.1,1/localhost)
    case $class in
    real) what="24 distinct, seconds" units=24 ;;
    empty) what="60 that do not compile, seconds" units=60 ;;
    esac
    printf '%-34s %9.1f %9.1f %11.1f\n' "$what" "$l" "$s" "$p"
    awk -v l="$l" -v s="$s" -v p="$p" -v n="$units" 'BEGIN {
        printf "%-34s %9s %8.2fx %10.2fx\n", "  against local", "", s / l, p / l
        printf "%-34s %9s %9.2f %11.2f\n", "  more a distinct unit, seconds", "", (s - l) / n, (p - l) / n}'
done
