#include "setup/marathon/check.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

#include "base/json.h"
#include "base/status.h"
#include "setup/marathon/app.h"
#include "setup/marathon/received.h"
#include "setup/marathon/rules.h"
#include "setup/marathon/untold.h"

namespace rexray::setup::marathon {
namespace {

using nlohmann::json;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

struct Found {
  App app;
  std::string where;
};

/// Walks groups; the JSON's depth is bounded, so that the recursion is too.
class Finder {
 public:
  explicit Finder(std::vector<Found>& out) : out_(out) {}

  absl::Status Visit(const json& value, const std::string& base, const std::string& where) {
    if (!value.is_object()) {
      return Error(kInvalid, "{}an app is an object, not {}", where.empty() ? "" : where + ": ",
                   value.type_name());
    }
    if (value.contains("app") && value["app"].is_object())
      return Visit(value["app"], base, Inside(where, "app"));
    std::string id = "/";
    if (const auto found = value.find("id"); found != value.end()) {
      if (!found->is_string())
        return Error(kInvalid, "{}\"id\" is not a text", where.empty() ? "" : where + ": ");
      id = Resolve(base, found->get<std::string>());
    } else {
      id = base;
    }
    const bool group = value.contains("apps") || value.contains("groups") || value.contains("pods");
    if (!group) {
      out_.push_back({ReadApp(value, id), where});
      return absl::OkStatus();
    }
    for (const char* key : {"apps", "pods", "groups"}) RETURN_IF_ERROR(VisitAll(value, key, id, where));
    return absl::OkStatus();
  }

  absl::Status VisitArray(const json& array, const std::string& base, const std::string& where) {
    for (size_t i = 0; i < array.size(); ++i) {
      RETURN_IF_ERROR(Visit(array[i], base, fmt::format("{}[{}]", where, i)));
    }
    return absl::OkStatus();
  }

 private:
  static std::string Inside(const std::string& where, const char* key) {
    return where.empty() ? key : where + "." + key;
  }

  absl::Status VisitAll(const json& value, const char* key, const std::string& base,
                        const std::string& where) {
    const auto found = value.find(key);
    if (found == value.end()) return absl::OkStatus();
    if (!found->is_array()) return Error(kInvalid, "{} is not an array", Inside(where, key));
    return VisitArray(*found, base, Inside(where, key));
  }

  /// PathId.canonicalPath: relative ids begin at their group.
  static std::string Resolve(const std::string& base, const std::string& id) {
    std::vector<std::string> parts;
    const std::string whole = id.starts_with("/") ? id : base + "/" + id;
    for (const auto part : absl::StrSplit(whole, '/', absl::SkipEmpty())) {
      if (part == "..") {
        if (!parts.empty()) parts.pop_back();
      } else if (part != ".") {
        parts.emplace_back(part);
      }
    }
    std::string out;
    for (const std::string& part : parts) out += "/" + part;
    return out.empty() ? "/" : out;
  }

  std::vector<Found>& out_;
};

/// The same sentence of both generations is one finding.
void Merge(std::vector<Finding>& findings) {
  std::vector<Finding> out;
  for (Finding& finding : findings) {
    const auto same = std::find_if(out.begin(), out.end(), [&](const Finding& other) {
      return other.severity == finding.severity && other.path == finding.path && other.text == finding.text;
    });
    if (same == out.end()) {
      out.push_back(std::move(finding));
    } else {
      same->versions |= finding.versions;
      if (same->fix.empty()) same->fix = finding.fix;
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  findings = std::move(out);
}

void CheckApp(const App& app, Versions versions, AppReport& report) {
  for (const Versions version : {k1_1, kNewest}) {
    if ((versions & version) == 0) continue;
    const bool malformed = std::any_of(app.shape.begin(), app.shape.end(), [&](const Finding& finding) {
      return (finding.versions & version) != 0;
    });
    if (malformed) {
      // Marathon stops there.
      for (Finding finding : app.shape) {
        finding.versions &= version;
        if (finding.versions != 0) report.findings.push_back(std::move(finding));
      }
    } else if (version == k1_1) {
      ApplyRules1_1(app, report.findings);
    } else {
      ApplyRulesNewest(app, report.findings);
    }
  }
  AddUntold(app, versions, report.findings);
}

bool Accepts(const AppReport& report, Versions version) {
  return std::none_of(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
    return finding.severity == Severity::kRefused && (finding.versions & version) != 0;
  });
}

}  // namespace

bool Report::Refused() const {
  return std::any_of(apps.begin(), apps.end(), [](const AppReport& app) {
    return std::any_of(app.findings.begin(), app.findings.end(),
                       [](const Finding& finding) { return finding.severity != Severity::kNotice; });
  });
}

absl::StatusOr<Versions> ParseVersion(std::string_view text) {
  if (text.empty()) return kBoth;
  std::string_view rest = text;
  if (rest == "newest" || rest == "latest") return kNewest;
  if (rest.starts_with("v")) rest.remove_prefix(1);
  int numbers[2] = {-1, -1};
  for (int& number : numbers) {
    while (!rest.empty() && absl::ascii_isdigit(static_cast<unsigned char>(rest.front())) && number < 10000) {
      number = std::max(number, 0) * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    if (!rest.empty() && rest.front() == '.') rest.remove_prefix(1);
  }
  if (numbers[0] == 1 && (numbers[1] == 0 || numbers[1] == 1)) return k1_1;
  if (numbers[0] == 1 && numbers[1] >= 2) return kNewest;
  return Error(
      kInvalid,
      "--marathon \"{}\": versions from 1.0 to 1.11 know external volumes; 1.1 (also for 1.0) or 1.11 "
      "(also for 1.2 and later)",
      text);
}

std::string NameOf(Versions versions) {
  if (versions == k1_1) return "Marathon 1.1";
  if (versions == kNewest) return "Marathon 1.11";
  return "Marathon 1.1 and 1.11";
}

absl::StatusOr<Report> Check(std::string_view text, std::string_view name, Versions versions) {
  constexpr JsonLimits kLimits{.max_bytes = 16 * 1024 * 1024, .max_depth = 100};
  ASSIGN_OR_RETURN(const json document, ParseJsonFile(text, name, kLimits));
  std::vector<Found> found;
  Finder finder(found);
  const absl::Status status =
      document.is_array() ? finder.VisitArray(document, "/", "") : finder.Visit(document, "/", "");
  if (!status.ok()) return Annotate(status, name);
  if (found.empty()) return Error(kInvalid, "{}: there is no app in it", name);
  Report report;
  report.versions = versions;
  std::vector<App> apps;
  for (Found& one : found) {
    report.apps.push_back({one.app.id, one.where, one.app.volumes.size(), {}, {}});
    CheckApp(one.app, versions, report.apps.back());
    apps.push_back(std::move(one.app));
  }
  ApplyRootGroupRule(apps, versions, report.apps);
  for (size_t i = 0; i < apps.size(); ++i) {
    Merge(report.apps[i].findings);
    for (const Versions version : {k1_1, kNewest}) {
      if ((versions & version) == 0 || !Accepts(report.apps[i], version)) continue;
      for (Received& received : Receives(apps[i], version))
        report.apps[i].received.push_back(std::move(received));
    }
  }
  return report;
}

}  // namespace rexray::setup::marathon
