#include "ec2sim/model.h"

namespace rexray::ec2sim {

const std::vector<InstanceType>& InstanceTypes() {
  static const std::vector<InstanceType> types = {
      // Xen: more than 40 is best effort.
      {"t2.micro", 39, false, false, 1},
      {"m4.large", 39, false, false, 1},
      // Nitro before the 7th generation: 28 shared with network interfaces; one interface is off already.
      {"t3.micro", 27, true, true, 1},
      {"t3.medium", 27, true, true, 1},
      {"m5.large", 27, true, true, 1},
      {"m5.xlarge", 27, true, true, 1},
      {"c5.large", 27, true, true, 1},
      {"r5.large", 27, true, true, 1},
      {"d3.8xlarge", 3, true, true, 1},
      // From the 7th generation on: a limit of its own, by size.
      {"m7i.large", 32, false, true, 1},
      {"m7i.12xlarge", 32, false, true, 1},
      {"m7i.16xlarge", 48, false, true, 1},
      {"m7i.24xlarge", 64, false, true, 1},
      {"m7i.48xlarge", 128, false, true, 1},
      {"m7a.48xlarge", 128, false, true, 1},
  };
  return types;
}

const InstanceType* FindInstanceType(const std::string& name) {
  for (const InstanceType& type : InstanceTypes()) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

}  // namespace rexray::ec2sim
