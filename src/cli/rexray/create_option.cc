#include "cli/rexray/create_option.h"

#include <charconv>
#include <string>

#include "absl/strings/ascii.h"
#include "cli/rexray/terminal_text.h"

#include "base/size.h"
#include "base/status.h"
#include "config/value.h"

namespace rexray::cli {

namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower;
}

struct TextOption {
  std::string_view key;
  std::string CreateOptions::*field;
};

constexpr TextOption kTexts[] = {
    {"fstype", &CreateOptions::fs_type},
    {"newfstype", &CreateOptions::fs_type},
    {"volumetype", &CreateOptions::type},
    {"type", &CreateOptions::type},
    {"availabilityzone", &CreateOptions::zone},
    {"zone", &CreateOptions::zone},
    {"encryptionkey", &CreateOptions::kms_key},
    {"kmskeyid", &CreateOptions::kms_key},
    {"kmskey", &CreateOptions::kms_key},
    {"snapshotid", &CreateOptions::source_snapshot},
    {"snapshotname", &CreateOptions::source_snapshot},
    {"volumeid", &CreateOptions::source_volume},
    {"volumename", &CreateOptions::source_volume},
};

struct BoolOption {
  std::string_view key;
  bool CreateOptions::*field;
};

constexpr BoolOption kBools[] = {
    {"overwritefs", &CreateOptions::overwrite_fs},
    {"freeze", &CreateOptions::freeze_source},
    {"freezesource", &CreateOptions::freeze_source},
    {"thick", &CreateOptions::thick},
};

struct ListOption {
  std::string_view key;
  std::vector<std::string> CreateOptions::*field;
};

constexpr ListOption kLists[] = {
    {"mkfsoptions", &CreateOptions::mkfs_options},
    {"mountoptions", &CreateOptions::mount_options},
};

std::string KnownKeys() {
  std::string known = "size, iops, throughput, encrypted";
  for (const auto& option : kTexts) known += ", " + std::string(option.key);
  for (const auto& option : kBools) known += ", " + std::string(option.key);
  for (const auto& option : kLists) known += ", " + std::string(option.key);
  return known;
}

/// "noatime,data=journal" and "noatime data=journal" are two options.
void AddWords(std::string_view text, std::vector<std::string>* list) {
  while (!text.empty()) {
    const size_t end = text.find_first_of(", ");
    if (end != 0) list->emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace

absl::StatusOr<bool> ParseBool(std::string_view what, std::string_view text) {
  if (const absl::StatusOr<bool> value = config::ParseBool(text); value.ok()) return value;
  return Error(absl::StatusCode::kInvalidArgument, "{}: \"{}\" is not true or false", what,
               TerminalSafe(text));
}

absl::StatusOr<uint64_t> ParseCount(std::string_view what, std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: \"{}\" is not a number", what, TerminalSafe(text));
  }
  return number;
}

absl::Status ApplyCreateOption(std::string_view word, CreateOptions* create) {
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos) {
    return Error(absl::StatusCode::kInvalidArgument, "--opt \"{}\" is not of the form KEY=VALUE",
                 TerminalSafe(word));
  }
  const std::string key = Lower(word.substr(0, equals));
  const std::string_view value = word.substr(equals + 1);
  const std::string what = "--opt " + TerminalSafe(word.substr(0, equals));
  if (key == "size") {
    const absl::StatusOr<uint64_t> size = ParseSize(value);
    if (!size.ok()) return Annotate(size.status(), what);
    create->size = *size;
    return absl::OkStatus();
  }
  if (key == "iops" || key == "throughput") {
    ASSIGN_OR_RETURN(const uint64_t count, ParseCount(what, value));
    (key == "iops" ? create->iops : create->throughput) = count;
    return absl::OkStatus();
  }
  if (key == "encrypted") {
    ASSIGN_OR_RETURN(create->encrypted, ParseBool(what, value));
    return absl::OkStatus();
  }
  for (const TextOption& option : kTexts) {
    if (option.key != key) continue;
    create->*option.field = std::string(value);
    return absl::OkStatus();
  }
  for (const BoolOption& option : kBools) {
    if (option.key != key) continue;
    ASSIGN_OR_RETURN(create->*option.field, ParseBool(what, value));
    return absl::OkStatus();
  }
  for (const ListOption& option : kLists) {
    if (option.key != key) continue;
    AddWords(value, &(create->*option.field));
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kInvalidArgument, "{}: unknown; known are {}", what, KnownKeys());
}

}  // namespace rexray::cli
