#include "ec2sim/metadata.h"

#include <charconv>

#include "fmt/core.h"

#include "base/json.h"
#include "base/rfc3339.h"
#include "ec2sim/actions.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

constexpr char kTtlHeader[] = "x-aws-ec2-metadata-token-ttl-seconds";
constexpr int kLongestTtl = 21600;

Reply Plain(int status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.content_type = "text/plain";
  reply.body = std::move(body);
  return reply;
}

Reply Missing() {
  Reply reply =
      Plain(404,
            "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html>\n<html><head><title>404 - "
            "Not Found</title></head><body><h1>404 - Not Found</h1></body></html>\n");
  reply.content_type = "text/html";
  return reply;
}

Reply Hang() {
  Reply reply;
  reply.ending = Reply::Ending::kHang;
  return reply;
}

std::string HeaderOf(const http::Request& request, const char* name) {
  const std::string* value = http::FindHeader(request.headers, name);
  return value == nullptr ? "" : *value;
}

}  // namespace

Reply MetadataService::Answer(const std::string& id, const http::Request& request, const std::string& path) {
  const auto found = world_.instances().find(id);
  if (found == world_.instances().end()) return Hang();
  const Instance& instance = found->second;
  if (instance.cut || instance.imds == Imds::kUnreachable || instance.state != "running") return Hang();
  if (request.method == "PUT") {
    if (path != "/latest/api/token" || instance.imds == Imds::kV1Only) return Missing();
    if (instance.imds == Imds::kTokenLost) return Hang();
    return MakeToken(instance, request);
  }
  if (request.method != "GET") return Plain(405, "");
  const std::string token = HeaderOf(request, "x-aws-ec2-metadata-token");
  const bool needed = instance.imds == Imds::kRequired;
  if ((needed && token.empty()) || (!token.empty() && !TokenIsGood(instance, token))) return Plain(401, "");
  return Read(instance, path);
}

Reply MetadataService::MakeToken(const Instance& instance, const http::Request& request) {
  // A forwarding proxy in front of the service must not get one.
  if (http::FindHeader(request.headers, "x-forwarded-for") != nullptr) return Plain(403, "");
  const std::string text = HeaderOf(request, kTtlHeader);
  int ttl = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ttl);
  if (error != std::errc() || end != text.data() + text.size() || ttl < 1 || ttl > kLongestTtl) {
    return Plain(400, "");
  }
  const std::string token = fmt::format("AQAEA{:016x}{:016x}==", world_.Random(), world_.Random());
  tokens_[token] = {instance.id, world_.now() + std::chrono::seconds(ttl)};
  Reply reply = Plain(200, token);
  reply.headers.emplace_back("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", std::to_string(ttl));
  return reply;
}

bool MetadataService::TokenIsGood(const Instance& instance, const std::string& token) const {
  const auto found = tokens_.find(token);
  return found != tokens_.end() && found->second.instance == instance.id &&
         found->second.expires > world_.now();
}

std::string MetadataService::IdentityDocument(const Instance& instance) const {
  return DumpJson({{"accountId", world_.options.account},
                   {"architecture", "x86_64"},
                   {"availabilityZone", instance.zone},
                   {"imageId", "ami-0123456789abcdef0"},
                   {"instanceId", instance.id},
                   {"instanceType", instance.type},
                   {"pendingTime", FormatRfc3339(instance.launched)},
                   {"privateIp", instance.private_address},
                   {"region", world_.options.region},
                   {"version", "2017-09-30"}});
}

std::string MetadataService::RoleDocument(const Instance& instance) {
  const Duration life = world_.options.role_credentials_life;
  const Principal& keys = principals_.RoleKeys(instance.id, instance.role, world_.now(), life);
  const WallTime expires =
      world_.wall() + std::chrono::duration_cast<WallTime::duration>(*keys.expires - world_.now());
  return DumpJson({{"Code", "Success"},
                   {"LastUpdated", FormatRfc3339(world_.wall())},
                   {"Type", "AWS-HMAC"},
                   {"AccessKeyId", keys.access_key},
                   {"SecretAccessKey", keys.secret_key},
                   {"Token", keys.session_token},
                   {"Expiration", FormatRfc3339(expires)}});
}

// What was attached when the instance started: "ami", "root"; volumes attached later are not in it.
std::string MetadataService::MappingEntry(const Instance& /*instance*/, const std::string& name) const {
  return name == "ami" || name == "root" ? "/dev/xvda" : "";
}

Reply MetadataService::Read(const Instance& instance, const std::string& path) {
  constexpr std::string_view kMeta = "/latest/meta-data/";
  if (path == "/latest/dynamic/instance-identity/document") {
    Reply reply = Plain(200, IdentityDocument(instance));
    reply.content_type = "application/json";
    return reply;
  }
  if (path == "/latest/meta-data") return Plain(200, "block-device-mapping/\niam/\ninstance-id\nplacement/");
  if (path.substr(0, kMeta.size()) != kMeta) return Missing();
  const std::string name = path.substr(kMeta.size());
  if (name.empty()) {
    return Plain(200,
                 "block-device-mapping/\nhostname\niam/\ninstance-id\ninstance-type\nlocal-ipv4\nmac\n"
                 "network/\nplacement/\nservices/");
  }
  if (name == "instance-id") return Plain(200, instance.id);
  if (name == "instance-type") return Plain(200, instance.type);
  if (name == "local-ipv4") return Plain(200, instance.private_address);
  if (name == "hostname") return Plain(200, "ip-10-0-0-1.ec2.internal");
  if (name == "mac") return Plain(200, "0e:00:00:00:00:01");
  if (name == "placement/availability-zone") return Plain(200, instance.zone);
  if (name == "placement/availability-zone-id") return Plain(200, ZoneIdOf(world_, instance.zone));
  if (name == "placement/region") return Plain(200, world_.options.region);
  if (name == "services/domain") return Plain(200, "amazonaws.com");
  if (name == "network/interfaces/macs/") return Plain(200, "0e:00:00:00:00:01/");
  if (name == "block-device-mapping/") return Plain(200, "ami\nroot");
  constexpr std::string_view kMapping = "block-device-mapping/";
  if (name.substr(0, kMapping.size()) == kMapping) {
    const std::string device = MappingEntry(instance, name.substr(kMapping.size()));
    return device.empty() ? Missing() : Plain(200, device);
  }
  if (instance.role.empty()) return Missing();
  if (name == "iam/security-credentials/" || name == "iam/security-credentials")
    return Plain(200, instance.role);
  if (name == "iam/security-credentials/" + instance.role) return Plain(200, RoleDocument(instance));
  return Missing();
}

}  // namespace rexray::ec2sim
