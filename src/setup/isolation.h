#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rexray::setup {

/// --isolation's list with `add` at its end, what is there already left out. Old one-word lists are spelled
/// out first ("posix", "process" = posix/cpu,posix/mem; "cgroups" = cgroups/cpu,cgroups/mem: alone they are
/// special, in a list they are unknown), and filesystem/posix gives way to filesystem/linux: the agent
/// refuses both together. An empty list is the agent's default, posix/cpu,posix/mem, which a flag replaces.
/// Facts: Mesos src/slave/containerizer/mesos/containerizer.cpp.
std::string MergeIsolation(std::string_view list, const std::vector<std::string>& add);

bool ListHas(std::string_view list, std::string_view word);

}  // namespace rexray::setup
