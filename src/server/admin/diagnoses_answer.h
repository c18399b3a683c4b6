#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/http/message.h"
#include "volume/storage_driver.h"

namespace rexray::server::admin {

/// {"diagnoses": [{"service": …, "check": …, "verdict": …, "evidence": …, "fix": …}]}
std::string DiagnosesText(const std::vector<std::pair<std::string, std::vector<Diagnosis>>>& services);

/// Asks each driver, one after the other. Blocks as long as they take.
http::Response DiagnosesAnswer(
    const std::vector<std::pair<std::string, std::shared_ptr<StorageDriver>>>& drivers, Deadline deadline);

}  // namespace rexray::server::admin
