#!/bin/sh
# 35-submit.t - one archive with a manifest, and what batch says when it was tampered with.
# shellcheck source=grader/tests/tap.sh
. "$(dirname "$0")/../tap.sh"

mkdir -p "$tmp/desk" "$tmp/class" && cp -R "$top/exercises" "$tmp/desk/"
cd "$tmp/desk" || exit 3
run 2 "$LOCKSTEP" submit 2 1 --output x.rar
is "which archives" "$err" "lockstep submit: '-o x.rar': expected a name ending in .zip or .tar.gz"
cp "$top/fixtures/08-event/signal-for-broadcast.c" exercises/08-event/event.c
ssh-keygen -q -t ed25519 -N '' -f key -C ''
run 0 "$LOCKSTEP" submit 8 --sign key -o "$tmp/class/王伟.zip"
same "the local score" "$out" '^08-event +75/100 +exercises/08-event/event.c$'
same "and what to do with it" "$out" "^Packed into .*王伟.zip. Hand in this one file.$"
run 0 unzip -Z1 "$tmp/class/王伟.zip"
is "what is in it" "$out" "lockstep-manifest.json
lockstep-manifest.json.sig
08-event/event.c"
unzip -q -d "$tmp/inside" "$tmp/class/王伟.zip"
run 0 /usr/bin/python3 -m jsonschema -i "$tmp/inside/lockstep-manifest.json" "$top/grader/report/schemas/submission.json"
m=$tmp/inside/lockstep-manifest.json
is "the file's hash" "$(jq -r '.exercises[0].sha256' "$m")" "$(sha256sum <exercises/08-event/event.c | cut -d' ' -f1)"
is "score and verdicts" "$(jq -c '.exercises[0] | [.score, .max, .tests["set-wakes-all"], .tests["wait-blocks"]]' "$m")" '[75,100,"lost-wakeup","pass"]'
is "the toolchain" "$(jq -r .toolchain.gcc "$m")" "$(gcc -dumpfullversion)"
# shellcheck disable=SC2016
run 0 sh -c 'ssh-keygen -Y check-novalidate -n lockstep -s "$1.sig" <"$1"' - "$m"
never "nobody's name" "$(cat "$m")" "$(id -un 2>/dev/null || echo -)@"

# As tar, unsigned; then edited, cut short, signed by somebody else, and one whose file is gone.
run 0 "$LOCKSTEP" submit 8 -o "$tmp/class/plain.tar.gz"
for who in edited foreign lost; do cp -R "$tmp/inside" "$tmp/class/$who"; done
echo '/* one line more */' >>"$tmp/class/edited/08-event/event.c"
sed -i 's/"score": 75/"score": 100/' "$tmp/class/foreign/lockstep-manifest.json"
rm "$tmp/class/lost/08-event/event.c"
mkdir "$tmp/class/nonsense"
echo '[[' >"$tmp/class/nonsense/lockstep-manifest.json"
cp exercises/08-event/event.c "$tmp/class/nonsense/"
head -c 900 "$tmp/class/王伟.zip" >"$tmp/class/broken.zip"
run 3 "$LOCKSTEP" batch "$tmp/class" --exercises 8 -o "$tmp/out" --secret "$tmp/secret"
notes=$(sqlite3 "$tmp/out/batch.db" "SELECT s.name, n.kind, n.text FROM note n JOIN student s ON s.id = n.student")
same "a signature is told by its key" "$notes" "^王伟\\|signed\\|by the key $(ssh-keygen -lf key.pub | cut -d' ' -f2 | sed 's/[+]/[+]/g')$"
never "nothing else is said of a good one" "$notes" '^(王伟|plain)\|edited'
same "an edited file" "$notes" "^edited\|edited\|'08-event/event.c' is not what was submitted$"
same "a changed manifest" "$notes" '^foreign\|edited\|the signature is not one of this manifest$'
same "a file that is gone" "$notes" "^lost\|edited\|'08-event/event.c' was submitted and is not there$"
same "a manifest of nonsense" "$notes" '^nonsense\|edited\|its manifest cannot be read$'
same "a broken archive" "$notes" "^broken\|refused\|"
is "points are for what is there" "$(cut -d, -f1,3 "$tmp/out/gradebook.csv" | tail -n +2 | sort | tr '\n' ' ')" \
    "broken, edited,75 foreign,75 lost,0 nonsense,75 plain,75 王伟,75 "
