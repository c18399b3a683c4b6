#pragma once

// `--dryRun`: what a command would do to a volume, in one line.

#include <cstdint>
#include <string>

#include "cli/rexray/admin_types.h"
#include "cli/rexray/invocation.h"
#include "cli/rexray/plan_place.h"

namespace rexray::cli {

std::string PlanOfCreate(const std::string& name, const CreateOptions& options, const PlanPlace& place);
std::string PlanOfRemove(const VolumeInfo& volume);
std::string PlanOfAttach(const VolumeInfo& volume, const PlanPlace& place);
std::string PlanOfDetach(const VolumeInfo& volume, const PlanPlace& place);
std::string PlanOfMount(const VolumeInfo& volume, const Invocation& asked, const PlanPlace& place);
std::string PlanOfUnmount(const VolumeInfo& volume, const PlanPlace& place);
std::string PlanOfModify(const VolumeInfo& volume, const Invocation& asked);
std::string PlanOfAdopt(const VolumeInfo& volume);
std::string PlanOfRelease(const VolumeInfo& volume, const std::string& consumer);
std::string PlanOfGrow(const VolumeInfo& volume, uint64_t size);

}  // namespace rexray::cli
