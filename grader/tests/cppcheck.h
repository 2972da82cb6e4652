/* cppcheck.h - jansson's loops in words that cppcheck understands; only for `make analyze`. */
#ifndef GRADER_CPPCHECK_H
#define GRADER_CPPCHECK_H

#define json_array_foreach(a, i, v) for (i = 0; (v = json_array_get(a, i)) != 0; i++)
#define json_object_foreach(o, k, v) for (k = ""; (v = json_object_get(o, k)) != 0;)

#endif
