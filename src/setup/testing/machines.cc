#include "setup/testing/machines.h"

#include <fstream>
#include <iterator>

namespace rexray::setup {

namespace {

const std::string kTestdata = REXRAY_SOURCE_DIR "/src/setup/testdata/";

constexpr Machine kMachines[] = {
    {"dcos-1.7-agent", "dcos-1.7-agent", "", "/opt/rexray/lib/mesos/libmesos_dvdi_isolator-0.28.1.so"},
    {"dcos-1.7-agent-by-hand", "dcos-1.7-agent", "dcos-1.7-agent-by-hand",
     "/opt/rexray/lib/mesos/libmesos_dvdi_isolator-0.28.1.so"},
    {"dcos-1.7-master", "dcos-1.7-master", "", ""},
    {"dcos-1.7-master-by-hand", "dcos-1.7-master", "dcos-1.7-master-by-hand", ""},
    {"dcos-1.13-agent", "dcos-1.13-agent", "", ""},
    {"dcos-1.13-agent-by-hand", "dcos-1.13-agent", "dcos-1.13-agent-by-hand", ""},
    {"dcos-1.13-master", "dcos-1.13-master", "", ""},
    {"mesosphere-0.28", "mesosphere-0.28", "", "/usr/lib/mesos/libmesos_dvdi_isolator-0.28.1.so"},
    {"mesosphere-0.28-by-hand", "mesosphere-0.28", "mesosphere-0.28-by-hand",
     "/usr/lib/mesos/libmesos_dvdi_isolator-0.28.1.so"},
    {"clusterd", "clusterd", "", ""},
    {"clusterd-by-hand", "clusterd", "clusterd-by-hand", ""},
};

}  // namespace

std::span<const Machine> Machines() {
  return kMachines;
}

std::string TestNameOf(const Machine& machine) {
  std::string name = machine.name;
  for (char& c : name) {
    if (c == '-' || c == '.') c = '_';
  }
  return name;
}

MachineTree::MachineTree(const Machine& machine) : TestTree(kTestdata + machine.fixture) {
  if (*machine.overlay != '\0') Overlay(kTestdata + machine.overlay);
  if (*machine.module == '\0') return;
  std::ifstream module(TEST_MESOS_MODULE, std::ios::binary);
  Write(machine.module, std::string(std::istreambuf_iterator<char>(module), {}), 0755);
}

}  // namespace rexray::setup
