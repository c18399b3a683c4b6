#pragma once

// EC2's errors as absl::Status: the message is what EC2 says, the payload is EC2's code. The HTTP status
// follows from the code (AWS, "Error codes for the Amazon EC2 API").

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "fmt/core.h"

namespace rexray::ec2sim {

absl::Status MakeEc2Error(std::string_view code, std::string_view message);

template <typename... Args>
absl::Status Ec2Error(std::string_view code, fmt::format_string<Args...> format, Args&&... args) {
  return MakeEc2Error(code, fmt::format(format, std::forward<Args>(args)...));
}

/// "InternalError" for a status that is not one of ours.
std::string Ec2CodeOf(const absl::Status& status);

int HttpStatusOf(std::string_view ec2_code);

}  // namespace rexray::ec2sim
