#include "setup/unit_file.h"

#include <algorithm>
#include <map>

#include "base/status.h"
#include "setup/isolation.h"

namespace rexray::setup {

namespace {

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Lines with their continuations; comments inside a continuation are skipped, as systemd does.
std::vector<std::string> LogicalLines(std::string_view text) {
  std::vector<std::string> lines;
  std::string open;
  bool continued = false;
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    std::string_view line = Trim(text.substr(0, newline));
    text = newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
    if (!line.empty() && (line[0] == '#' || line[0] == ';')) continue;
    const bool more = !line.empty() && line.back() == '\\';
    if (more) line.remove_suffix(1);
    open += (continued ? " " : "") + std::string(Trim(line));
    continued = more;
    if (more) continue;
    lines.push_back(std::move(open));
    open.clear();
  }
  if (!open.empty()) lines.push_back(std::move(open));
  return lines;
}

}  // namespace

std::vector<UnitSetting> ParseUnit(std::string_view text) {
  std::vector<UnitSetting> out;
  std::string section;
  for (const std::string& line : LogicalLines(text)) {
    if (line.size() > 2 && line.front() == '[' && line.back() == ']') {
      section = line.substr(1, line.size() - 2);
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    out.push_back({section, std::string(Trim(std::string_view(line).substr(0, equals))),
                   std::string(Trim(std::string_view(line).substr(equals + 1)))});
  }
  return out;
}

std::vector<std::string> Effective(const std::vector<std::string>& texts, std::string_view key) {
  std::vector<std::string> values;
  for (const std::string& text : texts) {
    for (const UnitSetting& setting : ParseUnit(text)) {
      if (setting.section != "Service" || setting.key != key) continue;
      if (setting.value.empty()) {
        values.clear();
      } else {
        values.push_back(setting.value);
      }
    }
  }
  return values;
}

std::vector<std::string> NamespaceOptions(std::string_view text) {
  // systemd's exec_needs_mount_namespace() (src/core/execute.c, 252). Those of the second line take paths.
  static constexpr std::string_view kSwitches[] = {
      "PrivateTmp",        "PrivateDevices",       "PrivateMounts",         "PrivateIPC",
      "ProtectSystem",     "ProtectHome",          "ProtectKernelTunables", "ProtectKernelModules",
      "ProtectKernelLogs", "ProtectControlGroups", "ProtectProc",           "ProcSubset",
      "MountAPIVFS",       "DynamicUser",          "PrivateUsers"};
  static constexpr std::string_view kLists[] = {"ReadWritePaths",      "ReadOnlyPaths",
                                                "InaccessiblePaths",   "ReadWriteDirectories",
                                                "ReadOnlyDirectories", "InaccessibleDirectories",
                                                "ExecPaths",           "NoExecPaths",
                                                "BindPaths",           "BindReadOnlyPaths",
                                                "TemporaryFileSystem", "RootDirectory",
                                                "RootImage",           "MountImages",
                                                "ExtensionImages",     "ExtensionDirectories",
                                                "MountFlags",          "LoadCredential",
                                                "SetCredential"};
  static constexpr std::string_view kOff[] = {"no", "false", "off", "0", "", "default", "all", "shared"};
  std::vector<std::string> out;
  for (const UnitSetting& setting : ParseUnit(text)) {
    const auto is = [&](std::string_view key) { return key == setting.key; };
    const bool known = std::any_of(std::begin(kSwitches), std::end(kSwitches), is) ||
                       std::any_of(std::begin(kLists), std::end(kLists), is);
    const bool off = std::find(std::begin(kOff), std::end(kOff), setting.value) != std::end(kOff);
    if (setting.section == "Service" && known && !off) out.push_back(setting.key + "=" + setting.value);
  }
  return out;
}

namespace {

constexpr const char* kUnitDirectories[] = {"/etc/systemd/system", "/run/systemd/system",
                                            "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                            "/lib/systemd/system"};
constexpr const char kDcosWants[] = "/etc/systemd/system/dcos.target.wants";

/// By file name, the strongest directory's file of each name; systemd applies them in the order of names.
std::map<std::string, std::string> DropIns(const Tree& tree, const std::string& unit) {
  std::map<std::string, std::string> found;
  for (const char* directory : kUnitDirectories) {
    const std::string place = std::string(directory) + "/" + unit + ".d";
    const absl::StatusOr<std::vector<std::string>> names = tree.List(place);
    if (!names.ok()) continue;
    for (const std::string& name : *names) {
      if (name.ends_with(".conf")) found.emplace(name, fmt::format("{}/{}", place, name));
    }
  }
  return found;
}

}  // namespace

absl::StatusOr<UnitSources> FindUnit(const Tree& tree, const std::string& unit, std::string_view except) {
  UnitSources sources;
  std::vector<std::string> places(std::begin(kUnitDirectories), std::end(kUnitDirectories));
  places.insert(places.begin() + 1, kDcosWants);
  for (const std::string& place : places) {
    const std::string path = fmt::format("{}/{}", place, unit);
    absl::StatusOr<std::string> text = tree.Read(path);
    if (absl::IsNotFound(text.status())) continue;
    if (!text.ok()) return text.status();
    sources.path = path;
    sources.texts.push_back(*std::move(text));
    break;
  }
  if (sources.path.empty()) {
    return Error(absl::StatusCode::kNotFound,
                 "there is no unit {} in {}/etc/systemd/system or /usr/lib/systemd/system", unit,
                 tree.prefix());
  }
  for (const auto& [name, path] : DropIns(tree, unit)) {
    if (name == except) continue;
    ASSIGN_OR_RETURN(std::string text, tree.Read(path));
    sources.texts.push_back(std::move(text));
  }
  return sources;
}

namespace {

struct Word {
  size_t begin = 0;
  size_t end = 0;
  std::string value;  ///< without quotes
};

/// As systemd splits a command line: blanks, '…' and "…", a backslash for the next character.
std::vector<Word> Words(std::string_view command) {
  std::vector<Word> words;
  size_t at = 0;
  while ((at = command.find_first_not_of(" \t", at)) != std::string_view::npos) {
    Word word{at, at, ""};
    char quote = '\0';
    for (; at < command.size(); ++at) {
      const char c = command[at];
      if (c == '\\' && at + 1 < command.size()) {
        word.value += command[++at];
      } else if (quote != '\0' ? c == quote : (c == '"' || c == '\'')) {
        quote = quote != '\0' ? '\0' : c;
      } else if (quote == '\0' && (c == ' ' || c == '\t')) {
        break;
      } else {
        word.value += c;
      }
    }
    word.end = at;
    words.push_back(std::move(word));
  }
  return words;
}

/// In front of the quote that ends the word, if one does.
std::string InsertAtEnd(std::string_view command, const Word& word, const std::string& text) {
  const bool quoted = command[word.end - 1] == '"' || command[word.end - 1] == '\'';
  const size_t at = quoted ? word.end - 1 : word.end;
  return std::string(command.substr(0, at)) + text + std::string(command.substr(at));
}

}  // namespace

std::optional<std::string> WithFeature(std::string_view command, std::string_view feature) {
  static constexpr std::string_view kFlag = "--enable_features";
  const std::vector<Word> words = Words(command);
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& value = words[i].value;
    const bool joined = value.starts_with(std::string(kFlag) + "=");
    const bool apart = value == kFlag && i + 1 < words.size();
    if (!joined && !apart) continue;
    const std::string list = joined ? value.substr(kFlag.size() + 1) : words[i + 1].value;
    if (ListHas(list, feature)) return std::nullopt;
    return InsertAtEnd(command, joined ? words[i] : words[i + 1],
                       (list.empty() ? "" : ",") + std::string(feature));
  }
  return std::string(command) + " " + std::string(kFlag) + " " + std::string(feature);
}

}  // namespace rexray::setup
