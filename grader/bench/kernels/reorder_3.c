// reorder_3: N writers set a, then b; one checker may see b without a.
// expect: data-race wrong-result
// never: deadlock crash misuse lost-wakeup
#define WRITERS 2
#include "reorder.h"
