#!/bin/sh
# arrows.sh - the folder rule: a room includes only from rooms below it.
#
#   cli -> batch -> stages -> sandbox -> core, report -> core; runtime -> runtime alone.
# Exceptions are what the runtime shares with who reads it: sandbox has runtime/wire.h, the packets a
# test sends; stages runtime/touch.h, what an added hook tells; stages and cli runtime/progress.h.
set -eu
cd "$(dirname "$0")/.."
bad=0
check() { # ROOM ALLOWED-PATTERN
    found=$(grep -n '^#include "' "$1"/*.[ch] | grep -vE "#include \"($2)" || true)
    if [ -n "$found" ]; then
        echo "$1 must not include:"
        echo "$found"
        bad=1
    fi
}
check core 'core/'
check sandbox 'sandbox/|core/|runtime/wire\.h'
check stages 'stages/|sandbox/|core/|runtime/(touch|progress)\.h'
check report 'report/|core/'
check batch 'batch/|stages/|sandbox/|report/|core/'
check cli 'cli/|batch/|stages/|sandbox/|report/|core/|runtime/progress\.h'
check runtime 'runtime/'
# Only cli prints.
found=$(grep -nE '\b(printf|puts|putchar|fprintf\(std(out|err))\(' core/*.c sandbox/*.c stages/*.c report/*.c batch/*.c || true)
[ -z "$found" ] || { echo "only cli/ prints:"; echo "$found"; bad=1; }
exit $bad
