#include "mesos/dvdcli_mounter.h"

#include "base/status.h"
#include "mesos/validation.h"

namespace rexray::mesos {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

absl::Status Explained(const absl::Status& status, const std::string& dvdcli) {
  if (!absl::IsNotFound(status)) return status;
  return Error(
      absl::StatusCode::kNotFound,
      "The DVDCLI binary doesn't exist at the specified path {}: correct the module parameter dvdcli, or "
      "leave it out and the plugin is called directly",
      dvdcli);
}

}  // namespace

Command DvdcliMounter::Call(const char* word, const VolumeKey& volume, Deadline deadline) const {
  Command command;
  command.argv = {dvdcli_, word, "--volumedriver=" + volume.driver, "--volumename=" + volume.name};
  command.deadline = deadline;
  return command;
}

absl::StatusOr<std::string> DvdcliMounter::Mount(const VolumeKey& volume, const DriverOptions& options,
                                                 bool explicit_create, Deadline deadline) {
  Command command = Call("mount", volume, deadline);
  for (const auto& [key, value] : options) command.argv.push_back("--volumeopts=" + key + "=" + value);
  if (explicit_create) command.argv.emplace_back("--explicitcreate=true");
  const auto result = runner_.Run(command);
  if (!result.ok()) return Explained(result.status(), dvdcli_);
  const std::string_view path = Trimmed(result->out);
  if (path.empty()) {
    return Error(absl::StatusCode::kInternal, "{} mount returned an empty mountpoint name; it said: {}",
                 dvdcli_, Quoted(Trimmed(result->err)));
  }
  return std::string(path);
}

absl::Status DvdcliMounter::Unmount(const VolumeKey& volume, Deadline deadline) {
  return Explained(runner_.Run(Call("unmount", volume, deadline)).status(), dvdcli_);
}

}  // namespace rexray::mesos
