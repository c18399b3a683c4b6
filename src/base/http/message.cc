#include "base/http/message.h"

namespace rexray::http {

const std::string* FindHeader(const Headers& headers, const char* name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace rexray::http
