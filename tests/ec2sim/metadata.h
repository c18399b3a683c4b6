#pragma once

// The instance metadata service, versions 1 and 2 (AWS, "Use the Instance Metadata Service"). Not
// thread-safe.

#include <map>
#include <string>

#include "base/http/message.h"
#include "ec2sim/principals.h"
#include "ec2sim/reply.h"
#include "ec2sim/world.h"

namespace rexray::ec2sim {

class MetadataService {
 public:
  MetadataService(World& world, Principals& principals) : world_(world), principals_(principals) {}

  /// `path` begins with "/latest".
  Reply Answer(const std::string& instance, const http::Request& request, const std::string& path);

 private:
  Reply MakeToken(const Instance& instance, const http::Request& request);
  bool TokenIsGood(const Instance& instance, const std::string& token) const;
  Reply Read(const Instance& instance, const std::string& path);
  std::string IdentityDocument(const Instance& instance) const;
  std::string RoleDocument(const Instance& instance);
  std::string MappingEntry(const Instance& instance, const std::string& name) const;

  World& world_;
  Principals& principals_;
  struct Token {
    std::string instance;
    TimePoint expires;
  };
  std::map<std::string, Token> tokens_;
};

}  // namespace rexray::ec2sim
