#include "cli/rexray/service_output.h"

#include "cli/rexray/terminal_text.h"
#include "cli/rexray/text_table.h"
#include "nlohmann/json.hpp"

#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

Json ServiceJson(const ServiceInfo& it) {
  Json out = {{"name", it.name}, {"driver", {{"name", it.driver}, {"type", it.kind}}}, {"state", it.state}};
  if (!it.error.empty()) out["error"] = it.error;
  out["volumes"] = it.volumes ? Json(*it.volumes) : Json();
  if (!it.volumes_error.empty()) out["volumesError"] = it.volumes_error;
  out["dockerSocket"] = it.docker_socket;
  out["specFile"] = it.spec_file;
  out["scope"] = it.scope;
  return out;
}

/// 0.3.3's field names.
Json OldNodeJson(const NodeInfo& it) {
  return {{"providername", it.driver}, {"instanceid", it.id}, {"region", it.region}, {"name", it.name}};
}

/// libStorage's.
Json NodeJson(const NodeInfo& it) {
  return {{"instanceID", {{"id", it.id}, {"driver", it.driver}}},
          {"name", it.name},
          {"providerName", it.driver},
          {"region", it.region},
          {"fields", {{"service", it.service}, {"zone", it.zone}}}};
}

Json ServicesJson(const DaemonStatus& status) {
  Json list = Json::array();
  for (const ServiceInfo& it : status.services) list.push_back(ServiceJson(it));
  return list;
}

std::string ServiceTable(const DaemonStatus& status, bool quiet) {
  bool notes = false;
  for (const ServiceInfo& it : status.services) notes |= !it.error.empty() || !it.volumes_error.empty();
  TextTable table;
  for (const char* header : {"Service", "Driver", "State"}) table.AddColumn(header);
  table.AddColumn("Volumes", TextTable::Align::kRight);
  table.AddColumn("Docker socket");
  if (notes) table.AddColumn("Note");
  for (const ServiceInfo& it : status.services) {
    table.AddRow({it.name, it.driver, it.state, it.volumes ? std::to_string(*it.volumes) : "?",
                  it.docker_socket, it.error.empty() ? it.volumes_error : it.error});
  }
  return table.Render(quiet);
}

std::string Uptime(uint64_t seconds) {
  if (seconds >= 86400) return fmt::format("{}d{}h", seconds / 86400, seconds % 86400 / 3600);
  if (seconds >= 3600) return fmt::format("{}h{}m", seconds / 3600, seconds % 3600 / 60);
  return seconds >= 60 ? fmt::format("{}m{}s", seconds / 60, seconds % 60) : fmt::format("{}s", seconds);
}

std::string Summary(const DaemonStatus& status) {
  const std::string file = status.config_file.empty() ? "no configuration file" : status.config_file;
  std::string text =
      fmt::format("rexrayd {}, up {}, {}, log level {}\n", TerminalSafe(status.version),
                  Uptime(status.uptime_seconds), TerminalSafe(file), TerminalSafe(status.log_level));
  if (status.services.empty()) return text + "no services\n";
  text += "\n" + ServiceTable(status, false);
  if (!status.warnings.empty()) text += "\n";
  for (const std::string& warning : status.warnings) text += "warning: " + TerminalSafe(warning) + "\n";
  return text;
}

bool IsTable(const OutputFormat& output) {
  return output.format == Format::kTable || output.format == Format::kOldTable;
}

}  // namespace

absl::StatusOr<std::string> RenderServices(const DaemonStatus& status, const OutputFormat& output) {
  if (IsTable(output)) return ServiceTable(status, output.quiet);
  if (output.format == Format::kTemplate) return ApplyTemplate(output, ServicesJson(status));
  return Encode(ServicesJson(status), output.format);
}

absl::StatusOr<std::string> RenderDrivers(const DaemonStatus& status, const OutputFormat& output) {
  if (!IsTable(output)) return RenderServices(status, output);
  TextTable table;
  table.AddColumn("Name");
  table.AddColumn("Driver");
  for (const ServiceInfo& it : status.services) table.AddRow({it.name, it.driver});
  return table.Render(output.quiet);
}

absl::StatusOr<std::string> RenderNodes(const std::vector<NodeInfo>& nodes, const OutputFormat& output) {
  if (IsTable(output)) {
    TextTable table;
    for (const char* header : {"ID", "Name", "Provider", "Region"}) table.AddColumn(header);
    for (const NodeInfo& it : nodes) table.AddRow({it.id, it.name, it.driver, it.region});
    return table.Render(output.quiet);
  }
  Json list = Json::array();
  for (const NodeInfo& it : nodes)
    list.push_back(output.format == Format::kYaml ? OldNodeJson(it) : NodeJson(it));
  if (output.format == Format::kTemplate) return ApplyTemplate(output, list);
  return Encode(list, output.format);
}

absl::StatusOr<std::string> RenderStatus(const DaemonStatus& status, const OutputFormat& output) {
  if (IsTable(output)) return Summary(status);
  Json out = {{"version", status.version},
              {"pid", status.pid},
              {"startedAt", status.started_at},
              {"uptimeSeconds", status.uptime_seconds},
              {"logLevel", status.log_level},
              {"configFile", status.config_file},
              {"runDirectory", status.run_directory},
              {"volumesRoot", status.volumes_root},
              {"defaultService", status.default_service},
              {"warnings", status.warnings},
              {"services", ServicesJson(status)}};
  if (output.format == Format::kTemplate) return ApplyTemplate(output, Json::array({out}));
  return Encode(out, output.format);
}

}  // namespace rexray::cli
