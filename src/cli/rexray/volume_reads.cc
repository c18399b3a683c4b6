// The commands that only look at volumes.

#include <algorithm>
#include <string>
#include <utility>

#include "cli/rexray/commands.h"
#include "cli/rexray/terminal_text.h"
#include "cli/rexray/text_table.h"
#include "cli/rexray/volume_loop.h"
#include "cli/rexray/volume_output.h"
#include "nlohmann/json.hpp"

#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

bool AsksForSome(const Invocation& asked) {
  return !asked.names.empty() || !asked.volume_name.empty() || !asked.volume_id.empty();
}

/// All of them; a service that fails does not hide the others.
LoopResult AllVolumes(Context& context) {
  LoopResult result;
  absl::StatusOr<VolumeList> list = context.client.List(context.invocation.service);
  if (!list.ok()) {
    result.exit_code = Fail(context.console, list.status());
    return result;
  }
  result.done = std::move(list->volumes);
  for (const ServiceError& error : list->errors) {
    result.exit_code = Fail(context.console, FailureOf(error));
  }
  return result;
}

LoopResult Wanted(Context& context) {
  return AsksForSome(context.invocation) ? SelectVolumes(context, MatchRule::kAny) : AllVolumes(context);
}

void KeepOnly(std::vector<VolumeInfo>* volumes, bool (*keep)(const VolumeInfo&)) {
  volumes->erase(
      std::remove_if(volumes->begin(), volumes->end(), [&](const VolumeInfo& it) { return !keep(it); }),
      volumes->end());
}

bool IsHere(const VolumeInfo& volume) {
  return volume.AttachedHere();
}
bool IsNowhere(const VolumeInfo& volume) {
  return std::string_view(AttachmentWord(volume)) == "available";
}

/// `uses`: of the volume, since nobody can tell which of them is this consumer.
Json ConsumerJson(const VolumeInfo& volume, const ConsumerInfo& it, const Json& uses) {
  return {{"service", volume.service},
          {"volume", volume.name},
          {"volumeID", volume.id},
          {"api", it.api},
          {"id", it.id},
          {"counted", it.counted},
          {"count", it.count},
          {"since", it.since},
          {"verdict", it.verdict},
          {"why", it.why},
          {"uses", uses}};
}

Json UseJson(const UseInfo& it) {
  return {{"pid", it.pid},       {"command", it.command}, {"mountNamespace", it.mount_namespace},
          {"target", it.target}, {"how", it.how},         {"container", it.container}};
}

/// 0 is no process (a swap file, another mount) and no namespace of its own.
std::string NumberOrNothing(uint64_t number) {
  return number == 0 ? "" : std::to_string(number);
}

/// Asks how full they are. A file system that does not answer is no reason to show nothing.
void AddUsage(Context& context, std::vector<VolumeInfo>* volumes) {
  for (VolumeInfo& volume : *volumes) {
    if (absl::StatusOr<VolumeInfo> with = context.client.Usage(AddressOf(volume)); with.ok()) {
      volume.usage = std::move(with->usage);
    }
  }
}

/// Nothing was found and nothing was printed: an exit code alone would leave a person wondering.
bool FailedEmpty(const LoopResult& result) {
  return result.done.empty() && result.exit_code != 0;
}

}  // namespace

int ListVolumes(Context& context) {
  const Invocation& asked = context.invocation;
  LoopResult result = Wanted(context);
  if (FailedEmpty(result)) return result.exit_code;
  if (AsksForSome(asked) && context.output.format != Format::kYaml) AddUsage(context, &result.done);
  if (asked.attached_only || asked.with_path) KeepOnly(&result.done, IsHere);
  if (asked.available_only) KeepOnly(&result.done, IsNowhere);
  if (asked.with_path &&
      (context.output.format == Format::kJson || context.output.format == Format::kPrettyJson)) {
    return PrintResult(context, RenderMounted(result.done, context.output), result.exit_code);
  }
  const bool people = context.output.format == Format::kTable;
  const VolumeColumns columns{.allocated = people, .users = people, .path = people || asked.with_path};
  return PrintResult(context, RenderVolumes(result.done, context.output, columns), result.exit_code);
}

int InspectVolumes(Context& context) {
  LoopResult result = SelectVolumes(context, MatchRule::kAny);
  if (FailedEmpty(result)) return result.exit_code;
  AddUsage(context, &result.done);
  if (context.output.format == Format::kTable) {
    return PrintResult(context, RenderCards(result.done), result.exit_code);
  }
  return PrintResult(context, RenderVolumes(result.done, context.output, {}), result.exit_code);
}

int MapVolumes(Context& context) {
  LoopResult result = Wanted(context);
  if (FailedEmpty(result)) return result.exit_code;
  KeepOnly(&result.done, IsHere);
  return PrintResult(context, RenderMap(result.done, context.output), result.exit_code);
}

int ShowPaths(Context& context) {
  const bool yaml = context.output.format == Format::kYaml;
  const LoopResult result =
      ForEachVolume(context, MatchRule::kUnique, [&](VolumeInfo& volume) -> absl::Status {
        ASSIGN_OR_RETURN(volume.mount_point, context.client.Path(AddressOf(volume)));
        if (!volume.mount_point.empty() || yaml)
          return absl::OkStatus();  // 0.3.3 prints "" for what is not mounted
        return Error(absl::StatusCode::kFailedPrecondition,
                     "volume \"{}\" is not mounted here; \"rexray volume mount {}\" mounts it",
                     TerminalSafe(volume.name), TerminalSafe(volume.name));
      });
  if (FailedEmpty(result)) return result.exit_code;
  return PrintResult(context, RenderMounted(result.done, context.output), result.exit_code);
}

int ShowConsumers(Context& context) {
  Json list = Json::array();
  TextTable table;
  for (const char* header : {"Volume", "API", "Consumer", "Times", "Since", "Verdict", "Evidence"}) {
    table.AddColumn(header);
  }
  TextTable seen;  // what the kernel shows
  for (const char* header : {"Volume", "PID", "Command", "Container", "Mount namespace", "At"}) {
    seen.AddColumn(header);
  }
  const LoopResult result = ForEachVolume(context, MatchRule::kAny, [&](VolumeInfo& volume) -> absl::Status {
    ASSIGN_OR_RETURN(const ConsumerList found, context.client.Consumers(AddressOf(volume)));
    Json uses = Json::array();
    for (const UseInfo& it : found.uses) uses.push_back(UseJson(it));
    for (const ConsumerInfo& it : found.consumers) {
      list.push_back(ConsumerJson(volume, it, uses));
      table.AddRow({volume.name, it.api, it.id, std::to_string(it.count), it.since, it.verdict, it.why});
    }
    for (const UseInfo& it : found.uses) {
      seen.AddRow({volume.name, NumberOrNothing(static_cast<uint64_t>(it.pid)), it.command,
                   it.container.substr(0, 12), NumberOrNothing(it.mount_namespace),
                   it.how.empty() ? it.target : it.how});
    }
    volume.consumers = found.consumers;
    return absl::OkStatus();
  });
  if (FailedEmpty(result)) return result.exit_code;
  const Format format = context.output.format;
  if (format == Format::kTemplate) {
    return PrintResult(context, ApplyTemplate(context.output, list), result.exit_code);
  }
  if (format == Format::kTable || format == Format::kOldTable) {
    context.console.Out(table.Render(context.output.quiet));
    if (!seen.empty() && !context.output.quiet) context.console.Out("\n" + seen.Render());
  } else {
    context.console.Out(Encode(list, format));
  }
  return result.exit_code;
}

}  // namespace rexray::cli
