// ~/.aws/credentials and ~/.aws/config, with profiles.

#include <fstream>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "drivers/ebs/credentials.h"

namespace rexray::drivers::ebs {
namespace {

using Sections = std::map<std::string, std::map<std::string, std::string>>;

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// INI as AWS writes it: [section], name = value, comments with # or ; in front. Indented lines belong to the
/// value above (nested settings that are not ours).
Sections ReadSections(const std::string& path) {
  Sections sections;
  std::ifstream file(path);
  std::string line;
  std::string section;
  while (std::getline(file, line)) {
    if (!line.empty() && (line[0] == ' ' || line[0] == '\t')) continue;
    const std::string_view text = Trimmed(line);
    if (text.empty() || text[0] == '#' || text[0] == ';') continue;
    if (text.front() == '[' && text.back() == ']') {
      section = Trimmed(text.substr(1, text.size() - 2));
      sections[section];
      continue;
    }
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    sections[section][std::string(Trimmed(text.substr(0, equals)))] = Trimmed(text.substr(equals + 1));
  }
  return sections;
}

std::string Home(const EnvironmentLookup& environment) {
  return environment("HOME").value_or("/root");
}

std::string CredentialsFile(const EnvironmentLookup& environment) {
  return environment("AWS_SHARED_CREDENTIALS_FILE").value_or(Home(environment) + "/.aws/credentials");
}

std::string ConfigFile(const EnvironmentLookup& environment) {
  return environment("AWS_CONFIG_FILE").value_or(Home(environment) + "/.aws/config");
}

/// In the config file every profile but the default one is called "profile NAME".
std::map<std::string, std::string> ConfigOf(const EnvironmentLookup& environment,
                                            const std::string& profile) {
  Sections sections = ReadSections(ConfigFile(environment));
  std::map<std::string, std::string> found = sections["profile " + profile];
  if (profile == "default") found.merge(sections["default"]);
  return found;
}

std::string Chosen(const EnvironmentLookup& environment, std::string profile) {
  return profile.empty() ? environment("AWS_PROFILE").value_or("default") : std::move(profile);
}

std::optional<Credentials> KeysOf(const std::map<std::string, std::string>& section, std::string source) {
  const auto access_key = section.find("aws_access_key_id");
  const auto secret_key = section.find("aws_secret_access_key");
  if (access_key == section.end() || secret_key == section.end()) return std::nullopt;
  const auto token = section.find("aws_session_token");
  return Credentials{access_key->second, Secret(secret_key->second),
                     Secret(token == section.end() ? "" : token->second), std::nullopt, std::move(source)};
}

absl::Status CannotBeUsed(const std::map<std::string, std::string>& config, const std::string& profile) {
  for (const char* key : {"role_arn", "sso_session", "sso_start_url", "credential_process"}) {
    if (!config.contains(key)) continue;
    return Error(
        absl::StatusCode::kUnauthenticated,
        "the AWS profile \"{}\" uses {}, which this program does not do; write keys into the profile, or "
        "give the instance a role",
        profile, key);
  }
  return Error(absl::StatusCode::kUnauthenticated, "the AWS profile \"{}\" has no keys", profile);
}

}  // namespace

CredentialSource SharedFileCredentials(EnvironmentLookup environment, std::string profile) {
  return [environment = std::move(environment),
          profile = std::move(profile)](Deadline) -> absl::StatusOr<std::optional<Credentials>> {
    const bool chosen = !profile.empty() || environment("AWS_PROFILE").has_value();
    const std::string name = Chosen(environment, profile);
    const std::string file = CredentialsFile(environment);
    const std::string source = "profile \"" + name + "\" of ";
    if (auto keys = KeysOf(ReadSections(file)[name], source + file)) return keys;
    const std::map<std::string, std::string> config = ConfigOf(environment, name);
    if (auto keys = KeysOf(config, source + ConfigFile(environment))) return keys;
    if (!chosen) return std::nullopt;
    return CannotBeUsed(config, name);
  };
}

std::string RegionOfProfile(const EnvironmentLookup& environment, std::string profile) {
  const std::string name = Chosen(environment, std::move(profile));
  const std::map<std::string, std::string> config = ConfigOf(environment, name);
  if (const auto region = config.find("region"); region != config.end()) return region->second;
  return ReadSections(CredentialsFile(environment))[name]["region"];
}

}  // namespace rexray::drivers::ebs
