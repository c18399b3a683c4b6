#pragma once

// The Docker volume plugin protocol, seen from the client (docs.docker.com, "Docker volume plugins"; what
// dvdcli 0.2 sent is in its vendored moby pkg/plugins/client.go and volume/drivers/proxy.go).
//
//   VolumePlugin plugin(found, *transport, clock, {});
//   RETURN_IF_ERROR(plugin.Activate(deadline));
//   ASSIGN_OR_RETURN(std::string path, plugin.Mount("pgdata", DvdcliConsumer("pgdata"), deadline));
//
// Every error begins with the call, "VolumeDriver.Mount: ". Its code tells who spoke:
//   Unknown            the plugin: what follows is its own text, verbatim but for line breaks at the end
//   NotFound, Unavailable  it cannot be reached, after the retries; nothing is known about the volume
//   DeadlineExceeded   it did not answer in time; it may still do what it was asked
//   Internal, OutOfRange, InvalidArgument  it answered with something that is not an answer
//   Unimplemented      (Activate) it is no volume plugin
// A call that the connection broke is sent again, as Docker does.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/deadline.h"
#include "base/http/client.h"
#include "dvdi/plugin.h"
#include "dvdi/retry.h"

namespace rexray::dvdi {

/// True when the plugin itself said no (and false for OK).
inline bool PluginSaidNo(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnknown;
}

/// The consumer in Mount and Unmount: made from the volume, so that the one Unmount of Mesos ends any number
/// of Mounts. Our own daemon does not count it.
std::string DvdcliConsumer(std::string_view volume);

struct VolumeInfo {
  std::string name;        ///< as the plugin spells it
  std::string mountpoint;  ///< on this host; "" when it is not mounted. Unchecked
  std::string json;        ///< the plugin's whole object, in one line
};

/// Not thread-safe.
class VolumePlugin {
 public:
  struct Options {
    Duration per_call = std::chrono::seconds(105);  ///< our daemon answers within 100 s
    std::string user_agent = "dvdcli";              ///< begins with "dvdcli": our daemon goes by it
    Patience patience;
  };

  VolumePlugin(Plugin plugin, http::Transport& transport, Clock& clock, Options options);

  /// Does it implement VolumeDriver? For a managed plugin Docker's own record has answered already.
  absl::Status Activate(Deadline deadline);

  absl::Status Create(const std::string& name, const std::map<std::string, std::string>& options,
                      Deadline deadline);
  absl::Status Remove(const std::string& name, Deadline deadline);
  /// The mount point on this host, checked (CheckMountpoint).
  absl::StatusOr<std::string> Mount(const std::string& name, const std::string& id, Deadline deadline);
  absl::Status Unmount(const std::string& name, const std::string& id, Deadline deadline);
  /// "" when the volume is not mounted. Unchecked.
  absl::StatusOr<std::string> Path(const std::string& name, Deadline deadline);
  /// An answer without a volume is Unknown, "no such volume".
  absl::StatusOr<VolumeInfo> Get(const std::string& name, Deadline deadline);
  absl::StatusOr<std::vector<VolumeInfo>> List(Deadline deadline);

  const Plugin& plugin() const { return plugin_; }

 private:
  absl::StatusOr<http::ClientResponse> Exchange(const std::string& method, const std::string& body,
                                                Deadline deadline);
  absl::Status Unreachable(const std::string& method, const absl::Status& why) const;

  // The two that need a JSON document of the answer are in the .cc file, which alone knows what JSON is.
  struct Answer;
  absl::StatusOr<Answer> Call(const std::string& method, const std::string& body, Deadline deadline);

  const Plugin plugin_;
  http::Transport& transport_;
  Clock& clock_;
  const Options options_;
};

}  // namespace rexray::dvdi
