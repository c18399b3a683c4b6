#include "setup/marathon/received.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "fmt/core.h"

#include "base/json.h"
#include "base/subprocess.h"
#include "setup/marathon/rule_words.h"

namespace rexray::setup::marathon {
namespace {

constexpr std::string_view kName = "DVDI_VOLUME_NAME";

/// Java's Integer.parseInt.
std::optional<int> ToInt(std::string_view text) {
  if (text.size() > 1 && text.front() == '+') text.remove_prefix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string Joined(const Variables& options) {
  std::string text;
  for (const auto& [key, value] : options) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", key, value);
  }
  return text;
}

std::string Trimmed(const std::string& text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

Received AsEnvironment(const App& app) {
  Received received{k1_1, "the task gets these variables, for the isolator module", {}};
  const std::optional<Variables> variables = EnvironmentOf(app);
  if (!variables) return received;
  for (const auto& [name, value] : *variables) {
    if (name.starts_with("DVDI_VOLUME_")) received.lines.push_back(fmt::format("{}={}", name, value));
  }
  return received;
}

/// One driver for the whole container: of 1.1's volumes the last one's, and Mesos refuses two.
Received AsDockerArguments(const App& app, Versions version) {
  Received received{version, "the agent adds to docker run", {}};
  std::string driver;
  for (const ExternalVolume& volume : app.volumes) {
    if (volume.IsDvdi()) driver = volume.Driver();
  }
  received.lines.push_back(QuoteForDisplay({"--volume-driver=" + driver}));
  for (const ExternalVolume& volume : app.volumes) {
    if (!volume.IsDvdi()) continue;
    received.lines.push_back(QuoteForDisplay({"-v", volume.name.value_or("") + ":" + volume.container_path +
                                                        ":" + absl::AsciiStrToLower(volume.mode)}));
  }
  return received;
}

nlohmann::json DockerVolumeSource(const ExternalVolume& volume) {
  nlohmann::json docker{{"driver", volume.Driver()}, {"name", volume.name.value_or("")}};
  nlohmann::json parameters = nlohmann::json::array();
  for (const auto& [key, value] : OptionsOf(volume)) parameters.push_back({{"key", key}, {"value", value}});
  if (!parameters.empty()) docker["driver_options"] = {{"parameter", parameters}};
  return {{"type", "DOCKER_VOLUME"}, {"docker_volume", docker}};
}

nlohmann::json CsiSource(const ExternalVolume& volume) {
  // The rules have seen that "options" is an object, and that it names the plugin.
  const nlohmann::json options = volume.raw->value("options", nlohmann::json::object());
  nlohmann::json provisioning{{"volume_id", volume.name.value_or("")}};
  for (const auto& [from, to] :
       {std::pair("capability", "volume_capability"), {"volumeContext", "volume_context"}}) {
    if (options.contains(from)) provisioning[to] = options[from];
  }
  return {{"type", "CSI_VOLUME"},
          {"csi_volume",
           {{"plugin_name", options.value("pluginName", "")}, {"static_provisioning", provisioning}}}};
}

Received AsSources(const App& app) {
  Received received{kNewest, "the agent receives these volumes (ContainerInfo)", {}};
  for (const ExternalVolume& volume : app.volumes) {
    const nlohmann::json source = volume.IsCsi() ? CsiSource(volume) : DockerVolumeSource(volume);
    received.lines.push_back(
        DumpJson({{"container_path", volume.container_path}, {"mode", volume.mode}, {"source", source}}));
  }
  return received;
}

/// What Mesos's docker/volume isolator executes (driver.cpp): a person can do the same by hand.
Received AsDvdcli(const App& app) {
  Received received{kNewest, "the agent's docker/volume isolator executes", {}};
  for (const ExternalVolume& volume : app.volumes) {
    if (!volume.IsDvdi()) continue;
    std::vector<std::string> argv{"dvdcli", "mount", "--volumedriver=" + volume.Driver(),
                                  "--volumename=" + volume.name.value_or("")};
    for (const auto& [key, value] : OptionsOf(volume))
      argv.push_back(fmt::format("--volumeopts={}={}", key, value));
    received.lines.push_back(QuoteForDisplay(argv));
  }
  return received;
}

}  // namespace

std::optional<std::string> NextSuffix(const Variables& environment) {
  int highest = -1;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kName)) continue;
    const std::string_view rest = std::string_view(name).substr(kName.size());
    const std::optional<int> number = rest.empty() ? 0 : ToInt(rest);
    if (!number) return std::nullopt;
    highest = std::max(highest, *number);
  }
  return highest < 0 ? "" : std::to_string(int64_t{highest} + 1);
}

Variables OptionsOf(const ExternalVolume& volume) {
  std::map<std::string, std::string> all = volume.options;
  if (volume.size) all["dvdi/size"] = std::to_string(*volume.size);
  Variables out;
  for (const auto& [key, value] : all) {
    if (!key.starts_with("dvdi/") || absl::AsciiStrToLower(key) == "dvdi/driver") continue;
    out.emplace_back(key.substr(5), Trimmed(value));
  }
  return out;
}

std::optional<Variables> EnvironmentOf(const App& app) {
  Variables variables = app.environment;
  for (const ExternalVolume& volume : app.volumes) {
    if (!volume.IsDvdi()) continue;
    const std::optional<std::string> suffix = NextSuffix(variables);
    if (!suffix) return std::nullopt;
    variables.emplace_back("DVDI_VOLUME_CONTAINERPATH" + *suffix, volume.container_path);
    variables.emplace_back("DVDI_VOLUME_NAME" + *suffix, volume.name.value_or(""));
    variables.emplace_back("DVDI_VOLUME_DRIVER" + *suffix, volume.Driver());
    if (const std::string options = Joined(OptionsOf(volume)); !options.empty()) {
      variables.emplace_back("DVDI_VOLUME_OPTS" + *suffix, options);
    }
  }
  return variables;
}

std::vector<Received> Receives(const App& app, Versions version) {
  std::vector<Received> all;
  if (app.volumes.empty() || app.is_pod) return all;
  if (version == k1_1) {
    all.push_back(app.IsMesos() ? AsEnvironment(app) : AsDockerArguments(app, k1_1));
  } else {
    all.push_back(AsSources(app));
    all.push_back(app.IsMesos() ? AsDvdcli(app) : AsDockerArguments(app, kNewest));
  }
  std::erase_if(all, [](const Received& received) { return received.lines.empty(); });
  return all;
}

}  // namespace rexray::setup::marathon
