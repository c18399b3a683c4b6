#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rexray::http {

/// Header names are lower case.
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  ///< "GET", "POST", …
  std::string target;  ///< as sent: "/VolumeDriver.Mount", with its query
  Headers headers;
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

/// nullptr when there is none; `name` in lower case.
const std::string* FindHeader(const Headers& headers, const char* name);

}  // namespace rexray::http
