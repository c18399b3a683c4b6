#pragma once

// How consumers come and go (design §3), without side effects.

#include <vector>

#include "engine/volume_engine.h"

namespace rexray::engine {

/// What an Unmount by `consumer` leaves: one use less of a counted one, none of an uncounted one. An id that
/// nobody mounted with changes nothing. `drop_uncounted`: all uncounted ones go too
/// (rexray.volume.unmount.ignoreUsedCount).
std::vector<ConsumerRecord> AfterUnmount(std::vector<ConsumerRecord> consumers, const Consumer& consumer,
                                         bool drop_uncounted);

/// The one consumer of a mount that was found here (recover.cc): whoever it is, nobody knows his id.
Consumer AdoptedConsumer();
/// Nobody is known to use it but whoever did when it was found.
bool OnlyAdopted(const std::vector<ConsumerRecord>& consumers);

/// What is left when every use by that id ends.
std::vector<ConsumerRecord> AfterRelease(std::vector<ConsumerRecord> consumers,
                                         const std::string& consumer_id);

}  // namespace rexray::engine
