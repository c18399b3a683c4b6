#include <unistd.h>

#include "fmt/core.h"

#include "setup/doctor/checks.h"

namespace rexray::setup::doctor {
namespace {

using Verdict = Diagnosis::Verdict;

Diagnosis Say(Verdict verdict, std::string check, std::string evidence, std::string fix) {
  Diagnosis diagnosis;
  diagnosis.verdict = verdict;
  diagnosis.check = std::move(check);
  diagnosis.evidence = std::move(evidence);
  diagnosis.fix = std::move(fix);
  return diagnosis;
}

}  // namespace

Diagnosis Ok(std::string check, std::string evidence) {
  return Say(Verdict::kOk, std::move(check), std::move(evidence), "");
}
Diagnosis Warning(std::string check, std::string evidence, std::string fix) {
  return Say(Verdict::kWarning, std::move(check), std::move(evidence), std::move(fix));
}
Diagnosis Broken(std::string check, std::string evidence, std::string fix) {
  return Say(Verdict::kBroken, std::move(check), std::move(evidence), std::move(fix));
}
Diagnosis Unknown(std::string check, std::string evidence, std::string fix) {
  return Say(Verdict::kUnknown, std::move(check), std::move(evidence), std::move(fix));
}

bool IsExecutable(const Tree& tree, const std::string& path) {
  const absl::StatusOr<FileInfo> info = tree.Stat(path);
  return info.ok() && info->kind == FileKind::kRegular && (info->mode & 0111) != 0;
}

std::string FindExecutable(const Tree& tree, const std::vector<std::string>& directories,
                           const std::string& name) {
  for (const std::string& directory : directories) {
    std::string path = fmt::format("{}/{}", directory, name);
    if (IsExecutable(tree, path)) return path;
  }
  return "";
}

}  // namespace rexray::setup::doctor
