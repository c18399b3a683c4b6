#pragma once

#include "nlohmann/json_fwd.hpp"

namespace rexray::ec2sim {

class Simulator;

nlohmann::json CountsJson(Simulator& simulator);
/// {"volumes": {ID: {…}}, "snapshots": {…}, "instances": {…}}: the truth, whatever a Describe says.
nlohmann::json StateJson(Simulator& simulator);

}  // namespace rexray::ec2sim
