#include "mesos/options.h"

#include <array>
#include <charconv>
#include <functional>
#include <map>

#include "base/status.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

absl::StatusOr<std::string> AbsolutePath(std::string_view text) {
  if (!text.starts_with('/') || text.size() < 2) {
    return Error(absl::StatusCode::kInvalidArgument, "{} is invalid, must start with /", Quoted(text));
  }
  return NormalContainerPath(text);
}

/// Separated by commas; blanks around an entry do not count, nor do empty entries.
std::vector<std::string> Entries(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view entry = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    if (!entry.empty()) entries.emplace_back(entry);
  }
  return entries;
}

absl::StatusOr<std::vector<std::string>> Paths(std::string_view text) {
  std::vector<std::string> paths;
  for (const std::string& entry : Entries(text)) {
    ASSIGN_OR_RETURN(std::string path, AbsolutePath(entry));
    paths.push_back(std::move(path));
  }
  return paths;
}

absl::StatusOr<std::vector<std::string>> Drivers(std::string_view text) {
  std::vector<std::string> drivers = Entries(text);
  for (const std::string& driver : drivers) RETURN_IF_ERROR(ValidateDriverName(driver));
  return drivers;
}

absl::StatusOr<bool> TrueOrFalse(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Error(absl::StatusCode::kInvalidArgument, "{} is neither \"true\" nor \"false\"", Quoted(text));
}

template <typename Value>
absl::Status Set(Value& target, absl::StatusOr<Value> value) {
  if (!value.ok()) return value.status();
  target = *std::move(value);
  return absl::OkStatus();
}

using Setter = std::function<absl::Status(IsolatorOptions&, const std::string&)>;

const std::map<std::string_view, Setter>& Setters() {
  static const auto* const setters = new std::map<std::string_view, Setter>{
      {"dvdcli", [](auto& o, const auto& v) { return Set(o.dvdcli, AbsolutePath(v)); }},
      {"plugin_dirs", [](auto& o, const auto& v) { return Set(o.plugin_dirs, Paths(v)); }},
      {"checkpoint_dir", [](auto& o, const auto& v) { return Set(o.checkpoint_dir, AbsolutePath(v)); }},
      {"allow_host_paths", [](auto& o, const auto& v) { return Set(o.paths.allowed_host_paths, Paths(v)); }},
      {"allow_drivers", [](auto& o, const auto& v) { return Set(o.allow_drivers, Drivers(v)); }},
      {"chown", [](auto& o, const auto& v) { return Set(o.chown, ParseChownPolicy(v)); }},
      {"share", [](auto& o, const auto& v) { return Set(o.share, TrueOrFalse(v)); }},
      {"sandbox_directory",
       [](auto& o, const auto& v) { return Set(o.sandbox_in_container, AbsolutePath(v)); }},
      {"timeout", [](auto& o, const auto& v) { return Set(o.timeout, ParseTimeout(v)); }},
      // Not needed any more, but it says where 0.4.2 and older left their list.
      {"work_dir",
       [](auto& o, const auto& v) {
         auto path = AbsolutePath(v);
         if (path.ok()) o.old_checkpoints.push_back(*path + "/meta/dvdimounts.pb");
         return path.status();
       }},
      {"isolator_command", [](auto&, const auto&) { return absl::OkStatus(); }}};
  return *setters;
}

struct Unit {
  std::string_view text;
  Duration length;
};
constexpr std::array<Unit, 10> kUnits{{{"", std::chrono::seconds(1)},
                                       {"ms", std::chrono::milliseconds(1)},
                                       {"s", std::chrono::seconds(1)},
                                       {"secs", std::chrono::seconds(1)},
                                       {"m", std::chrono::minutes(1)},
                                       {"mins", std::chrono::minutes(1)},
                                       {"h", std::chrono::hours(1)},
                                       {"hrs", std::chrono::hours(1)},
                                       {"days", std::chrono::hours(24)},
                                       {"d", std::chrono::hours(24)}}};

}  // namespace

absl::StatusOr<ParsedParameters> ParseParameters(const Parameters& parameters) {
  ParsedParameters parsed;
  for (const auto& [key, value] : parameters) {
    const auto setter = Setters().find(key);
    if (setter == Setters().end()) {
      parsed.warnings.push_back(fmt::format("unknown module parameter {} is ignored", Quoted(key)));
      continue;
    }
    if (const absl::Status status = setter->second(parsed.options, value); !status.ok()) {
      return Error(absl::StatusCode::kInvalidArgument, "DockerVolumeDriverIsolator {} parameter: {}", key,
                   MessageOf(status));
    }
  }
  parsed.options.old_checkpoints.push_back(parsed.options.checkpoint_dir + "/dvdimounts.pb");
  const std::string by_default = IsolatorOptions().checkpoint_dir;
  if (parsed.options.checkpoint_dir != by_default) {
    parsed.options.old_checkpoints.push_back(by_default + "/dvdimounts.pb");
  }
  return parsed;
}

absl::StatusOr<Duration> ParseTimeout(std::string_view text) {
  uint32_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(result.ptr, static_cast<size_t>(text.data() + text.size() - result.ptr));
  for (const auto& [unit, length] : kUnits) {
    if (result.ec != std::errc() || rest != unit) continue;
    if (number == 0 || number > std::chrono::hours(24) / length) break;
    return number * length;
  }
  return Error(absl::StatusCode::kInvalidArgument,
               "{} is not a time such as 120, 90secs or 2mins, longer than nothing and at most a day",
               Quoted(text));
}

}  // namespace rexray::mesos
