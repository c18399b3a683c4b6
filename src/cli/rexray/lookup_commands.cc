// `service ls`, `adapter`, `events`.

#include <string>

#include "cli/rexray/commands.h"
#include "cli/rexray/service_output.h"
#include "cli/rexray/text_table.h"
#include "cli/rexray/volume_loop.h"
#include "nlohmann/json.hpp"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

int WithStatus(Context& context,
               absl::StatusOr<std::string> (*render)(const DaemonStatus&, const OutputFormat&)) {
  const absl::StatusOr<DaemonStatus> status = context.client.Status();
  if (!status.ok()) return Fail(context.console, status.status());
  return PrintResult(context, render(*status, context.output), 0);
}

/// "2026-05-01 12:00:00" of "2026-05-01T12:00:00.123456Z": as much as a person reads.
std::string ShortTime(const std::string& time) {
  std::string out = time.substr(0, 19);
  if (out.size() > 10 && out[10] == 'T') out[10] = ' ';
  return out;
}

}  // namespace

int ListServices(Context& context) {
  return WithStatus(context, RenderServices);
}

int ListDrivers(Context& context) {
  return WithStatus(context, RenderDrivers);
}

int ListNodes(Context& context) {
  const absl::StatusOr<NodeList> list = context.client.Nodes();
  if (!list.ok()) return Fail(context.console, list.status());
  int exit_code = 0;
  for (const ServiceError& error : list->errors) {
    exit_code = Fail(context.console, FailureOf(error));
  }
  return PrintResult(context, RenderNodes(list->nodes, context.output), exit_code);
}

int ListEvents(Context& context) {
  const absl::StatusOr<std::vector<EventInfo>> events = context.client.Events(context.invocation.after);
  if (!events.ok()) return Fail(context.console, events.status());
  Json list = Json::array();
  TextTable table;
  for (const char* header : {"No", "Time (UTC)", "Level", "Event", "Volume", "What happened"})
    table.AddColumn(header);
  for (const EventInfo& it : *events) {
    const std::string volume = it.name.empty() ? it.id : it.name;
    table.AddRow({std::to_string(it.sequence), ShortTime(it.at), it.level, it.kind, volume, it.text});
    list.push_back({{"sequence", it.sequence},
                    {"at", it.at},
                    {"level", it.level},
                    {"kind", it.kind},
                    {"service", it.service},
                    {"id", it.id},
                    {"name", it.name},
                    {"text", it.text}});
  }
  const Format format = context.output.format;
  if (format == Format::kTemplate) return PrintResult(context, ApplyTemplate(context.output, list), 0);
  const bool is_table = format == Format::kTable || format == Format::kOldTable;
  context.console.Out(is_table ? table.Render(context.output.quiet) : Encode(list, format));
  return 0;
}

}  // namespace rexray::cli
