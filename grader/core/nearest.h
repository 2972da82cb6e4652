/* nearest.h - which known word somebody may have meant. Not a speller: one word beside another.
 */
#ifndef GRADER_NEAREST_H
#define GRADER_NEAREST_H

/* The nearer one of `best` (NULL: none yet) and `candidate`; NULL when neither is near: at most
 * one letter in three differs. Damerau's distance (CACM 1964), adjacent letters swapped
 * count 1.
 */
const char *nearest_of(const char *word, const char *best, const char *candidate);

#endif
