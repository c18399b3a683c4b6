#pragma once

// The patterns and sentences that both generations of rules use (OptionLabelPatterns in state/Volume.scala;
// the sentences are those of wix/accord).

#include <string>
#include <string_view>
#include <vector>

#include "setup/marathon/app.h"

namespace rexray::setup::marathon {

constexpr std::string_view kLabelRegex = "^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$";
constexpr std::string_view kOptionKeyRegex =
    R"(^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?/[A-Za-z0-9](?:[-A-Za-z0-9\._:]*[A-Za-z0-9])?$)";

bool IsLabel(std::string_view text);
bool IsOptionKey(std::string_view text);
/// Scala's toLong, and more than 0.
bool IsNaturalNumber(std::string_view text);
/// Scala's toBoolean: any case.
bool IsTrue(std::string_view text);
/// As Scala prints a Double: "1.0", "0.25".
std::string ScalaDouble(double value);

/// "must match regular expression '…'".
std::string MustMatch(std::string_view regex);

void Refuse(std::vector<Finding>& out, Versions version, std::string path, std::string text,
            std::string fix = "");

/// dvdi/volumetype, newfstype, iops, overwritefs of the driver "rexray". `before` and `after` stand around
/// the option's name in the path.
void CheckRexrayOptions(const ExternalVolume& volume, Versions version, const std::string& before,
                        const std::string& after, std::vector<Finding>& out);

/// One instance; each volume once: the same words in both generations.
void CheckInstancesAndNames(const App& app, Versions version, std::vector<Finding>& out);

}  // namespace rexray::setup::marathon
