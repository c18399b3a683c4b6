#include <algorithm>

#include "fmt/core.h"

#include "base/json.h"
#include "setup/doctor/checks.h"
#include "setup/doctor/guarded.h"

namespace rexray::setup::doctor {
namespace {

using Verdict = Diagnosis::Verdict;

constexpr size_t kMostText = 1000;
constexpr size_t kMostResults = 200;  // of a group

struct Part {
  const char* title;
  Results (*check)(const Scene&);
};

/// From the ground up: what is broken below breaks what stands above.
constexpr Part kParts[] = {
    {"This machine", CheckMachine}, {"Configuration", CheckConfiguration},
    {"Daemon", CheckDaemon},        {"Drivers", CheckDrivers},
    {"Docker", CheckDocker},        {"Volume plugins", CheckPlugins},
    {"Mesos agent", CheckMesos},    {"Marathon", CheckMarathon},
};

struct Words {
  Verdict verdict;
  const char* shown;
  const char* json;
  const char* colour;
};

constexpr Words kWords[] = {
    {Verdict::kOk, "ok", "ok", "\x1b[32m"},
    {Verdict::kWarning, "warning", "warning", "\x1b[33m"},
    {Verdict::kBroken, "BROKEN", "broken", "\x1b[31m"},
    {Verdict::kUnknown, "unknown", "unknown", "\x1b[36m"},
};

const Words& WordsOf(Verdict verdict) {
  return *std::find_if(std::begin(kWords), std::end(kWords),
                       [&](const Words& words) { return words.verdict == verdict; });
}

size_t Count(const Examination& examination, Verdict verdict) {
  size_t count = 0;
  for (const Group& group : examination.groups) {
    count += static_cast<size_t>(std::count_if(group.results.begin(), group.results.end(),
                                               [&](const Diagnosis& one) { return one.verdict == verdict; }));
  }
  return count;
}

/// On one line, without what drives a terminal, and not endless.
std::string Plain(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMostText)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\t' || c == '\r') {
      out += ' ';
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  if (text.size() > kMostText) out += " …";
  return out;
}

std::string Line(const Diagnosis& one, bool colour) {
  const Words& words = WordsOf(one.verdict);
  std::string word = fmt::format("{:<8}", words.shown);
  if (colour) word = words.colour + word + "\x1b[0m";
  std::string line = fmt::format("  {} {}: {}\n", word, Plain(one.check), Plain(one.evidence));
  if (one.verdict != Verdict::kOk && !one.fix.empty())
    line += fmt::format("           do: {}\n", Plain(one.fix));
  return line;
}

}  // namespace

bool Examination::Broken() const {
  return Count(*this, Verdict::kBroken) > 0;
}

Examination Examine(const Scene& scene, Duration limit) {
  Examination all;
  for (const Part& part : kParts) {
    Group group{part.title, RunGuarded(part.title, limit, [&] { return part.check(scene); })};
    if (group.results.size() > kMostResults) {
      const size_t left_out = group.results.size() - kMostResults;
      group.results.resize(kMostResults);
      group.results.push_back(Unknown(part.title, fmt::format("{} further results are left out", left_out)));
    }
    if (!group.results.empty()) all.groups.push_back(std::move(group));
  }
  return all;
}

std::string ToText(const Examination& examination, bool colour) {
  std::string text;
  for (const Group& group : examination.groups) {
    text += group.title + "\n";
    for (const Diagnosis& one : group.results) text += Line(one, colour);
    text += "\n";
  }
  const size_t broken = Count(examination, Verdict::kBroken);
  return text + fmt::format("{}{} broken, {} warning{}, {} ok, {} unknown\n",
                            broken == 0 ? "Nothing is broken: " : "", broken,
                            Count(examination, Verdict::kWarning),
                            Count(examination, Verdict::kWarning) == 1 ? "" : "s",
                            Count(examination, Verdict::kOk), Count(examination, Verdict::kUnknown));
}

std::string ToJson(const Examination& examination) {
  nlohmann::json checks = nlohmann::json::array();
  for (const Group& group : examination.groups) {
    for (const Diagnosis& one : group.results) {
      checks.push_back({{"group", group.title},
                        {"check", one.check},
                        {"verdict", WordsOf(one.verdict).json},
                        {"evidence", one.evidence.substr(0, 4 * kMostText)},
                        {"fix", one.fix}});
    }
  }
  nlohmann::json counts;
  for (const Words& words : kWords) counts[words.json] = Count(examination, words.verdict);
  return DumpJson({{"ok", !examination.Broken()}, {"checks", checks}, {"counts", counts}}) + "\n";
}

}  // namespace rexray::setup::doctor
