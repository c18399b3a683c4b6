#include "server/docker/plugin_request.h"

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/status.h"
#include "volume/volume_name.h"

namespace rexray::server::docker {
namespace {

using nlohmann::json;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

/// dockerd asks Get and Path with exactly {"Name":"NAME"}: seen at a glance, it needs no parser. Anything
/// that is not plainly that is left to the parser.
std::optional<std::string_view> NameAlone(std::string_view body) {
  constexpr std::string_view kBefore = "{\"Name\":\"";
  constexpr std::string_view kAfter = "\"}";
  while (!body.empty() && body.back() == '\n') body.remove_suffix(1);  // Go's encoder ends with one
  if (!body.starts_with(kBefore) || !body.ends_with(kAfter)) return std::nullopt;
  if (body.size() < kBefore.size() + kAfter.size()) return std::nullopt;
  const std::string_view name = body.substr(kBefore.size(), body.size() - kBefore.size() - kAfter.size());
  const auto plain = [](unsigned char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; };
  return std::all_of(name.begin(), name.end(), plain) ? std::optional(name) : std::nullopt;
}

absl::StatusOr<std::string> TextOf(const json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string()) {
    return Error(kInvalid, "the request's {} is a JSON {}; it must be a string", field, found->type_name());
  }
  return found->get<std::string>();
}

absl::StatusOr<Options> OptionsOf(const json& object) {
  Options options;
  const auto found = object.find("Opts");
  if (found == object.end() || found->is_null()) return options;
  if (!found->is_object()) {
    return Error(kInvalid, "the request's Opts is a JSON {}; it must be an object of strings",
                 found->type_name());
  }
  for (const auto& [name, value] : found->items()) {
    if (!value.is_string()) {
      return Error(kInvalid, "volume option \"{}\" is a JSON {}; it must be a string", Printable(name),
                   value.type_name());
    }
    options.emplace_back(name, value.get<std::string>());
  }
  return options;
}

}  // namespace

absl::StatusOr<PluginRequest> ParsePluginRequest(std::string_view body) {
  PluginRequest request;
  if (body.empty()) {
    return Error(kInvalid,
                 "the request has an empty body (a retry by dockerd after a broken connection?); try again");
  }
  if (const std::optional<std::string_view> name = NameAlone(body)) {
    request.name = *name;
  } else {
    ASSIGN_OR_RETURN(const json object, ParseJson(body));
    if (!object.is_object()) {
      return Error(kInvalid, "the request's body is a JSON {}; it must be an object", object.type_name());
    }
    ASSIGN_OR_RETURN(request.name, TextOf(object, "Name"));
    ASSIGN_OR_RETURN(request.id, TextOf(object, "ID"));
    ASSIGN_OR_RETURN(request.options, OptionsOf(object));
  }
  RETURN_IF_ERROR(ValidateVolumeName(request.name));
  return request;
}

}  // namespace rexray::server::docker
