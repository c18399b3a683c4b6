// What each volume type takes (reference: CreateVolume and ModifyVolume, 2026).

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "ec2sim/actions.h"
#include "ec2sim/ec2_error.h"

namespace rexray::ec2sim {
namespace {

struct VolumeType {
  const char* name;
  int64_t least_gib, most_gib;
  int64_t least_iops, most_iops, default_iops;  // 0, 0: the type takes none
  int64_t iops_per_gib;
  bool iops_needed;
};

constexpr VolumeType kTypes[] = {
    {"gp3", 1, 65536, 3000, 80000, 3000, 500, false}, {"gp2", 1, 16384, 0, 0, 0, 0, false},
    {"io1", 4, 16384, 100, 64000, 0, 50, true},       {"io2", 4, 65536, 100, 256000, 0, 1000, true},
    {"st1", 125, 16384, 0, 0, 0, 0, false},           {"sc1", 125, 16384, 0, 0, 0, 0, false},
    {"standard", 1, 1024, 0, 0, 0, 0, false},
};
constexpr int64_t kLeastThroughput = 125;
constexpr int64_t kMostThroughput = 2000;

const VolumeType* FindType(const std::string& name) {
  for (const VolumeType& type : kTypes) {
    if (name == type.name) return &type;
  }
  return nullptr;
}

absl::Status CheckSize(const VolumeType& type, int64_t size) {
  if (size < type.least_gib) {
    return Ec2Error("InvalidParameterValue",
                    "Volume of {}GiB is too small for volume type {}; minimum is {}GiB.", size, type.name,
                    type.least_gib);
  }
  if (size > type.most_gib) {
    return Ec2Error("InvalidParameterValue",
                    "Volume of {}GiB is too large for volume type {}; maximum is {}GiB.", size, type.name,
                    type.most_gib);
  }
  return absl::OkStatus();
}

absl::Status CheckIops(const VolumeType& type, int64_t size, std::optional<int64_t> asked, int64_t& iops) {
  if (type.most_iops == 0) {
    if (asked) {
      return Ec2Error("InvalidParameterCombination", "The parameter iops is not supported for {} volumes.",
                      type.name);
    }
    // gp2's baseline is shown as its IOPS.
    iops = type.name == std::string_view("gp2") ? std::clamp<int64_t>(3 * size, 100, 16000) : 0;
    return absl::OkStatus();
  }
  if (!asked && iops == 0 && type.iops_needed) {
    return Ec2Error("MissingParameter", "The parameter iops must be specified for {} volumes.", type.name);
  }
  iops = asked.value_or(iops == 0 ? type.default_iops : iops);
  if (iops < type.least_iops) {
    return Ec2Error("InvalidParameterValue", "Volume iops of {} is too low; minimum is {}.", iops,
                    type.least_iops);
  }
  if (iops > type.most_iops) {
    return Ec2Error("InvalidParameterValue", "Volume iops of {} is too high; maximum is {}.", iops,
                    type.most_iops);
  }
  if (iops > type.default_iops && iops > size * type.iops_per_gib) {
    return Ec2Error("InvalidParameterCombination",
                    "Iops to volume size ratio of {} is too high; maximum is {}.",
                    static_cast<double>(iops) / static_cast<double>(size), type.iops_per_gib);
  }
  return absl::OkStatus();
}

absl::Status CheckThroughput(const VolumeType& type, int64_t iops, std::optional<int64_t> asked,
                             int64_t& throughput) {
  if (type.name != std::string_view("gp3")) {
    throughput = 0;
    if (!asked) return absl::OkStatus();
    return Ec2Error("InvalidParameterCombination",
                    "The parameter throughput is not supported for {} volumes.", type.name);
  }
  throughput = asked.value_or(throughput == 0 ? kLeastThroughput : throughput);
  if (throughput < kLeastThroughput || throughput > kMostThroughput) {
    return Ec2Error("InvalidParameterValue",
                    "Throughput of {} MiB/s is out of range; minimum is {}, maximum is {}.", throughput,
                    kLeastThroughput, kMostThroughput);
  }
  if (throughput * 4 > iops) {
    return Ec2Error("InvalidParameterValue",
                    "Throughput (MiBps) to iops ratio of {} is too high; maximum is 0.250000 MiBps per iops.",
                    static_cast<double>(throughput) / static_cast<double>(iops));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPerformance(const ApiRequest& request, int64_t size, const std::string& type_name,
                              int64_t& iops, int64_t& throughput) {
  const VolumeType* type = FindType(type_name);
  if (type == nullptr) {
    return Ec2Error("UnknownVolumeType", "Unsupported volume type '{}' for volume creation.", type_name);
  }
  ASSIGN_OR_RETURN(const std::optional<int64_t> asked_iops, request.Number("Iops"));
  ASSIGN_OR_RETURN(const std::optional<int64_t> asked_throughput, request.Number("Throughput"));
  RETURN_IF_ERROR(CheckSize(*type, size));
  RETURN_IF_ERROR(CheckIops(*type, size, asked_iops, iops));
  return CheckThroughput(*type, iops, asked_throughput, throughput);
}

}  // namespace rexray::ec2sim
