#include <algorithm>

#include "fmt/core.h"

#include "base/json.h"
#include "setup/marathon/check.h"

namespace rexray::setup::marathon {
namespace {

const char* WordOf(Severity severity) {
  switch (severity) {
    case Severity::kRefused:
      return "refused";
    case Severity::kFails:
      return "fails";
    default:
      return "notice";
  }
}

const char* HeadingOf(Severity severity, bool both) {
  switch (severity) {
    case Severity::kRefused:
      return both ? "refuse it" : "refuses it";
    case Severity::kFails:
      return both ? "do not tell, but the task fails" : "does not tell, but the task fails";
    default:
      return both ? "do not tell" : "does not tell";
  }
}

std::string Findings(const AppReport& app, Severity severity, Versions versions) {
  std::string text;
  for (const Finding& finding : app.findings) {
    if (finding.severity != severity || finding.versions != versions) continue;
    text += fmt::format("    {}\n      {}\n", finding.path, finding.text);
    if (!finding.fix.empty()) text += fmt::format("      do: {}\n", finding.fix);
  }
  if (text.empty()) return text;
  return fmt::format("  {} {}:\n{}", NameOf(versions), HeadingOf(severity, versions == kBoth), text);
}

std::string AppText(const AppReport& app) {
  std::string text = app.id;
  if (!app.where.empty()) text += fmt::format(" ({})", app.where);
  text += fmt::format(": {} external volume{}\n", app.volumes, app.volumes == 1 ? "" : "s");
  for (const Severity severity : {Severity::kRefused, Severity::kFails, Severity::kNotice}) {
    for (const Versions versions : {kBoth, k1_1, kNewest}) text += Findings(app, severity, versions);
  }
  for (const Received& received : app.received) {
    text += fmt::format("  With {} {}:\n", NameOf(received.version), received.how);
    for (const std::string& line : received.lines) text += fmt::format("    {}\n", line);
  }
  return text + "\n";
}

size_t Count(const Report& report, Severity severity) {
  size_t count = 0;
  for (const AppReport& app : report.apps) {
    count += static_cast<size_t>(
        std::count_if(app.findings.begin(), app.findings.end(),
                      [&](const Finding& finding) { return finding.severity == severity; }));
  }
  return count;
}

std::string Number(size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

nlohmann::json VersionsJson(Versions versions) {
  nlohmann::json list = nlohmann::json::array();
  if ((versions & k1_1) != 0) list.push_back("1.1");
  if ((versions & kNewest) != 0) list.push_back("1.11");
  return list;
}

}  // namespace

std::string ToText(const Report& report) {
  std::string text;
  size_t volumes = 0;
  size_t silent = 0;
  for (const AppReport& app : report.apps) {
    volumes += app.volumes;
    if (app.volumes == 0 && app.findings.empty()) {
      ++silent;
      continue;
    }
    text += AppText(app);
  }
  if (silent > 0) text += fmt::format("{} without external volumes\n", Number(silent, "app"));
  const size_t refused = Count(report, Severity::kRefused);
  const size_t fails = Count(report, Severity::kFails);
  text += fmt::format("{}, {}: ", Number(report.apps.size(), "app"), Number(volumes, "external volume"));
  if (refused + fails == 0)
    return text + fmt::format("{} would accept {}\n", NameOf(report.versions),
                              report.apps.size() == 1 ? "it" : "them");
  return text + fmt::format("{}, {} that Marathon does not tell\n", Number(refused, "violation"),
                            Number(fails, "failure"));
}

std::string ToJson(const Report& report) {
  nlohmann::json apps = nlohmann::json::array();
  for (const AppReport& app : report.apps) {
    nlohmann::json findings = nlohmann::json::array();
    for (const Finding& finding : app.findings) {
      findings.push_back({{"severity", WordOf(finding.severity)},
                          {"marathon", VersionsJson(finding.versions)},
                          {"path", finding.path},
                          {"text", finding.text},
                          {"fix", finding.fix}});
    }
    nlohmann::json received = nlohmann::json::array();
    for (const Received& one : app.received) {
      received.push_back(
          {{"marathon", VersionsJson(one.version)[0]}, {"how", one.how}, {"lines", one.lines}});
    }
    apps.push_back({{"id", app.id},
                    {"where", app.where},
                    {"externalVolumes", app.volumes},
                    {"findings", findings},
                    {"received", received}});
  }
  return DumpJson({{"ok", !report.Refused()}, {"marathon", VersionsJson(report.versions)}, {"apps", apps}}) +
         "\n";
}

}  // namespace rexray::setup::marathon
