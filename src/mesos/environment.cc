#include "mesos/environment.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "base/status.h"
#include "dvdi/volume_options.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

constexpr std::string_view kPrefix = "DVDI_VOLUME_";
constexpr std::string_view kDefaultDriver = "rexray";
constexpr size_t kMostDigits = 9;

enum class Field { kName, kDriver, kOptions, kContainerPath, kMode, kExplicitCreate, kDvdcli };

struct FieldName {
  std::string_view text;
  Field field;
};
constexpr std::array<FieldName, 7> kFields{{{"NAME", Field::kName},
                                            {"DRIVER", Field::kDriver},
                                            {"OPTS", Field::kOptions},
                                            {"CONTAINERPATH", Field::kContainerPath},
                                            {"MODE", Field::kMode},
                                            {"EXPLICITCREATE", Field::kExplicitCreate},
                                            {"DVDCLI", Field::kDvdcli}}};

struct Variable {
  std::string name;  ///< as written
  std::string value;
};
using Slot = std::map<Field, Variable>;

struct Place {
  Field field;
  int number;
};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

absl::Status Illegal(std::string_view variable, const absl::Status& why) {
  return Error(absl::StatusCode::kInvalidArgument, "prepare() failed due to illegal {}: {}", variable,
               MessageOf(why));
}

/// nullopt: none of ours ("DVDI_VOLUME_NAMESPACE").
absl::StatusOr<std::optional<Place>> PlaceOf(std::string_view variable) {
  const std::string_view rest = variable.substr(kPrefix.size());
  for (const auto& [text, field] : kFields) {
    if (!rest.starts_with(text)) continue;
    const std::string_view digits = rest.substr(text.size());
    if (digits.empty()) return Place{field, 0};
    if (!IsDigit(digits.front())) continue;
    int number = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.size() > kMostDigits || result.ptr != digits.data() + digits.size()) {
      return Error(
          absl::StatusCode::kInvalidArgument,
          "prepare() failed due to illegal {}: what follows {}{} is not a number of at most {} digits",
          Quoted(variable), kPrefix, text, kMostDigits);
    }
    return Place{field, number};
  }
  return std::nullopt;
}

/// DVDI_VOLUME_X and DVDI_VOLUME_X0 (or X1 and X01) are one variable; they must not contradict each other.
absl::Status Put(Slot& slot, Field field, Variable variable) {
  const auto [at, added] = slot.emplace(field, variable);
  if (added || at->second.value == variable.value) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument,
               "prepare() failed: {} and {} mean the same variable but have different values",
               at->second.name, variable.name);
}

absl::StatusOr<std::map<int, Slot>> ReadSlots(const EnvironmentVariables& environment,
                                              std::vector<std::string>& warnings) {
  // In the order of first appearance the last value wins, as in a shell's environment.
  std::map<std::string_view, std::string_view> last;
  for (const auto& [name, value] : environment) {
    if (name.starts_with(kPrefix)) last[name] = value;
  }
  std::map<int, Slot> slots;
  for (const auto& [name, value] : last) {
    ASSIGN_OR_RETURN(const std::optional<Place> place, PlaceOf(name));
    if (!place) {
      warnings.push_back(
          fmt::format("environment variable {} is not one of ours and is ignored", Quoted(name)));
      continue;
    }
    Variable variable{std::string(name), std::string(value)};
    RETURN_IF_ERROR(Put(slots[place->number], place->field, std::move(variable)));
  }
  return slots;
}

std::string LowerTrimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  std::string lower(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

/// "a=1,b=x,y" is a: "1", b: "x,y": Marathon joins options without escaping commas. Empty parts have never
/// meant anything here.
absl::StatusOr<DriverOptions> ParseOptions(std::string_view text) {
  std::string joined;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (part.empty()) continue;
    if (!joined.empty()) joined += ',';
    joined += part;
  }
  DriverOptions options;
  if (joined.empty()) return options;
  RETURN_IF_ERROR(ValidateOptionValue(joined));
  RETURN_IF_ERROR(dvdi::AddVolumeOptions(joined, options));
  for (const auto& [key, value] : options) RETURN_IF_ERROR(ValidateOptionKey(key));
  return options;
}

absl::StatusOr<bool> ParseMode(std::string_view text) {
  const std::string mode = LowerTrimmed(text);
  if (mode == "ro") return true;
  if (mode.empty() || mode == "rw") return false;
  return Error(absl::StatusCode::kInvalidArgument, "{} is neither \"rw\" nor \"ro\"", Quoted(text));
}

/// The fields of one number, with errors that name the variable.
class SlotReader {
 public:
  SlotReader(const Slot& slot, std::vector<std::string>& warnings) : slot_(slot), warnings_(warnings) {}

  absl::StatusOr<VolumeRequest> Read() {
    VolumeRequest request;
    request.key.name = slot_.at(Field::kName).value;
    RETURN_IF_ERROR(Check(Field::kName, ValidateVolumeName(request.key.name)));
    const Variable* const driver = Find(Field::kDriver);
    request.key.driver = driver == nullptr || driver->value.empty() ? kDefaultDriver : driver->value;
    RETURN_IF_ERROR(Check(Field::kDriver, ValidateDriverName(request.key.driver)));
    RETURN_IF_ERROR(ReadOptions(request));
    RETURN_IF_ERROR(ReadBind(request));
    ReadExplicitCreate(request);
    if (const Variable* const dvdcli = Find(Field::kDvdcli)) {
      warnings_.push_back(fmt::format(
          "{} is ignored: which dvdcli is executed is for the operator to say (module parameter dvdcli)",
          dvdcli->name));
    }
    return request;
  }

