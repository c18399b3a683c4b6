#include "cli/rexray/setting_flags.h"

#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

#include "base/status.h"
#include "config/known_keys.h"

namespace rexray::cli {

namespace {

/// In lower case: the originals spelled some keys' flags in several ways.
const config::KeyInfo* KeyOfFlag(std::string_view flag) {
  static const auto& index = *[] {
    auto* map = new std::unordered_map<std::string, const config::KeyInfo*>;
    for (const config::KeyInfo& key : config::KnownKeys()) {
      for (const std::string& name : config::FlagNamesOf(key))
        map->emplace(absl::AsciiStrToLower(name), &key);
    }
    for (const char* own : {"loglevel", "preempt"}) map->erase(own);
    return map;
  }();
  const auto found = index.find(absl::AsciiStrToLower({flag.data(), flag.size()}));
  return found == index.end() ? nullptr : found->second;
}

}  // namespace

absl::Status TakeSettingFlags(std::vector<std::string>* words, std::map<std::string, std::string>* settings) {
  std::vector<std::string> kept;
  for (size_t at = 0; at < words->size(); ++at) {
    const std::string& word = (*words)[at];
    if (word == "--") {
      kept.insert(kept.end(), words->begin() + static_cast<std::ptrdiff_t>(at), words->end());
      break;
    }
    const size_t equals = word.find('=');
    const std::string flag = word.substr(0, equals);
    const config::KeyInfo* key = absl::StartsWith(flag, "--") ? KeyOfFlag(flag.substr(2)) : nullptr;
    if (key == nullptr) {
      kept.push_back(word);
    } else if (equals != std::string::npos) {
      (*settings)[key->key] = word.substr(equals + 1);
    } else if (key->type == config::KeyType::kBool) {
      (*settings)[key->key] = "true";
    } else if (at + 1 < words->size()) {
      (*settings)[key->key] = (*words)[++at];
    } else {
      return Error(absl::StatusCode::kInvalidArgument, "{} needs a value: it sets {}", flag, key->key);
    }
  }
  *words = std::move(kept);
  return absl::OkStatus();
}

}  // namespace rexray::cli
