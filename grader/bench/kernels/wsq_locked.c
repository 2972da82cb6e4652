// wsq_locked: a work-stealing queue; owner and thief may both get the last item.
// expect: wrong-result
// never: deadlock crash misuse
#define VERSION 1
#include "wsq.h"
