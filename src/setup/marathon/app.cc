#include "setup/marathon/app.h"

#include "absl/strings/ascii.h"
#include "fmt/core.h"
#include "nlohmann/json.hpp"

namespace rexray::setup::marathon {
namespace {

using nlohmann::json;

/// Reads members and notes, in Play's words (play.api.libs.json.Reads), those that are of the wrong kind.
class Reader {
 public:
  explicit Reader(App& app) : app_(app) {}

  void Wrong(const std::string& path, const char* text, Versions versions = kBoth) {
    app_.shape.push_back({Severity::kRefused, versions, path, text, ""});
  }

  const json* Member(const json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }

  std::optional<std::string> Text(const json& object, const char* key, const std::string& path) {
    const json* member = Member(object, key);
    if (member == nullptr) return std::nullopt;
    if (member->is_string()) return member->get<std::string>();
    Wrong(path + "/" + key, "error.expected.jsstring");
    return std::nullopt;
  }

  std::string RequiredText(const json& object, const char* key, const std::string& path, Versions required) {
    if (Member(object, key) == nullptr) Wrong(path + "/" + key, "error.path.missing", required);
    return Text(object, key, path).value_or("");
  }

  std::optional<int64_t> Integer(const json& object, const char* key, const std::string& path) {
    const json* member = Member(object, key);
    if (member == nullptr) return std::nullopt;
    if (member->is_number_unsigned() && member->get<uint64_t>() > INT64_MAX) {
      Wrong(path + "/" + key, "error.expected.long");
      return std::nullopt;
    }
    if (member->is_number_integer()) return member->get<int64_t>();
    Wrong(path + "/" + key, member->is_number() ? "error.expected.long" : "error.expected.jsnumber");
    return std::nullopt;
  }

  double Number(const json& object, const char* key, const std::string& path, double otherwise) {
    const json* member = Member(object, key);
    if (member == nullptr) return otherwise;
    if (member->is_number()) return member->get<double>();
    Wrong(path + "/" + key, "error.expected.jsnumber");
    return otherwise;
  }

  const json* Object(const json& object, const char* key, const std::string& path) {
    const json* member = Member(object, key);
    if (member == nullptr || member->is_object()) return member;
    Wrong(path + "/" + key, "error.expected.jsobject");
    return nullptr;
  }

  const json* Array(const json& object, const char* key, const std::string& path) {
    const json* member = Member(object, key);
    if (member == nullptr || member->is_array()) return member;
    Wrong(path + "/" + key, "error.expected.jsarray");
    return nullptr;
  }

