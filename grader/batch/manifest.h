/* manifest.h - lockstep-manifest.json: what `lockstep submit` put into an archive, so that
 * whoever receives it sees whether it is still that.
 *
 *   {"format": "lockstep/submission/1", "created": "2026-03-01T12:00:00Z",
 *    "grader": "0.1.0", "tier": "full", "toolchain": {"gcc": ..., "libc": ..., "valgrind":
 * ...}, "exercises": [{"id": "08-event", "file": "08-event/event.c", "sha256": ..., "version":
 * ..., "score": 90, "max": 100, "tests": {"wait-blocks": "pass"}}]}
 *
 * `version` is a hash of what a student was given: contract, suite and rubric. Beside it may
 * stand lockstep-manifest.json.sig, an SSH signature (PROTOCOL.sshsig of OpenSSH) in the
 * namespace "lockstep". Everything in it is the student's own word: no point and no name is
 * taken from it.
 */
#ifndef GRADER_MANIFEST_H
#define GRADER_MANIFEST_H

#include <jansson.h>

#include "batch/key.h"

#define MANIFEST_FORMAT "lockstep/submission/1"
#define MANIFEST_NAME "lockstep-manifest.json"
#define MANIFEST_SIGNATURE MANIFEST_NAME ".sig"
#define MANIFEST_NAMESPACE "lockstep"

enum { MANIFEST_MAX = 1 << 20 };

/* The hash called `version`. 0 or -1. */
int manifest_version(const struct exercise *x, char ret[static KEY_HEX], struct err *e);

/* Where a file named in the manifest is now: the path of its bytes; NULL: not there. */
typedef const char *manifest_lookup(void *ctx, const char *file);

/* Compares the manifest in `path` with what is there, and appends a line for each thing that is
 * not as it says ("'08-event/event.c' is not what was submitted"), in plain words for an
 * instructor. Foreign input: whatever it holds, this is 0, or -1 when the grader is at fault.
 */
int manifest_check(const char *path, const struct course *c, manifest_lookup *where, void *ctx,
                   struct buf *ret, struct err *e);

extern const char manifest_tool[]; /* ssh-keygen(1), which need not be there */

/* Checks the signature with manifest_tool, in the sandbox; *ret is the key's fingerprint
 * ("SHA256:..."), NULL when the signature is not one of this manifest. 0 or -1. */
int manifest_signer(const char *path, const char *signature, const char *work, struct arena *a,
                    const char **ret, struct err *e);

#endif
