/* version.h - the one place that says which Lockstep this is. */
#ifndef GRADER_VERSION_H
#define GRADER_VERSION_H

#define LOCKSTEP_VERSION "0.1.0"

#endif
