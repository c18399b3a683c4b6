#pragma once

// EC2's errors: every one keeps its code, its message and its request id. Inside the program they are
// absl::Status; the code travels in a payload, so that a caller can tell VolumeInUse from IncorrectState.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace rexray::drivers::ebs {

struct Ec2Failure {
  std::string action;  ///< "AttachVolume"
  int http_status = 0;
  std::string code;  ///< "VolumeInUse"; "HTTP 503" where the answer was not EC2's XML
  std::string message;
  std::string request_id;
};

/// "AttachVolume: vol-1 is already attached to an instance (VolumeInUse, request 59db…)". The canonical code
/// is the table's (csi-ebs-docker.md 3.5); an unknown one is InvalidArgument for HTTP 400, else Unavailable.
/// UnauthorizedOperation names the missing action ("ec2:AttachVolume") and the caller where EC2 says who it
/// was.
absl::Status ToStatus(const Ec2Failure& failure);

/// EC2's code in a status that ToStatus made; "" for any other.
std::string Ec2CodeOf(const absl::Status& status);

/// Too many requests: nothing was done, and the same request may be sent again, later.
bool IsThrottle(std::string_view code);
/// A failure of the service: may have been done or not; asking again may help.
bool IsServiceFault(std::string_view code, int http_status);
/// Credentials that ended or are not known yet: worth one try with fresh ones.
bool IsCredentialFault(std::string_view code);

/// The resource ids named in a message: "The volumes 'vol-1, vol-2' do not exist." -> {vol-1, vol-2}.
std::vector<std::string> IdsNamedIn(std::string_view message);

}  // namespace rexray::drivers::ebs
