// reorder_5: N writers set a, then b; one checker may see b without a.
// expect: data-race wrong-result
// never: deadlock crash misuse lost-wakeup
#define WRITERS 4
#include "reorder.h"
