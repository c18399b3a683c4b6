#include "cli/dvdcli/arguments.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>

#include "base/status.h"
#include "dvdi/volume_options.h"

namespace rexray::dvdcli {
namespace {

enum class Flag { kDriver, kName, kOpts, kExplicit, kTimeout, kLogLevel, kJson, kDockerRoot, kHelp };

struct FlagRow {
  std::string_view name;
  Flag flag;
  bool is_bool;
  std::string_view commands;  ///< that take it; "" = all
};

constexpr FlagRow kFlags[] = {
    {"volumedriver", Flag::kDriver, false, ""},
    {"volumename", Flag::kName, false, ""},
    {"volumeopts", Flag::kOpts, false, "create mount"},
    {"explicitcreate", Flag::kExplicit, true, "mount"},
    // As the README of dvdcli and the old isolator module write it; dvdcli itself never took it.
    {"explicitCreate", Flag::kExplicit, true, "mount"},
    {"timeout", Flag::kTimeout, false, ""},
    {"log-level", Flag::kLogLevel, false, ""},
    {"json", Flag::kJson, true, "get list"},
    {"docker-root", Flag::kDockerRoot, false, ""},
    {"help", Flag::kHelp, true, ""},
};

struct CommandRow {
  std::string_view name;
  std::string_view text;
};

constexpr CommandRow kCommands[] = {
    {"create", "Create a volume"},
    {"get", "Get a volume"},
    {"list", "List volumes (of every plugin, without --volumedriver)"},
    {"mount", "Mount a volume, which is created first when there is none; prints its path"},
    {"path", "Path of a volume"},
    {"remove", "Remove a volume"},
    {"unmount", "Unmount a volume"},
    {"version", "Print the version"},
};

absl::Status Usage(std::string text) {
  return Error(absl::StatusCode::kInvalidArgument, "{}", text);
}

bool Contains(std::string_view words, std::string_view word) {
  const size_t at = words.find(word);
  if (at == std::string_view::npos) return false;
  const size_t end = at + word.size();
  return (at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ');
}

/// Go's strconv.ParseBool.
absl::StatusOr<bool> ParseBool(std::string_view flag, std::string_view value) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (value == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (value == no) return false;
  }
  return Usage(fmt::format("invalid argument \"{}\" for --{}: write true or false", value, flag));
}

absl::Status Apply(const FlagRow& row, const std::string& value, Arguments& arguments) {
  switch (row.flag) {
    case Flag::kDriver:
      arguments.driver = value;
      return absl::OkStatus();
    case Flag::kName:
      arguments.volume = value;
      return dvdi::CheckUtf8("volume name", value);
    case Flag::kOpts:
      return dvdi::AddVolumeOptions(value, arguments.options);
    case Flag::kExplicit: {
      ASSIGN_OR_RETURN(arguments.explicit_create, ParseBool(row.name, value));
      return absl::OkStatus();
    }
    case Flag::kJson: {
      ASSIGN_OR_RETURN(arguments.json, ParseBool(row.name, value));
      return absl::OkStatus();
    }
    case Flag::kHelp: {
      ASSIGN_OR_RETURN(arguments.help, ParseBool(row.name, value));
      return absl::OkStatus();
    }
    case Flag::kTimeout: {
      ASSIGN_OR_RETURN(arguments.timeout, ParseTimeout(value));
      return absl::OkStatus();
    }
    case Flag::kLogLevel: {
      const std::optional<LogLevel> level = LogLevelFromName(value);
      if (!level) {
        return Usage(
            fmt::format("invalid argument \"{}\" for --log-level: write debug, info, warn or error", value));
      }
      arguments.log_level = *level;
      return absl::OkStatus();
    }
    case Flag::kDockerRoot:
      arguments.docker_root = value;
      return value.starts_with('/') ? absl::OkStatus()
                                    : Usage(fmt::format("invalid argument \"{}\" for --docker-root: it is an "
                                                        "absolute path",
                                                        value));
  }
  return absl::OkStatus();
}

/// One pass over the words; which command a flag belongs to is known only at the end.
class Parser {
 public:
  explicit Parser(const std::vector<std::string>& words) : words_(words) {}

  absl::StatusOr<Arguments> Parse() {
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (flags_ended_ || word.size() < 2 || word[0] != '-') {
        TakeWord(word);
      } else if (word == "--") {
        flags_ended_ = true;
      } else if (word == "-h") {
        arguments_.help = true;
      } else if (word[1] != '-') {
        return Usage(
            fmt::format("unknown shorthand flag: '{}' in {} (flags have two dashes)", word[1], word));
      } else {
        RETURN_IF_ERROR(TakeFlag(word));
      }
    }
    if (!arguments_.command.empty() && arguments_.command != "help" && !IsCommand(arguments_.command)) {
      return Usage(fmt::format("unknown command \"{}\" for \"dvdcli\" (there are: {})", arguments_.command,
                               "create, get, list, mount, path, remove, unmount, version"));
    }
    for (const FlagRow* const row : seen_) {
      if (!row->commands.empty() && !arguments_.command.empty() && arguments_.command != "help" &&
          !Contains(row->commands, arguments_.command)) {
        return Usage(fmt::format("unknown flag: --{}", row->name));
      }
    }
    arguments_.any_flag = !seen_.empty();
    return std::move(arguments_);
  }

