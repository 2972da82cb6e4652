#!/bin/sh
# room.sh - runs a command on this machine with a platform's own paths: other roots can hold
# /autograder or /grade without this one's being touched.
#
#   room.sh [--uid N] [--cwd DIR] FOLDER=/PATH... -- COMMAND...
#
# bubblewrap makes a new root of links and binds, everything else stays as it is; a root folder that
# a PATH lies below is an empty one there.
set -eu
uid='' cwd=/ binds='' own=''
while [ $# -gt 0 ]; do
    case $1 in
    --uid) uid=$2 && shift 2 ;;
    --cwd) cwd=$2 && shift 2 ;;
    --) shift && break ;;
    *)
        to=${1#*=}
        parents=''
        p=$(dirname "$to")
        while [ "$p" != / ]; do parents="--perms 0755 --dir $p $parents" && p=$(dirname "$p"); done
        binds="$binds $parents --bind ${1%%=*} $to"
        own="$own /$(echo "$to" | cut -d/ -f2) "
        shift
        ;;
    esac
done
roots=''
for d in /*; do
    if [ -L "$d" ]; then
        roots="$roots --symlink $(readlink "$d") $d"
    elif [ "$d" = /proc ]; then
        roots="$roots --dev-bind /proc /proc"
    elif echo "$own" | grep -q " $d "; then
        roots="$roots --perms 0755 --tmpfs $d"
    elif [ -d "$d" ]; then
        roots="$roots --dev-bind $d $d"
    fi
done
# shellcheck disable=SC2086
if [ -n "$uid" ]; then
    exec bwrap --cap-add ALL $roots $binds --chdir "$cwd" -- setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
fi
# shellcheck disable=SC2086
exec bwrap --cap-add ALL $roots $binds --chdir "$cwd" -- "$@"
