// two_stage_10: two locks, two stages; a reader may see the first stage without the second.
// expect: wrong-result
// never: deadlock crash misuse lost-wakeup data-race
#define THREADS 10
#include "two_stage.h"
