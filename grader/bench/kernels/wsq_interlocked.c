// wsq_interlocked: a work-stealing queue; owner and thief may both get the last item.
// expect: wrong-result
// never: deadlock crash misuse
#define VERSION 2
#include "wsq.h"