 private:
  void TakeWord(const std::string& word) {
    if (arguments_.command.empty()) {
      arguments_.command = word;
    } else {
      arguments_.rest.push_back(word);
    }
  }

  absl::Status TakeFlag(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    if (name.empty() || name[0] == '-') return Usage("bad flag syntax: " + word);
    const auto* const row = std::find_if(std::begin(kFlags), std::end(kFlags),
                                         [&](const FlagRow& flag) { return flag.name == name; });
    if (row == std::end(kFlags)) return Usage("unknown flag: --" + name);
    seen_.push_back(row);
    if (equals != std::string::npos) return Apply(*row, word.substr(equals + 1), arguments_);
    if (row->is_bool) return Apply(*row, "true", arguments_);
    if (at_ + 1 == words_.size()) return Usage("flag needs an argument: --" + name);
    return Apply(*row, words_[++at_], arguments_);
  }

  const std::vector<std::string>& words_;
  size_t at_ = 0;
  bool flags_ended_ = false;
  Arguments arguments_;
  std::vector<const FlagRow*> seen_;
};

constexpr std::string_view kFlagTexts[] = {
    "      --volumedriver NAME    the plugin: rexray, rexray/ebs, a managed plugin's name or id\n",
    "      --volumename NAME      the volume\n",
    "      --volumeopts K=V[,K=V] options for a volume that is created; may be repeated. A part without "
    "\"=\"\n"
    "                             behind a comma belongs to the value before it\n",
    "      --explicitcreate       fail when the volume does not exist (also --explicitCreate)\n",
    "      --json                 print what the plugin says as JSON\n",
    "      --timeout TIME         give up after this long, all calls together (default 110s)\n"
    "      --log-level LEVEL      debug, info (default), warn, error\n"
    "      --docker-root DIR      where Docker keeps its data, to find managed plugins (default: data-root "
    "of\n"
    "                             /etc/docker/daemon.json, else /var/lib/docker)\n"
    "  -h, --help                 this page\n",
};

}  // namespace

bool IsCommand(const std::string& word) {
  return std::any_of(std::begin(kCommands), std::end(kCommands),
                     [&](const auto& row) { return row.name == word; });
}

absl::StatusOr<Duration> ParseTimeout(const std::string& text) {
  constexpr Duration kLongest = std::chrono::hours(24);
  const auto refuse = [&] {
    return Usage(fmt::format(
        "invalid argument \"{}\" for --timeout: write a time such as 90s or 2m, a day at most", text));
  };
  Duration sum{0};
  std::string_view rest = text;
  while (!rest.empty()) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0 || number > 86'400'000) return refuse();
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    const size_t digit = rest.find_first_of("0123456789");
    const std::string_view unit = rest.substr(0, digit);
    rest.remove_prefix(unit.size());
    if (unit == "ms") {
      sum += std::chrono::milliseconds(number);
    } else if (unit == "s" || (unit.empty() && sum == Duration::zero())) {
      sum += std::chrono::seconds(number);
    } else if (unit == "m") {
      sum += std::chrono::minutes(number);
    } else if (unit == "h") {
      sum += std::chrono::hours(std::min<int64_t>(number, 25));
    } else {
      return refuse();
    }
    if (sum > kLongest) return refuse();
  }
  if (sum <= Duration::zero()) return refuse();
  return sum;
}

absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& words) {
  return Parser(words).Parse();
}

std::string UsageText(const std::string& command) {
  std::string text;
  if (!IsCommand(command)) {
    text =
        "dvdcli:\n  A Docker Volume Driver CLI\n\nUsage:\n  dvdcli COMMAND [flags]\n\nAvailable Commands:\n";
    for (const CommandRow& row : kCommands) text += fmt::format("  {:<10} {}\n", row.name, row.text);
    text += "\nFlags:\n";
    for (const std::string_view flag : kFlagTexts) text += flag;
    return text;
  }
  for (const CommandRow& row : kCommands) {
    if (row.name == command)
      text = fmt::format("{}\n\nUsage:\n  dvdcli {} [flags]\n\nFlags:\n", row.text, row.name);
  }
  text += kFlagTexts[0];
  text += kFlagTexts[1];
  if (command == "create" || command == "mount") text += kFlagTexts[2];
  if (command == "mount") text += kFlagTexts[3];
  if (command == "get" || command == "list") text += kFlagTexts[4];
  return text + std::string(kFlagTexts[5]);
}

}  // namespace rexray::dvdcli
