#include "dvdi/json_members.h"

#include <algorithm>

namespace rexray::dvdi {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool SameButForCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace

const nlohmann::json* FindMember(const nlohmann::json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  auto found = object.find(name);
  if (found == object.end()) {
    found = object.begin();
    while (found != object.end() && !SameButForCase(found.key(), name)) ++found;
  }
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string StringMember(const nlohmann::json& object, std::string_view name) {
  const nlohmann::json* const member = FindMember(object, name);
  return member != nullptr && member->is_string() ? member->get<std::string>() : std::string();
}

bool BoolMember(const nlohmann::json& object, std::string_view name) {
  const nlohmann::json* const member = FindMember(object, name);
  return member != nullptr && member->is_boolean() && member->get<bool>();
}

}  // namespace rexray::dvdi
