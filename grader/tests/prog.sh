# prog.sh - small programs for the explorer, each with the exact set of verdicts it must get.
#
# Sourced after tap.sh by the tests that have many of them.
# shellcheck shell=sh disable=SC2154

# prog NAME VERDICTS [SCHEDULES] <<EOF: compiles, explores, compares.
prog() {
    {
        printf '%s\n' '#include <assert.h>' '#include <errno.h>' '#include <pthread.h>' \
            '#include <semaphore.h>' '#include <stdatomic.h>' '#include <stdbool.h>' \
            '#include <stdio.h>' '#include <stdlib.h>' '#include <string.h>' \
            '#include <signal.h>' '#include <threads.h>' '#include <time.h>' '#include <unistd.h>' \
            '#include <fcntl.h>' '#include <sys/mman.h>' '#include <sys/wait.h>' \
            '#define GO(t, f, a) pthread_create(&(t), NULL, f, a)' \
            '#define END(t) pthread_join(t, NULL)' \
            '#define LOCK(m) pthread_mutex_lock(&(m))' \
            '#define UNLOCK(m) pthread_mutex_unlock(&(m))' \
            'static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;' \
            'static pthread_cond_t c = PTHREAD_COND_INITIALIZER;' \
            'static void use(void) { (void)&m; (void)&c; }'
        cat
    } >"$tmp/$1.c"
    "$LOCKSTEP" explore --json --schedules "${3:-300}" --patience "${4:-10}" "$tmp/$1.c" >"$tmp/$1.json" 2>"$tmp/$1.err" \
        </dev/null
    status=$?
    got=$(python3 -c '
import json, sys
j = json.load(open(sys.argv[1]))
print(" ".join(sorted({f["verdict"] for f in j["findings"] if not f["advice"]})) or "none")' \
        "$tmp/$1.json" 2>&1 | tail -1)
    is "$1: $2" "$got" "$2"
    case $2 in none) want=0 ;; *) want=1 ;; esac
    [ "$status" = "$want" ] || is "$1: exit status" "$status ($(head -c 300 "$tmp/$1.err"))" "$want"
}
