#pragma once

// What a region holds. States are EC2's own words.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ec2sim/request.h"

namespace rexray::ec2sim {

struct Attachment {
  std::string instance;
  std::string device;               ///< as AttachVolume asked: "/dev/xvdba"
  std::string state = "attaching";  ///< attaching attached detaching busy
  WallTime since;
  bool delete_on_termination = false;
  uint64_t serial = 0;     ///< timers of an earlier attachment do not touch a later one
  std::string guest_name;  ///< "nvme1n1" while the guest has a block device
  std::string sysfs;       ///< that device's directory below the instance's sys/block
  std::string loop;        ///< the "/dev/loop3" behind it
};

struct Modification {
  std::string state = "modifying";  ///< modifying optimizing completed failed
  int64_t progress = 0;
  WallTime start;
  std::optional<WallTime> end;
  int64_t original_size = 0, original_iops = 0, original_throughput = 0;
  int64_t target_size = 0, target_iops = 0, target_throughput = 0;
  std::string original_type, target_type;
};

struct Volume {
  std::string id;
  int64_t size = 0;  ///< GiB
  std::string type;
  int64_t iops = 0;        ///< 0 = the type has none
  int64_t throughput = 0;  ///< MiB/s; 0 = the type has none
  std::string zone;
  bool encrypted = false;
  std::string kms_key;
  std::string snapshot;
  bool multi_attach = false;
  std::string state = "creating";  ///< creating available in-use deleting deleted error
  WallTime created;
  Tags tags;
  std::vector<Attachment> attachments;
  std::optional<Modification> modification;
  std::vector<TimePoint> modified_at;
  std::string backing;  ///< the file that holds its bytes; "" = none
};

struct Snapshot {
  std::string id;
  std::string volume;
  int64_t size = 0;
  std::string description;
  std::string state = "pending";  ///< pending completed error
  int progress = 0;
  WallTime start;
  bool encrypted = false;
  Tags tags;
  std::string backing;
};

/// How the metadata service of an instance answers.
enum class Imds {
  kOptional,     ///< both versions
  kRequired,     ///< a token is required (HttpTokens=required)
  kV1Only,       ///< before version 2: PUT is not found
  kTokenLost,    ///< hop limit 1 seen from a container: the answer to PUT never comes, version 1 works
  kUnreachable,  ///< never answers
};

struct Instance {
  std::string id;
  std::string type = "m5.large";
  std::string zone;
  std::string state = "running";  ///< pending running stopping stopped shutting-down terminated
  WallTime launched;
  std::string private_address;
  std::string device_root;  ///< where its devices appear; "" = nowhere
  Imds imds = Imds::kOptional;
  bool cut = false;  ///< no network and no disks, though EC2 says that it runs
  std::string role = "rexray-node";
  std::set<std::string> bad_devices;     ///< an attach under such a name stays `attaching` for ever
  std::set<std::string> mapped_devices;  ///< taken by the AMI, and not in DescribeInstances
  Tags tags;
};

struct InstanceType {
  std::string name;
  int attachments = 27;  ///< EbsInfo.MaximumEbsAttachments
  bool shared = true;    ///< AttachmentLimitType: with network interfaces, or dedicated
  bool nitro = true;     ///< NVMe devices; else Xen names
  int cards = 1;
};

/// nullptr for a type that the simulator does not know. Limits: AWS's volume_limits page and
/// DescribeInstanceTypes, 2026.
const InstanceType* FindInstanceType(const std::string& name);
const std::vector<InstanceType>& InstanceTypes();

}  // namespace rexray::ec2sim
