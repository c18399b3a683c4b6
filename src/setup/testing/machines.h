#pragma once

// Whole machines as trees of files (src/setup/testdata): what setup is for, and what the doctor looks at.

#include <span>
#include <string>

#include "setup/testing/test_tree.h"

namespace rexray::setup {

struct Machine {
  const char* name;     ///< of its .diff file in testdata
  const char* fixture;  ///< the tree
  const char* overlay;  ///< a tree laid over it: somebody's earlier hand edits; "" = none
  const char* module;   ///< where our module's file is put; "" = nowhere
};

std::span<const Machine> Machines();

/// For the name of a test: "dcos_1_7_agent_by_hand".
std::string TestNameOf(const Machine& machine);

/// That machine, as it is before setup.
class MachineTree : public TestTree {
 public:
  explicit MachineTree(const Machine& machine);
};

}  // namespace rexray::setup
