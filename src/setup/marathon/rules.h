#pragma once

// Marathon's own rules, version by version, in its own words and with its own paths.

#include <vector>

#include "setup/marathon/app.h"

namespace rexray::setup::marathon {

/// v1.1.1; adds to `out`.
void ApplyRules1_1(const App& app, std::vector<Finding>& out);

/// 1.11.
void ApplyRulesNewest(const App& app, std::vector<Finding>& out);

/// The same volume name in several apps: a rule of the root group, so that every other app of the cluster
/// counts too, which cannot be seen here. `reports` are those of `apps`, in order.
void ApplyRootGroupRule(const std::vector<App>& apps, Versions versions, std::vector<AppReport>& reports);

}  // namespace rexray::setup::marathon
