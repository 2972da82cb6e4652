/* init.h - what `lockstep init` leaves in a course folder beside the exercises. */
#ifndef GRADER_INIT_H
#define GRADER_INIT_H

/* Which course and version it is, and the hash of each file as it was handed out:
 *
 *   {"format": "lockstep/init/1", "course": ID, "version": HEX, "grader": VERSION,
 *    "files": {"exercises/08-event/event.c": SHA-256, ...}}
 */
#define INIT_MARKER ".lockstep/course.json"
#define INIT_FORMAT "lockstep/init/1"

/* The stubs, as NN-slug/slug.c: what `lockstep reset` puts back. */
#define INIT_STUBS ".lockstep/stubs"

/* New versions of files that their owner has changed, as exercises/NN-slug/... */
#define INIT_NEW ".lockstep/new"

#endif