same "the gradebook tells" "$(cat "$tmp/out/gradebook.csv")" "^edited,,75,75,100,edited: '08-event/event.c' is not what was submitted"
same "and the student's page" "$(cat "$tmp/out/students/edited/report.html")" 'is not what was submitted'
same "the class report tells" "$(cat "$tmp/out/report.html")" 'is not what was submitted'
mkdir "$tmp/course" && cp -R "$top/exercises" "$top/solutions" "$tmp/course/"
echo '# new' >>"$tmp/course/exercises/08-event/exercise.yml"
mkdir "$tmp/one" && cp "$tmp/class/王伟.zip" "$tmp/one/"
run 0 env LOCKSTEP_HOME="$tmp/course" LOCKSTEP_RUNTIME="$top/build/plain/runtime" "$LOCKSTEP" batch "$tmp/one" --exercises 8 -o "$tmp/newer" --secret "$tmp/secret"
same "another version of the exercise" "$(sqlite3 "$tmp/newer/batch.db" 'SELECT kind, text FROM note')" \
    '^edited\|it was made for another version of 08-event$'

# A manifest of thousands holds nobody up, and its names are no lines of ours.
mkdir -p "$tmp/evil/eve" && cp exercises/08-event/event.c "$tmp/evil/eve/"
/usr/bin/python3 -c 'import json; print(json.dumps({"format": "lockstep/submission/1", "exercises": [{"id": "08-event", "file": "a"}] * 20000}))' \
    >"$tmp/evil/eve/lockstep-manifest.json"
mkdir "$tmp/evil/bob" && cp exercises/08-event/event.c "$tmp/evil/bob/"
printf '{"format": "lockstep/submission/1", "exercises": [{"id": "08-event", "file": "x\\nc\\u001b[2J"}]}' >"$tmp/evil/bob/lockstep-manifest.json"
mkdir "$tmp/evil/mal"
/usr/bin/python3 -c 'print(" " * 2000000)' >"$tmp/evil/mal/lockstep-manifest.json"
run 0 timeout 600 "$LOCKSTEP" batch "$tmp/evil" --exercises 8 -o "$tmp/evil-out" --secret "$tmp/secret"
is "each told in one line" "$(sqlite3 "$tmp/evil-out/batch.db" "SELECT text FROM note WHERE kind = 'edited' ORDER BY text" | tr -d '\357\277\275')" \
    "'x c[2J' was submitted and is not there
its manifest is too large, or no plain file
its manifest lists more than there are exercises"

# What cannot be meant is not packed without a word.
echo '#error' >exercises/08-event/event.c
run 2 "$LOCKSTEP" submit 8
is "it does not compile" "$err" "lockstep submit: 08-event does not compile ('lockstep grade 08' shows why); fix it, or use --anyway"
is "nothing was written" "$(ls lockstep-submission.zip* 2>/dev/null)" ""
run 0 "$LOCKSTEP" submit 8 --anyway
"$LOCKSTEP" reset 8 --yes >/dev/null
run 2 "$LOCKSTEP" submit 8 --sign no-such-key
is "no such key" "$err" "lockstep submit: '--sign no-such-key': No such file or directory"
run 2 "$LOCKSTEP" submit 8 --submission "$tmp/one"
same "no such file" "$err" "^lockstep submit: 08-event: there is no '"
run 3 "$LOCKSTEP" submit 8 --anyway -o /no/such/x.zip
same "no such folder" "$err" "^lockstep submit: cannot write '/no/such/x.zip'"
done_testing
