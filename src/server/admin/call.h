#pragma once

// One request, read: its path, its query and the fields of its body, each asked for by name and type. What
// nobody asked for is an error: a typing mistake in a script must not pass for a default.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

#include "base/http/message.h"

namespace rexray::server::admin {

/// "/v1/volume?name=a%20b" taken apart.
struct Target {
  std::string path;
  std::map<std::string, std::string> query;
};

/// InvalidArgument: bad percent-encoding, a NUL, a parameter given twice or without a name.
absl::StatusOr<Target> ParseTarget(std::string_view target);

/// The parameters or fields of one request. The first error is kept and is what Finish says; until then every
/// getter may be called. null counts as absent. Not thread-safe.
class Fields {
 public:
  /// An empty body is {}.
  static absl::StatusOr<Fields> OfBody(std::string_view body);
  static Fields OfQuery(const std::map<std::string, std::string>& query);
  Fields(Fields&&) noexcept;
  Fields& operator=(Fields&&) noexcept;
  ~Fields();

  std::optional<std::string> Text(const char* name);
  std::optional<std::string> Word(const char* name);  ///< a string, or true or false as the word
  std::optional<bool> Bool(const char* name);         ///< in a query: "true" or "false"
  std::optional<uint64_t> Whole(const char* name);    ///< in a query: decimal digits
  std::vector<std::string> Texts(const char* name);   ///< absent: empty
  std::map<std::string, std::string> TextMap(const char* name);

  /// InvalidArgument when a value was of the wrong type, or one is there that no getter asked for.
  absl::Status Finish() const;

 private:
  Fields(nlohmann::json object, const char* what);
  const nlohmann::json* Find(const char* name);
  void Fail(const char* name, std::string_view wanted);

  std::unique_ptr<nlohmann::json> object_;
  const char* what_;  ///< "field" or "query parameter"
  std::set<std::string> asked_;
  absl::Status error_;
};

}  // namespace rexray::server::admin
