#include "config/known_keys.h"

#include <algorithm>
#include <unordered_map>

#include "config/key_tables.h"
#include "config/text.h"

namespace rexray::config {
namespace {

bool HasPlaceholder(std::string_view key) {
  return key.find(".NAME.") != std::string_view::npos;
}

std::vector<KeyInfo> BuildTable() {
  std::vector<KeyInfo> table = HonouredKeys();
  for (KeyInfo& info : AcceptedKeys()) table.push_back(std::move(info));
  std::sort(table.begin(), table.end(),
            [](const KeyInfo& a, const KeyInfo& b) { return Lower(a.key) < Lower(b.key); });
  return table;
}

}  // namespace

const std::vector<KeyInfo>& KnownKeys() {
  static const std::vector<KeyInfo>& table = *new std::vector<KeyInfo>(BuildTable());
  return table;
}

const std::vector<std::string>& EnvironmentOnlyNames() {
  static const std::vector<std::string>& names = *new std::vector<std::string>{
      "DOCKER_LEGACY",
      "GOFIG_DISABLE_ENVVAR_SUBSTITUTION",
      "LIBSTORAGE_LOGGING_LEVEL",
      "REXRAY_CPU_PROFILE",
      "REXRAY_DEBUG",
      "REXRAY_FORMAT",
      "REXRAY_HOME",
      "REXRAY_HOME_ETC",
      "REXRAY_HOME_ETC_TLS",
      "REXRAY_HOME_LIB",
      "REXRAY_HOME_LOG",
      "REXRAY_HOME_RUN",
      "REXRAY_PROFILE_ADDR",
      "REXRAY_TRACE_PROFILE",
      "X_CSI_NATIVE",
  };
  return names;
}

std::vector<std::string> NamesOf(const KeyInfo& info) {
  std::vector<std::string> names = info.newer;
  names.push_back(info.key);
  names.insert(names.end(), info.older.begin(), info.older.end());
  return names;
}

std::string EnvironmentName(std::string_view key) {
  std::string name = Upper(key);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

std::string FlagName(std::string_view key) {
  std::string flag;
  bool start = true;
  for (const char c : key) {
    if (c == '.') {
      start = true;
      continue;
    }
    const std::string letter(1, c);
    flag += !start ? letter : flag.empty() ? Lower(letter) : Upper(letter);
    start = false;
  }
  return flag;
}

std::vector<std::string> FlagNamesOf(const KeyInfo& info) {
  std::vector<std::string> flags;
  if (!info.flag.empty()) flags.push_back(info.flag);
  for (const std::string& name : NamesOf(info)) {
    if (!HasPlaceholder(name)) flags.push_back(FlagName(name));
  }
  return flags;
}

const KeyInfo* FindKey(std::string_view name) {
  static const auto& index = *[] {
    auto* map = new std::unordered_map<std::string, const KeyInfo*>;
    for (const KeyInfo& info : KnownKeys()) {
      for (const std::string& known : NamesOf(info)) map->emplace(Lower(known), &info);
    }
    return map;
  }();
  const auto found = index.find(Lower(name));
  return found == index.end() ? nullptr : found->second;
}

}  // namespace rexray::config
