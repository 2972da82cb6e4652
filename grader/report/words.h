/* words.h - what reports say, in the reader's language (grader/po, gettext's catalogues).
 *
 * A result is stored in English and rendered in any language: tr() is for a renderer's own
 * sentences, say() for those found in a result, which were made from templates ("%s waits for
 * %s to end") long ago: the template is recognised and its translation filled in.
 *
 * The catalogue is a .mo file as msgfmt(1) makes it (GNU gettext manual, "The Format of GNU MO
 * Files"). It is read here and not by libintl, which has one language a process, taken from the
 * environment, and none at all where the system lacks that locale; here it is an argument.
 *
 * Where there is no catalogue, or a sentence is not in it, English is shown: never an error.
 * Thread-safety: call words_open() before there are threads; everything else only reads.
 */
#ifndef GRADER_WORDS_H
#define GRADER_WORDS_H

#include "core/exercise.h"

/* Marks a sentence for xgettext(1) where it is not translated at once. */
#define N_(s) s

/* Loads the catalogues: beside the program (a source tree's build), else the installed ones.
 * Called by itself when it was not; again without effect. */
void words_open(void);

/* A renderer's own sentence, which may be a format; never NULL, lives forever. */
const char *tr(enum lang lang, const char *msgid) __attribute__((format_arg(2)));

/* Appends a result's sentence in that language. Foreign parts (names, values) are copied as
 * they are: the caller escapes the whole. */
void say(struct buf *b, enum lang lang, const char *sentence);

/* For tests: is it in the catalogue, whole or as a template? English always is. */
bool words_know(enum lang lang, const char *sentence);

#endif
