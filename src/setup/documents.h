#pragma once

// Documents that the program carries: the files below packaging/ themselves, put in when it is built, so that
// a package and `rexray setup` install the same text.

#include <string_view>

namespace rexray::setup {

extern const std::string_view kServiceUnit;  ///< packaging/systemd/rexray.service
extern const std::string_view
    kAwsPolicy;  ///< packaging/aws/policy.json: IAM, least privilege for the ebs driver

}  // namespace rexray::setup
