#include "cli/rexray/testing/scripted_admin.h"

#include "base/code_table.h"
#include "base/json.h"

namespace rexray::cli {

void ScriptedAdmin::Answer(const std::string& method, const std::string& target, const std::string& body,
                           int status) {
  answers_[method + " " + target] = {.status = status, .headers = {}, .body = body};
}

void ScriptedAdmin::Refuse(const std::string& method, const std::string& target, const std::string& code,
                           const std::string& message) {
  const nlohmann::json body = {{"error", {{"code", code}, {"message", message}}}};
  Answer(method, target, DumpJson(body),
         RowOf(CodeFromName(code).value_or(absl::StatusCode::kUnknown)).http_status);
}

absl::StatusOr<http::ClientResponse> ScriptedAdmin::Send(const http::Address& address,
                                                         const http::Request& request, Deadline) {
  addresses_.push_back(address);
  const std::string line = request.method + " " + request.target;
  requests_.push_back(request.body.empty() ? line : line + " " + request.body);
  if (!unreachable_.ok()) return unreachable_;
  const auto found = answers_.find(line);
  if (found != answers_.end()) return found->second;
  return http::ClientResponse{.status = 599, .headers = {}, .body = "unscripted: " + line};
}

}  // namespace rexray::cli
