// docs/compatibility.md says what becomes of each command, flag and key of REX-Ray 0.3.3 and 0.11.4. Here its
// rows are put to the grammar and to the table of keys, and everything that these know must have a row.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/rexray/command_info.h"
#include "cli/rexray/command_line.h"

#include "base/status.h"
#include "config/known_keys.h"

namespace rexray::cli {
namespace {

using Cells = std::vector<std::string>;
using Words = std::vector<std::string>;

constexpr char kPage[] = REXRAY_SOURCE_DIR "/docs/compatibility.md";

/// The rows of the table below "## TITLE", their cells trimmed.
std::vector<Cells> TableBelow(const std::string& title) {
  std::ifstream file(kPage);
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<Cells> rows;
  bool here = false;
  bool body = false;
  for (const auto& line : absl::StrSplit(page, '\n')) {
    if (absl::StartsWith(line, "#")) here = line == "## " + title;
    if (!here || !absl::StartsWith(line, "|")) continue;
    if (absl::StartsWith(line, "|---")) {
      body = true;
      continue;
    }
    if (!body) continue;
    Cells cells;
    for (const auto& cell : absl::StrSplit(line, '|')) cells.emplace_back(absl::StripAsciiWhitespace(cell));
    if (cells.size() < 3) continue;
    rows.emplace_back(cells.begin() + 1, cells.end() - 1);
  }
  EXPECT_FALSE(rows.empty()) << "no table below " << title;
  return rows;
}

/// "`a`, `b c`" -> {"a", "b c"}
Words Names(const std::string& cell) {
  Words names;
  const std::vector<std::string> parts = absl::StrSplit(cell, '`');
  for (size_t i = 1; i < parts.size(); i += 2) names.push_back(parts[i]);
  return names;
}

std::string Name(const std::string& cell) {
  const Words names = Names(cell);
  EXPECT_EQ(names.size(), 1u) << cell;
  return names.empty() ? "" : names[0];
}

Words SplitWords(const std::string& text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

/// "a.{b, c}" -> {"a.b", "a.c"}
Words Expanded(const std::string& text) {
  const size_t open = text.find('{');
  const size_t close = text.find('}');
  if (open == std::string::npos || close == std::string::npos) return {text};
  Words all;
  for (const auto& part : absl::StrSplit(text.substr(open + 1, close - open - 1), ", ")) {
    all.push_back(text.substr(0, open) + std::string(part) + text.substr(close + 1));
  }
  return all;
}

/// A value that is none of the defaults.
std::string Sample(const std::string& placeholder) {
  static const std::map<std::string, std::string> samples = {
      {"SIZE", "7"},       {"N", "9"},      {"FORMAT", "jsonp"},  {"KEY=VALUE", "size=8"},
      {"LEVEL", "debug"},  {"TIME", "17s"}, {"WORDS", "noatime"}, {"URL", "unix:///x"},
      {"TEXT", "{{.ID}}"}, {"FS", "xfs"}};
  const auto found = samples.find(placeholder);
  return found == samples.end() ? "sample" : found->second;
}

std::string RefusalOf(const Words& words) {
  const auto parsed = ParseCommandLine(words);
  const auto* status = std::get_if<absl::Status>(&parsed);
  return status == nullptr ? "" : std::string(MessageOf(*status));
}

/// What the command line means, the dialect of its spelling aside.
Invocation MeaningOf(const Words& words) {
  const auto parsed = ParseCommandLine(words);
  if (const auto* status = std::get_if<absl::Status>(&parsed)) {
    ADD_FAILURE() << testing::PrintToString(words) << ": " << MessageOf(*status);
    return {};
  }
  Invocation meaning =
      std::holds_alternative<Invocation>(parsed) ? std::get<Invocation>(parsed) : Invocation{};
  meaning.old_dialect = false;
  return meaning;
}

const std::map<std::string, CommandInfo>& Commands() {
  static const auto& commands = *[] {
    auto* map = new std::map<std::string, CommandInfo>;
    for (CommandInfo& command : DescribeCommands()) {
      const std::string name = command.name;
      map->emplace(name, std::move(command));
    }
    return map;
  }();
  return commands;
}

/// The command with what it must have, so that a flag more or less is all that differs.
Words Complete(const std::string& command, bool own_name) {
  Words words = SplitWords(command);
  words.erase(words.begin());  // "rexray"
  const auto info = Commands().find(command);
  const bool takes_part = command.starts_with("rexray setup");
  if (info != Commands().end() && !info->second.argument.empty() && !own_name) {
    words.emplace_back(takes_part ? "mesos" : "v");
  }
  // Levels that do nothing alone, and what a command cannot do without.
  static const std::map<std::string, Words> more = {{"rexray", {"volume"}},
                                                    {"rexray config", {"show"}},
                                                    {"rexray marathon", {"check", "v"}},
                                                    {"rexray volume grow", {"--size", "5"}},
                                                    {"rexray volume release", {"--consumer", "c"}}};
  if (const auto needs = more.find(command); needs != more.end()) {
    words.insert(words.end(), needs->second.begin(), needs->second.end());
  }
  return words;
}

TEST(Compatibility, EveryRowSaysWhereItIsFromAndWhatItIsHere) {
  const std::set<std::string> origins = {"0.3.3", "0.11.4", "both", "new"};
  const std::set<std::string> fates = {"yes", "ignored", "no"};
  for (const auto& [title, from] : {std::pair{"Commands", 2}, std::pair{"Flags", 2}, std::pair{"Keys", 1},
                                    std::pair{"Variables that are no key", 1}}) {
    for (const Cells& row : TableBelow(title)) {
      ASSERT_EQ(row.size(), static_cast<size_t>(from) + 3) << title << ": " << row[0];
      EXPECT_TRUE(origins.count(row[from]) != 0) << row[0] << ": " << row[from];
      EXPECT_TRUE(fates.count(row[from + 1]) != 0) << row[0] << ": " << row[from + 1];
      EXPECT_TRUE(row[from + 1] == "yes" || !row[from + 2].empty()) << row[0] << ": why?";
    }
  }
}

TEST(Compatibility, TheGrammarHasTheCommandsThatThePageSays) {
  for (const Cells& row : TableBelow("Commands")) {
    const std::string command = Name(row[0]);
    Words words = SplitWords(command);
    words.erase(words.begin());
    if (row[3] == "no") {
      EXPECT_NE(RefusalOf(words), "") << command << " is accepted";
      EXPECT_EQ(Commands().count(command), 0u) << command;
      continue;
    }
    ASSERT_EQ(Commands().count(command), 1u) << "there is no " << command;
    const Words aliases = Names(row[1]);
    EXPECT_THAT(Commands().at(command).aliases, testing::UnorderedElementsAreArray(aliases)) << command;
    for (const std::string& alias : aliases) {
      Words other = Complete(command, false);
      const size_t last = words.size() - 1;
      other[last] = alias;
      Invocation meaning = MeaningOf(other);
      Invocation wanted = MeaningOf(Complete(command, false));
      meaning.read_by_scripts = wanted.read_by_scripts;  // `get` prints what 0.3.3's scripts parse
      EXPECT_TRUE(meaning == wanted) << command << " and " << alias;
    }
  }
}

TEST(Compatibility, ThePageHasEveryCommandOfTheGrammar) {
  std::set<std::string> rows;
  for (const Cells& row : TableBelow("Commands")) rows.insert(Name(row[0]));
  for (const auto& [name, command] : Commands()) {
    if (name == "rexray") continue;
    EXPECT_EQ(rows.count(name), 1u) << "docs/compatibility.md, \"Commands\", needs a row for " << name
                                    << " (\"new\" when REX-Ray had none)";
  }
}

/// One spelling of one flag, and a command line that uses it.
struct FlagUse {
  std::string command;
  std::string flag;
  std::string here;
  Words words;
  bool only_old = false;  ///< only 0.3.3 had it, or spelled it in this way
};

std::vector<FlagUse> FlagUses() {
  std::vector<FlagUse> uses;
  std::set<std::string> old;
  for (const Cells& row : TableBelow("Flags")) {
    Words flags = Names(row[1]);
    std::string placeholder;
    for (std::string& flag : flags) {  // "--size SIZE": the placeholder stands at the last one
      const Words parts = SplitWords(flag);
      flag = parts[0];
      if (parts.size() > 1) placeholder = parts[1];
    }
    if (row[2] == "0.3.3") old.insert(flags[0]);
    for (const std::string& flag : flags) {
      const std::string lower = absl::AsciiStrToLower(flag);
      const bool other_case = std::any_of(flags.begin(), flags.end(), [&](const std::string& twin) {
        return twin != flag && absl::AsciiStrToLower(twin) == lower;
      });
      if (row[2] == "both" && other_case && flag == lower) old.insert(flag);
      const std::string command = Name(row[0]);
      const bool names_volume =
          flag == "--volumename" || (flag == "--volumeid" && command != "rexray volume create");
      Words words = Complete(command, names_volume);
      words.push_back(flag);
      if (!placeholder.empty()) words.push_back(Sample(placeholder));
      uses.push_back({command, flag, row[3], words});
    }
  }
  for (FlagUse& use : uses) use.only_old = old.count(use.flag) != 0;
  return uses;
}

TEST(Compatibility, FlagsDoWhatThePageSays) {
  for (const FlagUse& use : FlagUses()) {
    const std::string text = testing::PrintToString(use.words);
    if (use.here == "no") {
      EXPECT_NE(RefusalOf(use.words), "") << text << " is accepted";
      continue;
    }
    const Words plain = Complete(use.command, false);
    const bool required = (use.command == "rexray volume grow" && use.flag == "--size") ||
                          (use.command == "rexray volume release" && use.flag == "--consumer");
    if (required) {
      EXPECT_NE(RefusalOf({"volume", use.command.substr(use.command.rfind(' ') + 1), "v"}), "") << use.flag;
      continue;
    }
    const bool same = MeaningOf(use.words) == MeaningOf(plain);
    EXPECT_EQ(same, use.here == "ignored") << text << (same ? " changes nothing" : " changes something");
  }
}

/// Without a terminal these ask for 0.3.3's YAML.
TEST(Compatibility, FlagsOfTheOldDialectAloneAreNoticed) {
  for (const FlagUse& use : FlagUses()) {
    if (use.flag == "-f" || use.flag == "--format") continue;  // says itself what is printed
    const auto parsed = ParseCommandLine(use.words);
    const auto* meaning = std::get_if<Invocation>(&parsed);
    if (meaning == nullptr) continue;
    EXPECT_EQ(meaning->old_dialect, use.only_old) << testing::PrintToString(use.words);
  }
}

TEST(Compatibility, ThePageHasEveryFlagOfTheGrammar) {
  std::set<std::pair<std::string, std::string>> rows;
  for (const Cells& row : TableBelow("Flags")) {
    for (const std::string& flag : Names(row[1])) {
      const std::string name = SplitWords(flag)[0];
      rows.emplace(Name(row[0]), absl::AsciiStrToLower(name.substr(0, name.find('='))));
    }
  }
  for (const auto& [name, command] : Commands()) {
    for (const FlagInfo& flag : command.flags) {
      for (const std::string& spelling : flag.names) {
        if (spelling == "--help" || spelling == "-?") continue;
        EXPECT_EQ(rows.count({name, absl::AsciiStrToLower(spelling)}), 1u)
            << "docs/compatibility.md, \"Flags\", needs a row for " << name << " " << spelling;
      }
    }
  }
}

TEST(Compatibility, KeysAreWhatThePageSays) {
  std::set<std::string> rows;
  for (const Cells& row : TableBelow("Keys")) {
    for (const std::string& key : Expanded(Name(row[0]))) {
      EXPECT_TRUE(rows.insert(absl::AsciiStrToLower(key)).second) << key << " has two rows";
      const config::KeyInfo* info = config::FindKey(key);
      if (row[2] == "no") {
        EXPECT_EQ(info, nullptr) << key << " is known";
        continue;
      }
      ASSERT_NE(info, nullptr) << "there is no key " << key;
      const bool honoured = info->status == config::KeyStatus::kHonoured;
      EXPECT_EQ(honoured ? "yes" : "ignored", row[2]) << key;
      EXPECT_TRUE(info->reloadable || !absl::StrContains(row[3], "SIGHUP")) << key;
    }
  }
  for (const config::KeyInfo& info : config::KnownKeys()) {
    for (const std::string& name : config::NamesOf(info)) {
      EXPECT_EQ(rows.count(absl::AsciiStrToLower(name)), 1u)
          << "docs/compatibility.md, \"Keys\", needs a row for " << name;
    }
  }
}

TEST(Compatibility, EveryKeyIsAFlagByRexRaysRule) {
  for (const config::KeyInfo& info : config::KnownKeys()) {
    for (const std::string& flag : config::FlagNamesOf(info)) {
      EXPECT_EQ(RefusalOf({"--" + flag + "=1", "env"}), "") << flag;
    }
  }
}

TEST(Compatibility, VariablesAreWhatThePageSays) {
  std::set<std::string> rows;
  for (const Cells& row : TableBelow("Variables that are no key")) rows.insert(Name(row[0]));
  std::set<std::string> known(config::EnvironmentOnlyNames().begin(), config::EnvironmentOnlyNames().end());
  for (const config::KeyInfo& info : config::KnownKeys()) {
    known.insert(info.environment.begin(), info.environment.end());
  }
  EXPECT_EQ(rows, known);
}

}  // namespace
}  // namespace rexray::cli
