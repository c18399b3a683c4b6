#pragma once

// One account in one region, shared by everything in the process that talks to it: the client and its request
// rates, a batcher for each Describe, a poller for each kind of state, the lists.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "drivers/ebs/batcher.h"
#include "drivers/ebs/credentials.h"
#include "drivers/ebs/ec2_client.h"
#include "drivers/ebs/http_transport.h"
#include "drivers/ebs/poller.h"
#include "drivers/ebs/volume_list.h"

namespace rexray::drivers::ebs {

/// Thread-safe.
class Cloud {
 public:
  struct Options {
    CallerOptions caller;
    PollPace pace;
    VolumeList::Ages list_ages;
  };
  Cloud(Clock& clock, std::shared_ptr<HttpTransport> transport, std::shared_ptr<CredentialChain> credentials,
        Options options);

  const std::string& region() const { return options_.caller.region; }
  Ec2Client& client() { return client_; }
  Ec2Caller& caller() { return caller_; }
  CredentialChain& credentials() { return *credentials_; }

  // Fresh, batched. What does not exist has no answer.
  Batcher<Ec2Volume>& volumes() { return volumes_; }
  Batcher<std::vector<Ec2Volume>>& volumes_by_name() { return volumes_by_name_; }  ///< by the tag Name
  Batcher<Ec2Instance>& instances() { return instances_; }
  Batcher<Ec2Snapshot>& snapshots() { return snapshots_; }

  Poller<Ec2Volume>& volume_poll() { return volume_poll_; }
  Poller<Ec2Snapshot>& snapshot_poll() { return snapshot_poll_; }
  Poller<Ec2Modification>& modification_poll() { return modification_poll_; }

  /// The list of the volumes that these filters select; one for each selection.
  VolumeList& ListOf(const Selection& selection);
  /// To all lists.
  void Note(const Ec2Volume& volume);
  void NoteRemoved(const std::string& id);

  /// From memory after the first time: a type never changes. NotFound when EC2 does not know it.
  absl::StatusOr<Ec2InstanceType> InstanceType(const std::string& type, Deadline deadline);

 private:
  Clock& clock_;
  const std::shared_ptr<HttpTransport> transport_;
  const std::shared_ptr<CredentialChain> credentials_;
  const Options options_;
  Ec2Caller caller_;
  Ec2Client client_;
  Batcher<Ec2Volume> volumes_;
  Batcher<std::vector<Ec2Volume>> volumes_by_name_;
  Batcher<Ec2Instance> instances_;
  Batcher<Ec2Snapshot> snapshots_;
  Batcher<Ec2InstanceType> instance_types_;
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<VolumeList>> lists_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Ec2InstanceType> types_ ABSL_GUARDED_BY(mutex_);
  Poller<Ec2Volume> volume_poll_;
  Poller<Ec2Snapshot> snapshot_poll_;
  Poller<Ec2Modification> modification_poll_;
};

}  // namespace rexray::drivers::ebs
