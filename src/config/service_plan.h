#pragma once

#include <vector>

#include "absl/status/statusor.h"

#include "config/service_builder.h"

namespace rexray::config {

/// Fills `out.plans` and `out.default_service`.
absl::Status PlanServices(const Store& store, Services& out);

/// The first written value of `setting` (lower-case, canonical) in the scopes, then globally; nullptr when
/// none.
const Setting* FindIn(const Store& store, const std::vector<std::string>& scopes, std::string_view setting);

}  // namespace rexray::config
