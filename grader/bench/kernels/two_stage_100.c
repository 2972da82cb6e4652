// two_stage_100: two locks, two stages; a reader may see the first stage without the second.
// expect: wrong-result
// never: deadlock crash misuse lost-wakeup data-race
#define THREADS 100
#include "two_stage.h"
