#pragma once
// Memory between bursts: what the allocator keeps for itself goes back to the system.

namespace reporterd {

// One heap for both threads: they share little, and each heap keeps its own high-water mark. Call
// before any thread is made.
void use_one_heap();

// Gives freed memory back; costs about a millisecond, so for idle times. Any thread.
void give_memory_back();

}  // namespace reporterd