 private:
  const Variable* Find(Field field) const {
    const auto at = slot_.find(field);
    return at == slot_.end() ? nullptr : &at->second;
  }

  absl::Status Check(Field field, const absl::Status& status) const {
    if (status.ok()) return status;
    return Illegal(Find(field)->name, status);
  }

  absl::Status ReadOptions(VolumeRequest& request) const {
    const Variable* const options = Find(Field::kOptions);
    if (options == nullptr) return absl::OkStatus();
    auto parsed = ParseOptions(options->value);
    RETURN_IF_ERROR(Check(Field::kOptions, parsed.status()));
    request.options = *std::move(parsed);
    return absl::OkStatus();
  }

  absl::Status ReadBind(VolumeRequest& request) const {
    BindRequest bind;
    if (const Variable* const mode = Find(Field::kMode)) {
      const auto read_only = ParseMode(mode->value);
      RETURN_IF_ERROR(Check(Field::kMode, read_only.status()));
      bind.read_only = *read_only;
    }
    const Variable* const path = Find(Field::kContainerPath);
    if (path == nullptr || path->value.empty()) {
      if (!bind.read_only) return absl::OkStatus();
      // Without a path of its own the container sees the host's mount, which is writable for others too.
      return Check(Field::kMode, Error(absl::StatusCode::kInvalidArgument,
                                       "read-only needs a DVDI_VOLUME_CONTAINERPATH for volume {}",
                                       Quoted(request.key.name)));
    }
    auto normal = NormalContainerPath(path->value);
    RETURN_IF_ERROR(Check(Field::kContainerPath, normal.status()));
    bind.container_path = *std::move(normal);
    request.binds.push_back(std::move(bind));
    return absl::OkStatus();
  }

  void ReadExplicitCreate(VolumeRequest& request) {
    const Variable* const variable = Find(Field::kExplicitCreate);
    if (variable == nullptr) return;
    const std::string text = LowerTrimmed(variable->value);
    request.explicit_create = text == "true";
    if (text != "true" && text != "false" && !text.empty()) {
      warnings_.push_back(fmt::format("{} is {}, not \"true\": a missing volume will be created",
                                      variable->name, Quoted(variable->value)));
    }
  }

  const Slot& slot_;
  std::vector<std::string>& warnings_;
};

/// Row 8 and 9 of the outcome table: the same volume again without a path is ignored; with another path it is
/// bound there too.
void Merge(VolumeRequest&& request, ParsedEnvironment& parsed) {
  const auto same = std::find_if(parsed.volumes.begin(), parsed.volumes.end(),
                                 [&](const VolumeRequest& other) { return other.key == request.key; });
  if (same == parsed.volumes.end()) {
    parsed.volumes.push_back(std::move(request));
    return;
  }
  same->explicit_create = same->explicit_create || request.explicit_create;
  if (request.binds.empty()) {
    parsed.warnings.push_back(
        fmt::format("Duplicate mount request({}) in environment will be ignored", Text(request.key)));
  }
  for (BindRequest& bind : request.binds) same->binds.push_back(std::move(bind));
}

/// Two binds at one place, or one inside the other, would hide each other.
absl::Status CheckOverlaps(const std::vector<VolumeRequest>& volumes) {
  std::vector<std::pair<std::string_view, const VolumeRequest*>> paths;
  for (const VolumeRequest& volume : volumes) {
    for (const BindRequest& bind : volume.binds) paths.emplace_back(bind.container_path, &volume);
  }
  // A path sorts directly before what is inside it once "/" sorts before everything else.
  const auto less = [](std::string_view a, std::string_view b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      return (x == '/' ? 0 : static_cast<unsigned char>(x)) < (y == '/' ? 0 : static_cast<unsigned char>(y));
    });
  };
  std::sort(paths.begin(), paths.end(),
            [&less](const auto& a, const auto& b) { return less(a.first, b.first); });
  for (size_t i = 1; i < paths.size(); ++i) {
    if (!IsInside(paths[i].first, paths[i - 1].first)) continue;
    return Error(absl::StatusCode::kInvalidArgument,
                 "prepare() failed, duplicated mount with containerpath: {} of volume {} and {} of volume {} "
                 "cover each other; give each volume a directory of its own",
                 Quoted(paths[i - 1].first), Text(paths[i - 1].second->key), Quoted(paths[i].first),
                 Text(paths[i].second->key));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ParsedEnvironment> ParseEnvironment(const EnvironmentVariables& environment) {
  ParsedEnvironment parsed;
  ASSIGN_OR_RETURN(const auto slots, ReadSlots(environment, parsed.warnings));
  for (const auto& [number, slot] : slots) {
    const auto name = slot.find(Field::kName);
    if (name == slot.end() || name->second.value.empty()) {
      parsed.warnings.push_back(
          fmt::format("{} is ignored: its number has no DVDI_VOLUME_NAME", slot.begin()->second.name));
      continue;
    }
    ASSIGN_OR_RETURN(VolumeRequest request, SlotReader(slot, parsed.warnings).Read());
    Merge(std::move(request), parsed);
  }
  RETURN_IF_ERROR(CheckOverlaps(parsed.volumes));
  return parsed;
}

}  // namespace rexray::mesos
