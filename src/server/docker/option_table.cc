#include "server/docker/option_table.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/strings/ascii.h"
#include "fmt/ranges.h"

#include "base/logging.h"
#include "base/size.h"
#include "base/status.h"
#include "volume/mount_options.h"
#include "volume/volume_name.h"

namespace rexray::server::docker {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr size_t kMaxValue = 4096;

// The parsers. Each gets the value as it came and says only what is wrong with it; the caller adds which
// option it was.

absl::Status SetSize(std::string_view value, CreateSpec& spec) {
  ASSIGN_OR_RETURN(spec.size, ParseSize(value));
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ParseWhole(std::string_view value) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) {
    return Error(kInvalid, "it must be a whole number");
  }
  return number;
}

/// 0 means "not given": REX-Ray sends an iops of its own only above 0.
absl::StatusOr<std::optional<uint64_t>> ParseRate(std::string_view value) {
  ASSIGN_OR_RETURN(const uint64_t number, ParseWhole(value));
  return number == 0 ? std::nullopt : std::optional<uint64_t>(number);
}

absl::Status SetIops(std::string_view value, CreateSpec& spec) {
  ASSIGN_OR_RETURN(spec.iops, ParseRate(value));
  return absl::OkStatus();
}

absl::Status SetThroughput(std::string_view value, CreateSpec& spec) {
  ASSIGN_OR_RETURN(spec.throughput, ParseRate(value));
  return absl::OkStatus();
}

/// What Go's strconv.ParseBool takes, and yes and no, in any letter case.
absl::StatusOr<bool> ParseBool(std::string_view value) {
  const std::string word = absl::AsciiStrToLower(std::string(value));
  if (word == "true" || word == "t" || word == "1" || word == "yes") return true;
  if (word == "false" || word == "f" || word == "0" || word == "no") return false;
  return Error(kInvalid, "it must be true or false");
}

template <auto kField>
absl::Status SetBool(std::string_view value, CreateSpec& spec) {
  ASSIGN_OR_RETURN(spec.*kField, ParseBool(value));
  return absl::OkStatus();
}

template <auto kField>
absl::Status SetText(std::string_view value, CreateSpec& spec) {
  if (!value.empty()) spec.*kField = std::string(value);
  return absl::OkStatus();
}

absl::Status SetFsType(std::string_view value, CreateSpec& spec) {
  const std::string fs_type = absl::AsciiStrToLower(std::string(value));
  RETURN_IF_ERROR(ValidateFsType(fs_type));
  return SetText<&CreateSpec::fs_type>(fs_type, spec);
}

absl::Status SetProvision(std::string_view value, CreateSpec& spec) {
  const std::string word = absl::AsciiStrToLower(std::string(value));
  if (word != "thin" && word != "thick") return Error(kInvalid, "it must be thin or thick");
  spec.thick = word == "thick";
  return absl::OkStatus();
}

absl::Status SetMountOptions(std::string_view value, CreateSpec& spec) {
  ASSIGN_OR_RETURN(spec.mount_options, ParseMountOptions(value));
  return absl::OkStatus();
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// Words as mkfs takes them. Which of them a file system's mkfs may be given is decided where it is known
/// which one it is; here only what can never be right is refused: a path names another device or a file.
absl::Status SetMkfsOptions(std::string_view value, CreateSpec& spec) {
  const std::vector<std::string_view> words = Split(value, ' ');
  if (!words.empty() && !words.front().starts_with('-')) {
    return Error(kInvalid, "it must begin with an option of mkfs, such as \"-m 0\"");
  }
  for (const std::string_view word : words) {
    const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
      return absl::ascii_isalnum(c) ||
             std::string_view("-_=,.:^+").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (!plain)
      return Error(kInvalid, "its word \"{}\" holds more than letters, digits and -_=,.:^+", Printable(word));
  }
  spec.mkfs_options.assign(words.begin(), words.end());
  return absl::OkStatus();
}

/// "team=db,env=prod".
absl::Status SetTags(std::string_view value, CreateSpec& spec) {
  for (const std::string_view pair : Split(value, ',')) {
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return Error(kInvalid, "\"{}\" is not KEY=VALUE; it must be a list such as team=db,env=prod",
                   Printable(pair));
    }
    const auto [at, fresh] =
        spec.tags.emplace(std::string(pair.substr(0, equals)), std::string(pair.substr(equals + 1)));
    if (!fresh) return Error(kInvalid, "the tag \"{}\" is given twice", Printable(at->first));
  }
  return absl::OkStatus();
}

