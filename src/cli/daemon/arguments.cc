#include "cli/daemon/arguments.h"

#include <strings.h>

#include <charconv>

#include "base/status.h"
#include "config/known_keys.h"

namespace rexray::daemon {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

const config::KeyInfo* KeyOfFlag(const std::string& name) {
  if (const config::KeyInfo* key = config::FindKey(name)) return key;
  for (const config::KeyInfo& key : config::KnownKeys()) {
    for (const std::string& flag : config::FlagNamesOf(key)) {
      if (strcasecmp(flag.c_str(), name.c_str()) == 0) return &key;
    }
  }
  return nullptr;
}

absl::StatusOr<int> ParseDescriptor(const std::string& text) {
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0) return number;
  return Error(kInvalid, "--ready-fd \"{}\" is not a file descriptor", text);
}

absl::Status Set(const std::string& name, const std::string& value, Arguments& out) {
  if (name == "c" || name == "config") {
    out.config_file = value;
  } else if (name == "ready-fd") {
    ASSIGN_OR_RETURN(out.ready_fd, ParseDescriptor(value));
  } else if (name == "l" || name == "log-level") {
    out.flags["rexray.logLevel"] = value;
  } else if (const config::KeyInfo* key = KeyOfFlag(name)) {
    out.flags[key->key] = value;
  } else {
    return Error(kInvalid, "unknown option \"{}{}\"", name.size() == 1 ? "-" : "--", name);
  }
  return absl::OkStatus();
}

/// Those that take no value. True when `word` is one.
bool SetAlone(const std::string& word, Arguments& out) {
  if (word == "--diagnose") {
    out.diagnose = true;
  } else if (word == "--version") {
    out.version = true;
  } else if (word == "--help" || word == "-h") {
    out.help = true;
  } else {
    return word == "-f" || word == "--foreground";  // what it does anyhow
  }
  return true;
}

}  // namespace

absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& words) {
  Arguments out;
  for (size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (SetAlone(word, out)) continue;
    const size_t dashes = word.find_first_not_of('-');
    if (dashes == std::string::npos || (dashes != 1 && dashes != 2)) {
      return Error(kInvalid, "unexpected argument \"{}\"", word);
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(dashes, equals == std::string::npos ? equals : equals - dashes);
    if (equals != std::string::npos) {
      RETURN_IF_ERROR(Set(name, word.substr(equals + 1), out));
    } else if (at + 1 < words.size()) {
      RETURN_IF_ERROR(Set(name, words[++at], out));
    } else {
      return Error(kInvalid, "option \"{}\" needs a value", word);
    }
  }
  return out;
}

const char kUsage[] =
    "usage: rexrayd [-c|--config FILE] [-l|--log-level LEVEL] [--KEY VALUE]... [--ready-fd N]\n"
    "\n"
    "The volume daemon, in the foreground. \"rexray start\" runs it in the background.\n"
    "KEY is any configuration key (--docker.size 10GiB); \"rexray env\" lists them.\n";

}  // namespace rexray::daemon
