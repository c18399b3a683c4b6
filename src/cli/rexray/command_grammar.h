#pragma once

// The grammar of the command line and what a parse leaves behind. Only command_grammar.cc (which builds it)
// and command_line.cc (which uses it) include this: CLI11 is slow to compile.

#include <initializer_list>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/status.h"
#include "cli/rexray/command_info.h"
#include "cli/rexray/command_line.h"
#include "cli/rexray/invocation.h"

namespace rexray::cli {

/// Values as they were typed, checked once the grammar is satisfied, and flags that are taken and mean
/// nothing here.
struct RawValues {
  std::string size, iops, throughput, timeout, after, encrypted;
  std::string snapshot, source_volume, mkfs_options, mount_options;
  std::vector<std::string> options, tags;
  bool ignored = false;
  std::string ignored_text;
};

/// Used once; not thread-safe.
class Grammar {
 public:
  Grammar();
  std::variant<Invocation, HelpText, absl::Status> Parse(std::vector<std::string> words);
  void Describe(std::vector<CommandInfo>* to) const { DescribeBelow(&app_, false, to); }

 private:
  static constexpr const char* kHidden = "";  ///< group of what no help page shows
  static constexpr const char* kOldGroup = "REX-Ray 0.3.3's spellings";

  CLI::App* Group(CLI::App* parent, const std::string& name, const std::string& description);
  CLI::App* Leaf(CLI::App* parent, Verb verb, const std::string& name, const std::string& description,
                 std::initializer_list<const char*> aliases = {});
  void Global();
  void Life(CLI::App* parent, bool hidden);
  void Volume();
  void VolumeCreate(CLI::App* parent);
  void VolumeChanges(CLI::App* parent);
  void Snapshot();
  void Others();
  void Wiring();
  void Setup();
  void Printing(CLI::App* app);
  void Selecting(CLI::App* app, const char* which);
  void DryRun(CLI::App* app);
  void SeveralVolumes(CLI::App* app, bool idempotent);

  void DescribeBelow(const CLI::App* app, bool hidden, std::vector<CommandInfo>* to) const;
  const CLI::App* Deepest() const;
  absl::Status Misused(const CLI::App* at, const std::string& text) const;
  absl::Status Translate(const CLI::App* at, const CLI::ParseError& error) const;
  absl::Status CheckLeftovers(const CLI::App* at) const;
  absl::Status FillIn(const CLI::App* at);
  absl::Status FillInCreate();
  absl::Status TakeDefaults();
  absl::Status FillInTags();
  absl::Status FillInRates();
  absl::Status CheckSnapshot(const CLI::App* at) const;
  absl::Status CheckNames(const CLI::App* at);
  absl::Status CheckSetup(const CLI::App* at);

  CLI::App app_;
  Invocation out_;
  RawValues raw_;
  std::map<const CLI::App*, Verb> commands_;
};

}  // namespace rexray::cli