struct Row {
  std::string_view name;                  ///< as an error lists it
  std::vector<std::string_view> aliases;  ///< lower case
  absl::Status (*set)(std::string_view value, CreateSpec& spec);
};

// REX-Ray 0.3.3: size iops volumeType availabilityZone volumeName volumeID snapshotName snapshotID newFsType
// overwriteFs. 0.11.4 besides: type, encrypted, encryptionKey.
const std::vector<Row>& Rows() {
  static const auto* rows = new std::vector<Row>{
      {"availabilityZone", {"availabilityzone", "zone"}, SetText<&CreateSpec::zone>},
      {"encrypted", {"encrypted"}, SetBool<&CreateSpec::encrypted>},
      {"freeze", {"freeze"}, SetBool<&CreateSpec::freeze_source>},
      {"fsType", {"fstype", "newfstype", "fs"}, SetFsType},
      {"iops", {"iops"}, SetIops},
      {"kmsKeyId", {"kmskeyid", "kmskey", "encryptionkey"}, SetText<&CreateSpec::kms_key>},
      {"mkfsOptions", {"mkfsoptions"}, SetMkfsOptions},
      {"mountOptions", {"mountoptions", "mountopts", "o"}, SetMountOptions},
      {"overwriteFs", {"overwritefs"}, SetBool<&CreateSpec::overwrite_fs>},
      {"provision", {"provision"}, SetProvision},
      {"size", {"size"}, SetSize},
      {"snapshotID", {"snapshotid", "snapshotname"}, SetText<&CreateSpec::source_snapshot>},
      {"tags", {"tags"}, SetTags},
      {"throughput", {"throughput"}, SetThroughput},
      {"volumeID", {"volumeid", "volumename"}, SetText<&CreateSpec::source_volume>},
      {"volumeType", {"volumetype", "type"}, SetText<&CreateSpec::type>},
  };
  return *rows;
}

const Row* FindRow(std::string_view name) {
  const std::string wanted = absl::AsciiStrToLower(std::string(name));
  for (const Row& row : Rows()) {
    for (const std::string_view alias : row.aliases) {
      if (wanted == alias) return &row;
    }
  }
  return nullptr;
}

absl::Status Unknown(std::string_view name, UnknownOptions unknown) {
  if (unknown == UnknownOptions::kWarn) {
    LogWarn("an unknown volume option is ignored (docker.unknownOptions: warn)",
            {{"option", Printable(name)}});
    return absl::OkStatus();
  }
  return Error(kInvalid,
               "unknown volume option \"{}\"; known are {} (docker.unknownOptions: warn ignores others)",
               Printable(name), fmt::join(KnownOptions(), ", "));
}

absl::Status Apply(const Row& row, const std::string& name, const std::string& value, CreateSpec& spec) {
  const auto refused = [&](std::string_view why) {
    return Error(kInvalid, "volume option {}=\"{}\": {}", Printable(name), Printable(value), why);
  };
  if (value.size() > kMaxValue) return refused("it is longer than 4096 bytes");
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(value.begin(), value.end(), is_control)) return refused("it holds a control character");
  const absl::Status set = row.set(value, spec);
  return set.ok() ? set : refused(MessageOf(set));
}

}  // namespace

absl::Status ApplyOptions(const Options& options, UnknownOptions unknown, CreateSpec& spec) {
  std::map<const Row*, const std::pair<std::string, std::string>*> given;
  for (const auto& option : options) {
    const Row* row = FindRow(option.first);
    if (row == nullptr) {
      RETURN_IF_ERROR(Unknown(option.first, unknown));
      continue;
    }
    const auto [before, fresh] = given.emplace(row, &option);
    if (!fresh) {
      if (before->second->second == option.second) continue;
      return Error(kInvalid, "volume options {}=\"{}\" and {}=\"{}\" contradict each other: give {} once",
                   before->second->first, Printable(before->second->second), option.first,
                   Printable(option.second), row->name);
    }
    RETURN_IF_ERROR(Apply(*row, option.first, option.second, spec));
  }
  return absl::OkStatus();
}

std::vector<std::string> KnownOptions() {
  std::vector<std::string> names;
  for (const Row& row : Rows()) names.emplace_back(row.name);
  return names;
}

}  // namespace rexray::server::docker
