#!/bin/sh
# soak.sh - the same verdict every time, under load: of each exercise some right and some wrong
# ones, 25 times each with every mode under four busy loops, then others 100 times natively.
# Slow on purpose; not part of `make check`. SOAK=N and SOAK_NATIVE=N change the counts.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
n=${SOAK:-25} native_n=${SOAK_NATIVE:-100}
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

all_modes="01-shared-value/pass-atomic 01-shared-value/add-unlocked 01-shared-value/zombies
    02-shared-array/pass-reader-writer 02-shared-array/text-unlocked
    03-channels/pass-slots-in-memory 03-channels/short-write-lost
    04-counting-semaphore/pass-first-come 04-counting-semaphore/value-unlocked
    05-thread/pass-finished-flag 05-thread/address-of-i
    06-thread-attributes/pass-counted 06-thread-attributes/late-ones-forgotten
    07-custom-thread/pass-state-word 07-custom-thread/rest-first
    08-event/pass-semaphore 08-event/is-set-unlocked 08-event/timeout-keeps-lock
    09-lock/pass-owner-and-condition 09-lock/balance-unlocked
    10-efficiency/pass-one-pipe 10-efficiency/finished-raced
    11-process-vs-thread/pass-shared-page 11-process-vs-thread/handler-left
    12-network/pass-processes 12-network/socket-kept
    13-driver-conductor/pass-sigwait 13-driver-conductor/driver-leaves-first
    13-driver-conductor/spinning"
native="01-shared-value/reference 01-shared-value/malloced 01-shared-value/not-robust
    02-shared-array/reference 02-shared-array/destroys-lock
    03-channels/reference 03-channels/cell-unlocked
    04-counting-semaphore/reference 04-counting-semaphore/if-for-while
    05-thread/reference 05-thread/joins-at-start 06-thread-attributes/reference
    07-custom-thread/reference 07-custom-thread/static-fields
    08-event/reference 08-event/signal-for-broadcast 08-event/polling
    09-lock/reference 09-lock/from-first 10-efficiency/reference 10-efficiency/not-reaped
    11-process-vs-thread/reference 12-network/reference 12-network/serves-while-accepting
    13-driver-conductor/reference 13-driver-conductor/not-reaped 13-driver-conductor/lines-swapped"
# shellcheck disable=SC2086
{
    soak "$n" native,helgrind,memcheck $all_modes
    soak "$native_n" native $native
    runs=$(($(echo $all_modes | wc -w) * n + $(echo $native | wc -w) * native_n))
}
[ $status = 0 ] && echo "every verdict the same: $runs of $runs"
exit $status
