#include "config/scope.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "config/text.h"

namespace rexray::config {
namespace {

struct Named {
  const KeyInfo* info = nullptr;
  int rank = 0;
};

const std::unordered_map<std::string, Named>& Index() {
  static const auto& index = *[] {
    auto* map = new std::unordered_map<std::string, Named>;
    for (const KeyInfo& info : KnownKeys()) {
      int rank = 0;
      for (const std::string& name : NamesOf(info)) map->emplace(Lower(name), Named{&info, rank++});
    }
    return map;
  }();
  return index;
}

struct LowerName {
  std::string lower;
  std::string written;
  const KeyInfo* info;
};

/// Every name of every key, in the table's order.
const std::vector<LowerName>& AllNames() {
  static const auto& all = *[] {
    auto* list = new std::vector<LowerName>;
    for (const KeyInfo& info : KnownKeys()) {
      for (const std::string& name : NamesOf(info)) list->push_back({Lower(name), name, &info});
    }
    return list;
  }();
  return all;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// Fills in scope and name when `lower` stands below `section`; the rest stays in `lower`.
bool TakeScope(std::string_view section, std::string_view& lower, ResolvedKey& out) {
  if (!StartsWith(lower, section)) return false;
  const std::string_view below = lower.substr(section.size());
  const size_t dot = below.find('.');
  if (dot == below.npos || dot == 0) return false;
  out.name = below.substr(0, dot);
  out.scope = std::string(section) + out.name;
  lower = below.substr(dot + 1);
  return true;
}

/// "rexray.modules.NAME.host": the pattern's last part.
std::string_view AfterPlaceholder(std::string_view key) {
  constexpr std::string_view kPlaceholder = ".NAME.";
  const size_t at = key.find(kPlaceholder);
  return at == key.npos ? std::string_view() : key.substr(at + kPlaceholder.size());
}

void Find(std::string_view pattern, const std::string& rest, ResolvedKey& out) {
  const auto own = Index().find(Lower(pattern) + rest);
  if (!pattern.empty() && own != Index().end()) {
    out.info = own->second.info;
    out.setting = Lower(AfterPlaceholder(out.info->key));
    return;
  }
  const auto global = Index().find(rest);
  if (global == Index().end() || !AfterPlaceholder(global->second.info->key).empty()) return;
  out.info = global->second.info;
  out.rank = global->second.rank;
  out.setting = Lower(out.info->key);
}

/// True below the section of a driver that this build does not have: its keys are that driver's affair.
bool InForeignSection(const ResolvedKey& key) {
  const std::string section = key.setting.substr(0, key.setting.find('.') + 1);
  // Sections of the program itself are no driver's, whether or not one of their keys has an effect.
  if (section.empty() || section == "csi." || section == "libstorage." || section == "rexray.") return false;
  bool known = false;
  for (const LowerName& name : AllNames()) {
    if (!StartsWith(name.lower, section)) continue;
    if (name.info->status == KeyStatus::kHonoured) return false;
    known = true;
  }
  return known;
}

}  // namespace

ResolvedKey ResolveKey(std::string_view written) {
  const std::string whole = Lower(written);
  std::string_view rest = whole;
  ResolvedKey out;
  std::string pattern;
  if (TakeScope(kModules, rest, out)) {
    pattern = std::string(kModules) + "NAME.";
  } else if (TakeScope(kServices, rest, out)) {
    pattern = std::string(kServices) + "NAME.";
  } else if (constexpr char kEndpoints[] = "libstorage.server.endpoints."; TakeScope(kEndpoints, rest, out)) {
    pattern = std::string(kEndpoints) + "NAME.";
  }
  out.setting = rest;
  Find(pattern, std::string(rest), out);
  return out;
}

std::string NearestKeyHint(std::string_view written) {
  const ResolvedKey key = ResolveKey(written);
  const std::string& text = key.setting;
  const size_t limit = std::clamp<size_t>(text.size() / 4, 2, 8);
  const std::string last = text.substr(text.rfind('.') + 1);
  size_t best = limit + 1;
  std::string nearest;
  std::string same_last;
  for (const KeyInfo& info : KnownKeys()) {
    std::vector<std::string> names = NamesOf(info);
    if (!key.scope.empty() && StartsWith(Lower(info.key), key.scope.substr(0, key.scope.rfind('.') + 1))) {
      names = {std::string(AfterPlaceholder(info.key))};
    }
    for (const std::string& name : names) {
      const std::string lower = Lower(name);
      if (const size_t edits = EditDistance(text, lower, limit); edits < best) {
        best = edits;
        nearest = name;
      }
      if (info.status == KeyStatus::kHonoured && same_last.empty() &&
          lower.substr(lower.rfind('.') + 1) == last)
        same_last = info.key;
    }
  }
  if (nearest.empty()) nearest = same_last;
  if (nearest.empty()) return "";
  const bool scoped = !key.scope.empty() && nearest.find(".NAME.") == std::string::npos;
  return fmt::format("; the nearest known key is {}{}", scoped ? key.scope + "." : "", nearest);
}

KeyShape ShapeOf(const ResolvedKey& key) {
  constexpr char kSection[] = "this is a section of keys, not a key with a value";
  const std::string section = key.id() + ".";
  for (const std::string_view family : {kModules, kServices}) {
    if (key.scope.empty() && StartsWith(section, family)) return {.known = true, .problem = kSection};
  }
  const std::string below_setting = key.setting + ".";
  KeyShape shape;
  for (const LowerName& name : AllNames()) {
    const bool above = StartsWith(name.lower, section) || StartsWith(name.lower, below_setting);
    const bool below = StartsWith(key.setting, name.lower) && key.setting[name.lower.size()] == '.';
    if (!above && !below) continue;
    shape.known = true;
    // What has no effect cannot be wrong: `libstorage.tls: insecure` was a way to write that section.
    if (name.info->status != KeyStatus::kHonoured) continue;
    shape.problem = above ? kSection : fmt::format("{} takes a value, not a section", name.written);
    return shape;
  }
  if (!shape.known) shape.known = InForeignSection(key);
  return shape;
}

}  // namespace rexray::config
