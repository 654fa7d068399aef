#include "tests/unit/store/box.h"
