#pragma once

// EC2's XML, read. An answer that is no XML (a proxy's or a load balancer's HTML page, a cut-off body) is an
// error that says so, never a crash and never an empty list.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "drivers/ebs/ec2_error.h"
#include "drivers/ebs/ec2_types.h"

namespace rexray::drivers::ebs {

/// One page of a Describe.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next_token;  ///< empty on the last page
};

/// What an answer with an HTTP status other than 2xx says. Not XML: the code is "HTTP 503" and the message
/// the beginning of the body's text.
Ec2Failure ReadFailure(const std::string& action, int http_status, const std::string& body);

/// Unavailable when a 2xx answer is not `<ACTIONResponse>`: whole, and of that name.
absl::Status CheckAnswer(const std::string& action, const std::string& body);

absl::StatusOr<Page<Ec2Volume>> ReadVolumes(const std::string& body);
absl::StatusOr<Page<Ec2Snapshot>> ReadSnapshots(const std::string& body);
absl::StatusOr<Page<Ec2Modification>> ReadModifications(const std::string& body);
absl::StatusOr<Page<Ec2Instance>> ReadInstances(const std::string& body);
absl::StatusOr<Page<Ec2InstanceType>> ReadInstanceTypes(const std::string& body);

absl::StatusOr<Ec2Volume> ReadCreatedVolume(const std::string& body);
absl::StatusOr<Ec2Snapshot> ReadCreatedSnapshot(const std::string& body);
absl::StatusOr<Ec2Attachment> ReadAttachment(const std::string& body);
absl::StatusOr<Ec2Modification> ReadModification(const std::string& body);

}  // namespace rexray::drivers::ebs
