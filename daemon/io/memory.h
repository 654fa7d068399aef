#pragma once
// Memory between bursts: what the allocator keeps for itself goes back to the system.

namespace reporterd {

// One heap for each thread that works all the time, the loop's and the writer's: in a single heap
// they wait for each other's lock (a tenth of the drain), and with more heaps every thread that
// resolves a name would keep a high-water mark of its own. Call before any thread is made.
void limit_heaps();

// Gives freed memory back; costs about a millisecond, so for idle times. Any thread.
void give_memory_back();

}  // namespace reporterd
