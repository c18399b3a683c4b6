#pragma once

// Members of a JSON object as Go's decoder finds them: the exact name, or the same name in another case.
// Plugins rely on it. For .cc files.

#include <string>
#include <string_view>

#include "nlohmann/json.hpp"

namespace rexray::dvdi {

/// nullptr when `object` is not an object, or has no such member, or it is null.
const nlohmann::json* FindMember(const nlohmann::json& object, std::string_view name);

/// "" unless the member is a string.
std::string StringMember(const nlohmann::json& object, std::string_view name);

/// False unless the member is true.
bool BoolMember(const nlohmann::json& object, std::string_view name);

}  // namespace rexray::dvdi
