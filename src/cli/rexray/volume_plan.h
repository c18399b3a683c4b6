#pragma once

// `--dryRun`: what a command would do to a volume, in one line.

#include <cstdint>
#include <string>

#include "cli/rexray/admin_types.h"
#include "cli/rexray/invocation.h"

namespace rexray::cli {

std::string PlanOfCreate(const std::string& name, const CreateOptions& options);
std::string PlanOfRemove(const VolumeInfo& volume);
std::string PlanOfAttach(const VolumeInfo& volume);
std::string PlanOfDetach(const VolumeInfo& volume);
std::string PlanOfMount(const VolumeInfo& volume, const Invocation& asked);
std::string PlanOfUnmount(const VolumeInfo& volume);
std::string PlanOfModify(const VolumeInfo& volume, const Invocation& asked);
std::string PlanOfAdopt(const VolumeInfo& volume);
std::string PlanOfGrow(const VolumeInfo& volume, uint64_t size);

}  // namespace rexray::cli