 private:
  App& app_;
};

void ReadMode(Reader& reader, const json& volume, const std::string& path, ExternalVolume& out) {
  out.mode = reader.RequiredText(volume, "mode", path, kBoth);
  if (out.mode.empty()) return;
  const std::string upper = absl::AsciiStrToUpper(out.mode);
  const bool known = upper == "RW" || upper == "RO";
  if (!known) reader.Wrong(path + "/mode", "error.unknown.enum.literal", kNewest);
  if (!known || upper != out.mode) reader.Wrong(path + "/mode", "is not a valid mode", k1_1);
  out.mode = upper;
}

void ReadOptions(Reader& reader, const json& external, const std::string& path, ExternalVolume& out) {
  const json* options = reader.Object(external, "options", path);
  if (options == nullptr || out.IsCsi()) return;
  for (const auto& [key, value] : options->items()) {
    if (value.is_string()) {
      out.options[key] = value.get<std::string>();
    } else {
      reader.Wrong(fmt::format("{}/options/{}", path, key), "error.expected.jsstring");
    }
  }
}

void ReadVolume(Reader& reader, const json& volume, size_t index, App& app) {
  const std::string path = VolumePath(index);
  if (!volume.is_object()) return reader.Wrong(path, "error.expected.jsobject");
  const json* external = reader.Object(volume, "external", path);
  if (external == nullptr) return;
  ExternalVolume out;
  out.index = index;
  out.ordinal = app.volumes.size();
  out.raw = external;
  out.container_path = reader.RequiredText(volume, "containerPath", path, kBoth);
  ReadMode(reader, volume, path, out);
  const std::string inner = path + "/external";
  out.name = reader.Text(*external, "name", inner);
  out.provider = reader.Text(*external, "provider", inner);
  if (!external->contains("name")) reader.Wrong(inner + "/name", "error.path.missing", k1_1);
  if (!external->contains("provider")) reader.Wrong(inner + "/provider", "error.path.missing", k1_1);
  out.size = reader.Integer(*external, "size", inner);
  ReadOptions(reader, *external, inner, out);
  if (const auto shared = external->find("shared"); shared != external->end()) {
    if (!shared->is_boolean()) reader.Wrong(inner + "/shared", "error.expected.jsboolean", kNewest);
    out.shared = shared->is_boolean() && shared->get<bool>();
  }
  for (const char* other : {"persistent", "hostPath"}) {
    // Volume.apply of 1.1.1; "persistent" is its text for both.
    if (!volume.contains(other)) continue;
    const char* text = std::string_view(other) == "hostPath" ? "hostPath may not be set with persistent"
                                                             : "external may not be set with persistent";
    reader.Wrong(path, text, k1_1);
  }
  app.volumes.push_back(std::move(out));
}

void ReadEnvironment(const json& value, App& app) {
  const auto environment = value.find("env");
  if (environment == value.end() || !environment->is_object()) return;
  for (const auto& [key, text] : environment->items()) {
    app.environment.emplace_back(key, text.is_string() ? text.get<std::string>() : "");
  }
}

void ReadPod(const json& value, App& app) {
  app.is_pod = true;
  const auto count = [&](const json& owner) {
    const auto volumes = owner.find("volumes");
    if (volumes == owner.end() || !volumes->is_array()) return;
    for (const auto& volume : *volumes) {
      if (volume.is_object() && volume.contains("external")) ++app.pod_external;
    }
  };
  count(value);
  for (const auto& container : value["containers"]) {
    if (container.is_object()) count(container);
  }
}

}  // namespace

std::string ExternalVolume::Driver() const {
  const auto found = options.find("dvdi/driver");
  return found == options.end() ? "" : found->second;
}

std::string VolumePath(size_t index, std::string_view rest) {
  return fmt::format("/container/volumes({}){}", index, rest);
}

App ReadApp(const json& value, std::string id) {
  App app;
  app.id = std::move(id);
  if (value.contains("containers") && value["containers"].is_array()) {
    ReadPod(value, app);
    return app;
  }
  Reader reader(app);
  app.instances = reader.Integer(value, "instances", "").value_or(1);
  if (const auto* upgrade = reader.Object(value, "upgradeStrategy", "")) {
    UpgradeStrategy strategy;
    strategy.minimum_health = reader.Number(*upgrade, "minimumHealthCapacity", "/upgradeStrategy", 1.0);
    strategy.maximum_over = reader.Number(*upgrade, "maximumOverCapacity", "/upgradeStrategy", 1.0);
    app.upgrade = strategy;
  }
  ReadEnvironment(value, app);
  const auto* container = reader.Object(value, "container", "");
  if (container == nullptr) return app;
  app.container_type = reader.Text(*container, "type", "/container").value_or("DOCKER");
  const std::string upper = absl::AsciiStrToUpper(app.container_type);
  const bool known = upper == "MESOS" || upper == "DOCKER";
  if (!known) reader.Wrong("/container/type", "error.unknown.enum.literal", kNewest);
  if (!known || upper != app.container_type)
    reader.Wrong("/container/type", "is not a valid container type", k1_1);
  app.container_type = upper;
  app.has_docker = reader.Object(*container, "docker", "/container") != nullptr;
  if (const auto* volumes = reader.Array(*container, "volumes", "/container")) {
    for (size_t i = 0; i < volumes->size(); ++i) ReadVolume(reader, (*volumes)[i], i, app);
  }
  return app;
}

}  // namespace rexray::setup::marathon
