#!/bin/sh
# soak.sh - the same verdict every time, under load: nine fixtures, per exercise one right and
# two wrong, 25 times each with every mode under four busy loops, then 100 times natively.
# Slow on purpose; not part of `make check`. SOAK=N and SOAK_NATIVE=N change the counts.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
n=${SOAK:-25} native=${SOAK_NATIVE:-100}
burners=''
for _ in 1 2 3 4; do
    sh -c 'while :; do :; done' &
    burners="$burners $!"
done
# shellcheck disable=SC2086
trap 'kill $burners 2>/dev/null' EXIT INT TERM

status=0
soak() { # REPEATS MODES FIXTURES...
    repeats=$1 modes=$2
    shift 2
    for f in "$@"; do
        printf '%-40s %s ... ' "$f" "$modes"
        if text=$("$top/build/lockstep" lint --only "$f" --repeat "$repeats" --modes "$modes" 2>&1); then
            echo "$repeats of $repeats"
        else
            status=1
            echo "NOT the same"
            printf '%s\n' "$text" | sed 's/^/    /'
        fi
    done
}

soak "$n" native,helgrind,memcheck \
    01-shared-value/pass-atomic 01-shared-value/add-unlocked 01-shared-value/zombies \
    08-event/pass-semaphore 08-event/is-set-unlocked 08-event/timeout-keeps-lock \
    13-driver-conductor/pass-sigwait 13-driver-conductor/driver-leaves-first \
    13-driver-conductor/spinning
soak "$native" native \
    01-shared-value/reference 01-shared-value/malloced 01-shared-value/not-robust \
    08-event/reference 08-event/signal-for-broadcast 08-event/polling \
    13-driver-conductor/reference 13-driver-conductor/not-reaped 13-driver-conductor/lines-swapped
[ $status = 0 ] && echo "every verdict the same: $((9 * n + 9 * native)) of $((9 * n + 9 * native))"
exit $status
