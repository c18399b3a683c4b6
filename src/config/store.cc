#include "config/store.h"

#include <algorithm>

#include "fmt/format.h"

#include "base/status.h"
#include "config/text.h"

namespace rexray::config {
namespace {

/// A file of nothing but unknown keys is somebody else's file: the first ones say so.
constexpr int kMostUnknown = 20;

std::string TextOf(const RawValue& value) {
  return value.kind == RawValue::Kind::kList ? fmt::format("{}", fmt::join(value.items, " ")) : value.text;
}

/// An empty text or list: for anything but a string that is "not written", as in REX-Ray, whose defaults are
/// "". `storageDrivers: []` is something else: the operator wants none.
bool MeansUnset(const KeyInfo& info, const RawValue& raw, const std::string& text) {
  const bool can_be_empty =
      info.type == KeyType::kString || info.type == KeyType::kSubPath || raw.kind == RawValue::Kind::kList;
  return text.empty() && !can_be_empty;
}

}  // namespace

absl::Status Store::Add(const Layer& layer) {
  std::map<std::string, Setting> here;
  bool secret = false;
  for (const Written& written : layer.values) {
    const ResolvedKey key = ResolveKey(written.key);
    if (key.info == nullptr) {
      RETURN_IF_ERROR(AddUnknown(written, key));
    }
    RETURN_IF_ERROR(AddValue(written, key, here));
    secret |= key.info != nullptr && key.info->secret && !written.expanded && !written.value.text.empty();
  }
  if (secret && layer.world_readable) {
    warnings_.push_back(fmt::format("{} holds a secret and everybody can read it: run chmod 0600 {}",
                                    layer.name, layer.name));
  }
  for (auto& [id, setting] : here) settings_[id] = std::move(setting);
  ++layers_;
  return absl::OkStatus();
}

absl::Status Store::AddValue(const Written& written, const ResolvedKey& key,
                             std::map<std::string, Setting>& here) {
  Setting setting{.info = key.info,
                  .written_key = written.key,
                  .text = TextOf(written.value),
                  .origin = written.origin,
                  .message_origin = written.message_origin,
                  .layer = layers_,
                  .rank = key.rank};
  if (key.info != nullptr && key.info->status == KeyStatus::kHonoured) {
    auto text = CanonicalValue(*key.info, written.value);
    if (!text.ok()) {
      return Error(text.status().code(), "{}: {}: {}", written.message_origin, written.key,
                   MessageOf(text.status()));
    }
    setting.text = *std::move(text);
    if (MeansUnset(*key.info, written.value, setting.text)) return absl::OkStatus();
  }
  Remember(key);
  if (!key.scope.empty() && key.info != nullptr && !key.info->per_service &&
      key.info->key.find(".NAME.") == std::string::npos && Once(key.id())) {
    warnings_.push_back(fmt::format("{}: {} has no effect here: {} is one setting for all services",
                                    written.message_origin, written.key, key.info->key));
  }
  const auto [present, fresh] = here.try_emplace(key.id(), setting);
  if (!fresh) Choose(std::move(setting), present->second);
  return absl::OkStatus();
}

/// Two names of one setting in one place, or one name twice.
void Store::Choose(Setting fresh, Setting& present) {
  const bool replaces = fresh.rank <= present.rank;
  Setting& winner = replaces ? fresh : present;
  Setting& loser = replaces ? present : fresh;
  if (winner.rank != loser.rank && winner.text != loser.text) {
    warnings_.push_back(fmt::format("{}: {} is another name of {} ({}), which says something else and wins",
                                    loser.message_origin, loser.written_key, winner.written_key,
                                    winner.message_origin));
  }
  if (replaces) present = std::move(fresh);
}

absl::Status Store::AddUnknown(const Written& written, const ResolvedKey& key) {
  const KeyShape shape = ShapeOf(key);
  if (!shape.problem.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: {}: {}", written.message_origin, written.key,
                 shape.problem);
  }
  if (shape.known || !Once(key.id())) return absl::OkStatus();
  if (++unknown_ == kMostUnknown + 1) {
    warnings_.push_back(fmt::format("{}: {} and what follows: more unknown keys, not listed",
                                    written.message_origin, written.key));
  }
  if (unknown_ > kMostUnknown) return absl::OkStatus();
  warnings_.push_back(fmt::format("{}: the key {} is unknown and has no effect{}", written.message_origin,
                                  written.key, NearestKeyHint(written.key)));
  return absl::OkStatus();
}

void Store::Remember(const ResolvedKey& key) {
  if (key.scope.empty()) return;
  const std::string section = key.scope.substr(0, key.scope.size() - key.name.size());
  std::vector<std::string>* names = section == kModules    ? &modules_
                                    : section == kServices ? &services_
                                                           : nullptr;
  if (names != nullptr && std::find(names->begin(), names->end(), key.name) == names->end()) {
    names->push_back(key.name);
  }
}

const Setting* Store::Find(std::string_view scope, std::string_view setting) const {
  std::string id(scope);
  if (!id.empty()) id += '.';
  id += setting;
  const auto found = settings_.find(id);
  return found == settings_.end() ? nullptr : &found->second;
}

std::set<std::string> Store::names() const {
  std::set<std::string> names{"default-docker", "default-admin", "default-csi"};
  names.insert(modules_.begin(), modules_.end());
  names.insert(services_.begin(), services_.end());
  return names;
}

}  // namespace rexray::config
