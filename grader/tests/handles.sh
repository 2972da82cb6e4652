#!/bin/sh
# handles.sh - every function of <pthread.h>, <threads.h> and <signal.h> that takes a pthread_t is one
# of the explorer's: a handle of ours must never reach libc. Compared with the headers of this machine.
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d /tmp/lockstep-handles-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
# pthread_equal and thrd_equal only compare the two.
printf '#include <pthread.h>\n#include <signal.h>\n#include <threads.h>\n' |
    gcc -std=gnu11 -D_GNU_SOURCE -E -P - | tr '\n' ' ' | sed 's/;/;\n/g' |
    sed -nE 's/^ *extern [^(]*[ *]([a-z_]+) \(((.*, *)?(pthread_t|thrd_t) [^*].*)$/\1/p' |
    grep -vE '^(pthread|thrd)_equal$' | sort -u >"$tmp/all"
cut -d' ' -f1 build/plain/runtime/redirect.syms | sort -u >"$tmp/ours"
[ "$(wc -l <"$tmp/all")" -ge 18 ] || { echo "only these were found: $(cat "$tmp/all")"; exit 1; }
missing=$(comm -23 "$tmp/all" "$tmp/ours")
[ -z "$missing" ] || { echo "not wrapped: $missing"; exit 1; }
