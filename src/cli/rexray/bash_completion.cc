#include "cli/rexray/bash_completion.h"

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"

namespace rexray::cli {

namespace {

std::string ParentOf(const std::string& name) {
  const size_t space = name.rfind(' ');
  return space == std::string::npos ? "" : name.substr(0, space);
}

std::string LastOf(const std::string& name) {
  return name.substr(name.rfind(' ') + 1);
}

/// `"rexray volume create" | "rexray volume c") at="rexray volume create" ;;`
std::string Step(const CommandInfo& command) {
  std::vector<std::string> words = {LastOf(command.name)};
  words.insert(words.end(), command.aliases.begin(), command.aliases.end());
  std::string patterns;
  for (const std::string& word : words) {
    patterns += fmt::format("{}\"{} {}\"", patterns.empty() ? "" : " | ", ParentOf(command.name), word);
  }
  return fmt::format("      {}) at=\"{}\" ;;\n", patterns, command.name);
}

std::vector<std::string> FlagsOf(const CommandInfo& command) {
  std::vector<std::string> flags;
  for (const FlagInfo& flag : command.flags) {
    for (const std::string& name : flag.names) {
      if (!flag.hidden && absl::StartsWith({name.data(), name.size()}, "--")) flags.push_back(name);
    }
  }
  return flags;
}

/// What may follow: the commands below it, its flags and those of the levels above it.
std::string Words(const CommandInfo& command, const std::vector<CommandInfo>& all) {
  std::vector<std::string> commands;
  std::vector<std::string> flags;
  for (const CommandInfo& other : all) {
    if (!other.hidden && ParentOf(other.name) == command.name) commands.push_back(LastOf(other.name));
    const bool above = other.name == command.name ||
                       absl::StartsWith({command.name.data(), command.name.size()}, other.name + " ");
    if (!above) continue;
    for (std::string& flag : FlagsOf(other)) flags.push_back(std::move(flag));
  }
  return fmt::format("    \"{}\") commands=\"{}\" flags=\"{}\" argument=\"{}\" ;;\n", command.name,
                     absl::StrJoin(commands, " "), absl::StrJoin(flags, " "), command.argument);
}

}  // namespace

std::string BashCompletion(const std::vector<CommandInfo>& commands) {
  std::string steps;
  std::string words;
  for (const CommandInfo& command : commands) {
    if (!ParentOf(command.name).empty()) steps += Step(command);
    words += Words(command, commands);
  }
  return fmt::format(
      R"BASH(# bash completion of rexray; written by rexray_pages from the command line's grammar
_rexray() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} at=rexray commands flags argument volumes i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${{COMP_WORDS[i]}}" in
{})BASH"
      R"BASH(    esac
  done
  case $at in
{})BASH"
      R"BASH(  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")
    return
  fi
  if [[ $argument == VOLUME && $at != "rexray volume create" ]]; then
    volumes=$(rexray volume ls --timeout 2 --template '{{{{.Name}}}}' 2>/dev/null)
  fi
  mapfile -t COMPREPLY < <(compgen -W "$commands $volumes" -- "$cur")
}}
complete -o default -F _rexray rexray
)BASH",
      steps, words);
}

}  // namespace rexray::cli
