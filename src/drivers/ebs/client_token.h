#pragma once

#include <string>

namespace rexray::drivers::ebs {

/// sha256(set, name, generation) in hexadecimal: 64 characters, EC2's most. Two hosts that create one name
/// send one token, and get one volume. A token lives on for hours after its volume is gone, and answers with
/// it: the generation, the id of the volume that was last answered for the name and is no more, makes the
/// next one.
std::string ClientTokenOf(const std::string& set, const std::string& name, const std::string& generation);

}  // namespace rexray::drivers::ebs
