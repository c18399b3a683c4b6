#include "setup/marathon/rule_words.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "fmt/core.h"

namespace rexray::setup::marathon {
namespace {

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool IsWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}

template <typename First, typename Middle>
bool Fits(std::string_view text, First edge, Middle middle) {
  return !text.empty() && edge(text.front()) && edge(text.back()) &&
         std::all_of(text.begin(), text.end(), middle);
}

}  // namespace

bool IsLabel(std::string_view text) {
  return Fits(text, IsLowerOrDigit, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

bool IsOptionKey(std::string_view text) {
  const size_t slash = text.find('/');
  return slash != std::string_view::npos && IsLabel(text.substr(0, slash)) &&
         Fits(text.substr(slash + 1), IsWord,
              [](char c) { return IsWord(c) || c == '-' || c == '.' || c == '_' || c == ':'; });
}

bool IsNaturalNumber(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0;
}

bool IsTrue(std::string_view text) {
  return absl::EqualsIgnoreCase({text.data(), text.size()}, "true");
}

std::string ScalaDouble(double value) {
  if (std::isfinite(value) && value == std::trunc(value) && std::abs(value) < 1e7)
    return fmt::format("{:.1f}", value);
  return fmt::format("{}", value);
}

std::string MustMatch(std::string_view regex) {
  return fmt::format("must match regular expression '{}'", regex);
}

void Refuse(std::vector<Finding>& out, Versions version, std::string path, std::string text,
            std::string fix) {
  out.push_back({Severity::kRefused, version, std::move(path), std::move(text), std::move(fix)});
}

void CheckRexrayOptions(const ExternalVolume& volume, Versions version, const std::string& before,
                        const std::string& after, std::vector<Finding>& out) {
  if (volume.Driver() != "rexray") return;
  const auto check = [&](const char* key, auto&& complaint) {
    const auto found = volume.options.find(key);
    if (found == volume.options.end()) return;
    if (const auto [text, fix] = complaint(found->second); !text.empty()) {
      Refuse(out, version, fmt::format("{}\"{}\"{}", before, key, after), text, fix);
    }
  };
  using Answer = std::pair<std::string, std::string>;
  const auto label = [](const std::string& value) -> Answer {
    if (IsLabel(value)) return {};
    return {MustMatch(kLabelRegex), "write it in lower case, without blanks"};
  };
  check("dvdi/volumetype", label);
  check("dvdi/newfstype", label);
  check("dvdi/iops", [](const std::string& value) -> Answer {
    if (IsNaturalNumber(value)) return {};
    return {fmt::format("Expected a valid, positive integer instead of {}", value), ""};
  });
  check("dvdi/overwritefs", [](const std::string& value) -> Answer {
    if (IsTrue(value)) return {};
    // Helpers.scala: Try(toBoolean).getOrElse(false) is the predicate itself.
    const bool is_false = absl::EqualsIgnoreCase(value, "false");
    return {"Expected a valid boolean",
            is_false ? "leave the option out: Marathon takes \"true\" only, and false is the default" : ""};
  });
}

void CheckInstancesAndNames(const App& app, Versions version, std::vector<Finding>& out) {
  std::map<std::string, int> times;
  bool any = false;
  for (const ExternalVolume& volume : app.volumes) {
    if (!volume.IsDvdi()) continue;
    any = true;
    if (volume.name && !(version == kNewest && volume.shared)) ++times[*volume.name];
  }
  if (!any) return;
  for (const auto& [name, count] : times) {
    if (count < 2) continue;
    Refuse(out, version, "/",
           fmt::format("Requested DVDI volume '{}' is declared more than once within app {}", name, app.id));
  }
  // Marathon prints the whole app between the brackets.
  if (app.instances > 1) {
    Refuse(out, version, "/", "Number of instances is limited to 1 when declaring DVDI volumes in app [...]",
           "set \"instances\" to 1, or write one app for each volume");
  }
}

}  // namespace rexray::setup::marathon
