#include "cli/rexray/manual_page.h"

#include "absl/strings/str_join.h"
#include "fmt/format.h"

namespace rexray::cli {

namespace {

/// Text as it is: no request, no escape, and a dash that can be copied.
std::string Roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  const bool request = !out.empty() && (out[0] == '.' || out[0] == '\'');
  return request ? "\\&" + out : out;
}

/// The help is written in UTF-8, for terminals.
std::string Plain(const std::string& text) {
  std::string out = text;
  for (size_t at; (at = out.find("…")) != std::string::npos;) out.replace(at, 3, "...");
  return Roff(out);
}

std::string Title(const char* name, int section, const char* group) {
  // Keys are long words: not stretched, and not broken.
  return fmt::format(".TH {} {} \"\" rexray \"{}\"\n.nh\n.ad l\n", name, section, group);
}

std::string FlagText(const FlagInfo& flag) {
  std::string names;
  for (const std::string& name : flag.names) {
    names += fmt::format("{}\\fB{}\\fP", names.empty() ? "" : ", ", Roff(name));
  }
  if (!flag.value.empty()) names += fmt::format(" \\fI{}\\fP", Roff(flag.value));
  return fmt::format(".TP\n{}\n{}.\n", names, Plain(flag.description));
}

std::string FlagsText(const CommandInfo& command) {
  const bool root = command.name.find(' ') == std::string::npos;
  std::string text;
  for (const FlagInfo& flag : command.flags) {
    const bool help = flag.names.back() == "--help";  // every command has it; once is enough
    if (!flag.hidden && !flag.description.empty() && (root || !help)) text += FlagText(flag);
  }
  return text;
}

std::string CommandText(const CommandInfo& command) {
  std::string text = fmt::format(".SS {}{}\n", Roff(command.name),
                                 command.argument.empty() ? "" : " [" + Roff(command.argument) + "...]");
  text += Plain(command.description) + ".\n";
  if (!command.aliases.empty()) {
    text += fmt::format("Also: {}.\n", Roff(absl::StrJoin(command.aliases, ", ")));
  }
  return text + FlagsText(command);
}

std::string KeyText(const config::KeyInfo& key) {
  std::string text = fmt::format(".TP\n\\fB{}\\fP", Roff(key.key));
  if (!key.default_value.empty()) text += fmt::format(" (\\fI{}\\fP)", Roff(key.default_value));
  text += "\n" + Plain(key.help) + ".";
  if (!key.choices.empty()) text += fmt::format(" One of {}.", Roff(absl::StrJoin(key.choices, ", ")));
  std::vector<std::string> others = key.newer;
  others.insert(others.end(), key.older.begin(), key.older.end());
  if (!others.empty()) text += fmt::format(" Also: {}.", Roff(absl::StrJoin(others, ", ")));
  if (key.per_service) text += " Per service.";
  if (key.reloadable) text += " Taken from the files again at SIGHUP.";
  return text + "\n";
}

}  // namespace

std::string CommandsPage(const std::vector<CommandInfo>& commands) {
  std::string page = Title("REXRAY", 1, "User commands");
  page += ".SH NAME\nrexray \\- persistent volumes that follow containers from node to node\n";
  page += ".SH SYNOPSIS\n.B rexray\n.I COMMAND\n.RI [ FLAGS ]\n";
  page +=
      ".SH DESCRIPTION\nManages the volumes of this node's daemon,\n.BR rexrayd (8),\nand the daemon "
      "itself. ";
  page += "Flags may stand anywhere; those of a group of commands work with each of them.\n";
  if (!commands.empty()) page += ".SH OPTIONS\n" + FlagsText(commands.front());
  page += ".SH COMMANDS\n";
  for (const CommandInfo& command : commands) {
    const bool root = command.name.find(' ') == std::string::npos;
    if (!root && !command.hidden) page += CommandText(command);
  }
  page += ".SH EXIT STATUS\n0 done, 1 failed (standard error says why), 2 wrong usage.\n";
  page += ".SH ENVIRONMENT\n.TP\n.B REXRAY_FORMAT\nThe format that is printed by default.\n";
  page += ".TP\n.B REXRAY_HOME\nMoves the directories of the daemon.\n";
  page += ".SH SEE ALSO\n.BR rexrayd (8),\n.BR rexray.yml (5),\n.BR dvdcli (1)\n";
  return page;
}

std::string SettingsPage(const std::vector<config::KeyInfo>& keys) {
  std::string page = Title("REXRAY.YML", 5, "File formats");
  page += ".SH NAME\nrexray.yml \\- configuration of the volume daemon\n";
  page +=
      ".SH DESCRIPTION\nThe last of these that has a key counts: the default, /etc/rexray/rexray.yml and ";
  page +=
      "/etc/rexray/config.yml, the same two in $HOME/.rexray, the file of \\-c, a variable (docker.size is ";
  page +=
      "DOCKER_SIZE), a flag (docker.size is \\-\\-dockerSize). Keys are not case\\-sensitive. The value of a "
      "key ";
  page += "may be shown in parentheses: it is the default.\n";
  page += ".SH KEYS\n";
  for (const config::KeyInfo& key : keys) {
    if (key.status == config::KeyStatus::kHonoured) page += KeyText(key);
  }
  page += ".SH SEE ALSO\n.BR rexray (1),\n.BR rexrayd (8),\n";
  page += ".I /usr/share/doc/rexray/configuration.md\n";
  return page;
}

}  // namespace rexray::cli
