// Debian's archives of Abseil are not compiled for shared libraries, and one part of them, absl::Cord with
// its sampling, cannot be linked into one at all (thread-local variables of the initial-exec kind). The core
// needs Cord for one thing: payloads of absl::Status, which it never attaches. These are all the functions
// that Status would call for one; they end the process, and cannot be reached.

#include <cstdlib>

#include "absl/strings/cord.h"

namespace absl {
ABSL_NAMESPACE_BEGIN

void Cord::DestroyCordSlow() {
  std::abort();
}
bool Cord::EqualsImpl(const Cord&, size_t) const {
  std::abort();
}
Cord::operator std::string() const {
  std::abort();
}
void Cord::InlineRep::UnrefTree() {
  std::abort();
}

namespace cord_internal {
void CordzInfo::MaybeTrackCordImpl(InlineData&, const InlineData&, MethodIdentifier) {
  std::abort();
}
}  // namespace cord_internal

ABSL_NAMESPACE_END
}  // namespace absl
