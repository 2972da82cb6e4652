#!/bin/sh
# stories.sh - every example of the lesson, told by the reference solutions (`make stories`).
#
# Builds solutions/NN-slug/story.c with the reference and runs it. Not a test: for people to read.
# STORIES="10 13" tells only those.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
out=$top/build/stories
mkdir -p "$out"
for dir in "$top"/exercises/*/; do
    id=$(basename "$dir")
    number=${id%%-*}
    name=$(printf '%s' "${id#*-}" | tr - _)
    story=$top/solutions/$id/story.c
    case " ${STORIES:-$number} " in *" $number "*) ;; *) continue ;; esac
    [ -f "$story" ] || continue
    gcc -std=gnu11 -D_GNU_SOURCE -O0 -g -Wall -Wextra -Werror -pthread -iquote "$dir" \
        -o "$out/$id" "$story" "$top/solutions/$id/$name.c"
    printf '%s== %s  %s\n' "${told:+
}" "$id" "$(sed -n 's/^title: .*zh: "\(.*\)"}$/\1/p' "$dir/exercise.yml")"
    told=yes
    "$out/$id"
done
