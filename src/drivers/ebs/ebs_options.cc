#include "drivers/ebs/ebs_options.h"

#include <charconv>
#include <utility>

#include "base/status.h"
#include "volume/volume_name.h"

namespace rexray::drivers::ebs {
namespace {

absl::StatusOr<uint64_t> ReadNumber(std::string_view key, const std::string& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error(absl::StatusCode::kInvalidArgument, "{}: \"{}\" is not a number", key, Printable(text));
  }
  return number;
}

/// "team=data cost-centre=42": words with spaces between them.
absl::StatusOr<std::map<std::string, std::string>> ReadTags(const std::string& text) {
  std::map<std::string, std::string> tags;
  std::string_view rest = text;
  while (true) {
    const size_t begin = rest.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return tags;
    rest.remove_prefix(begin);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    rest.remove_prefix(word.size());
    const size_t equals = word.find('=');
    const std::string key(word.substr(0, equals));
    if (equals == std::string_view::npos || key.empty() || key.rfind("aws:", 0) == 0) {
      return Error(absl::StatusCode::kInvalidArgument,
                   "ebs.tags: \"{}\" is not KEY=VALUE (and keys that begin with aws: are AWS's own)",
                   Printable(word));
    }
    tags[key] = std::string(word.substr(equals + 1));
  }
}

}  // namespace

absl::StatusOr<EbsOptions> ReadEbsOptions(const SettingLookup& setting,
                                          const EnvironmentLookup& environment) {
  const auto text = [&](const char* key) { return setting ? setting(key).value_or("") : std::string(); };
  EbsOptions options;
  options.instance = text("ebs.instanceID");
  options.profile = text("ebs.profile");
  options.region = text("ebs.region");
  for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (options.region.empty()) options.region = environment(variable).value_or("");
  }
  if (options.region.empty()) options.region = RegionOfProfile(environment, options.profile);
  options.zone = text("ebs.availabilityZone");
  options.endpoint = text("ebs.endpoint");
  for (const char* variable : {"AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL"}) {
    if (options.endpoint.empty()) options.endpoint = environment(variable).value_or("");
  }
  while (!options.endpoint.empty() && options.endpoint.back() == '/') options.endpoint.pop_back();
  if (!options.endpoint.empty() && options.endpoint.find("://") == std::string::npos) {
    options.endpoint = "https://" + options.endpoint;  // 0.11 took a bare host
  }
  options.metadata_endpoint = text("ebs.metadataEndpoint");
  options.access_key = text("ebs.accessKey");
  options.secret_key = Secret(text("ebs.secretKey"));
  options.session_token = Secret(text("ebs.sessionToken"));
  options.ca_bundle = environment("AWS_CA_BUNDLE").value_or("");
  options.set = text("ebs.rexrayTag");
  options.tag_prefix = text("ebs.tag");
  options.kms_key = text("ebs.kmsKeyID");
  options.encrypted = text("ebs.encrypted") == "true";
  options.device_root = text("ebs.deviceRoot");
  while (!options.device_root.empty() && options.device_root.back() == '/') options.device_root.pop_back();
  if (const std::string type = text("ebs.type"); !type.empty()) options.type = type;
  if (const std::string retries = text("ebs.maxRetries"); !retries.empty()) {
    ASSIGN_OR_RETURN(const uint64_t number, ReadNumber("ebs.maxRetries", retries));
    options.retries = static_cast<int>(std::min<uint64_t>(number, 1000));
  }
  if (const std::string throughput = text("ebs.throughput"); !throughput.empty()) {
    ASSIGN_OR_RETURN(options.throughput, ReadNumber("ebs.throughput", throughput));
  }
  ASSIGN_OR_RETURN(options.tags, ReadTags(text("ebs.tags")));
  return options;
}

}  // namespace rexray::drivers::ebs
