#pragma once

// What EC2 answers, typed. Only the members that the driver uses; names are the API's (version 2016-11-15).
// Plain values.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace rexray::drivers::ebs {

using Ec2Tags = std::map<std::string, std::string>;

struct Ec2Attachment {
  std::string volume;
  std::string instance;
  std::string device;  ///< "/dev/xvdba", as AttachVolume was told
  std::string state;   ///< attaching attached detaching detached busy
  std::optional<WallTime> since;
  bool operator==(const Ec2Attachment&) const = default;
};

struct Ec2Volume {
  std::string id;
  std::string state;  ///< creating available in-use deleting deleted error
  uint64_t size_gib = 0;
  std::string type;
  std::optional<uint64_t> iops;
  std::optional<uint64_t> throughput;  ///< MiB/s
  std::string zone;
  bool encrypted = false;
  std::string kms_key;
  std::string snapshot;  ///< made from this one; empty for a blank volume
  bool multi_attach = false;
  std::optional<WallTime> created;
  Ec2Tags tags;
  std::vector<Ec2Attachment> attachments;
  bool operator==(const Ec2Volume&) const = default;
};

struct Ec2Snapshot {
  std::string id;
  std::string volume;  ///< the source; "vol-ffffffff" for a copied one
  std::string state;   ///< pending completed error recoverable recovering
  std::string state_message;
  int progress = 0;  ///< percent
  uint64_t size_gib = 0;
  std::string owner;
  std::string description;
  std::optional<WallTime> started;
  bool encrypted = false;
  Ec2Tags tags;
  bool operator==(const Ec2Snapshot&) const = default;
};

struct Ec2Modification {
  std::string volume;
  std::string state;  ///< modifying optimizing completed failed
  std::string message;
  int progress = 0;
  uint64_t target_size_gib = 0;
  std::string target_type;
  std::optional<uint64_t> target_iops;
  std::optional<uint64_t> target_throughput;
  std::optional<WallTime> started;
  std::optional<WallTime> ended;
  bool operator==(const Ec2Modification&) const = default;
};

struct Ec2BlockDevice {
  std::string device;
  std::string volume;
  std::string state;
  bool operator==(const Ec2BlockDevice&) const = default;
};

struct Ec2Instance {
  std::string id;
  std::string state;  ///< pending running shutting-down terminated stopping stopped
  std::string type;
  std::string zone;
  std::string root_device;
  size_t network_interfaces = 0;
  std::vector<Ec2BlockDevice> block_devices;
  Ec2Tags tags;
  bool operator==(const Ec2Instance&) const = default;
};

struct Ec2InstanceType {
  std::string type;
  std::string hypervisor;           ///< nitro, xen; empty for bare metal
  std::optional<int> attach_limit;  ///< EbsInfo.MaximumEbsAttachments
  std::string attach_limit_type;    ///< dedicated; shared: network interfaces take slots too
  bool operator==(const Ec2InstanceType&) const = default;
};

}  // namespace rexray::drivers::ebs
