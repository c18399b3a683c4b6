// The commands that change volumes.

#include <string>
#include <utility>

#include "cli/rexray/commands.h"
#include "cli/rexray/terminal_text.h"
#include "cli/rexray/volume_loop.h"
#include "cli/rexray/volume_output.h"
#include "cli/rexray/volume_plan.h"
#include "nlohmann/json.hpp"

#include "base/size.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

MountRequest MountRequestOf(const Invocation& asked) {
  return {.consumer = asked.consumer,
          .fs_type = asked.fs_type.empty() ? asked.create.fs_type : asked.fs_type,
          .mount_options = asked.mount_options,
          .read_only = asked.read_only,
          .preempt = asked.preempt};
}

/// The state after a change, where the format shows it: 0.11 prints the volumes, 0.3.3 and people's tables
/// nothing.
bool ShowsResult(const Context& context) {
  return context.output.format != Format::kTable && context.output.format != Format::kYaml;
}

absl::Status Refresh(Context& context, VolumeInfo& volume) {
  if (!ShowsResult(context)) return absl::OkStatus();
  ASSIGN_OR_RETURN(volume, context.client.Get(AddressOf(volume)));
  return absl::OkStatus();
}

/// 0.3.3 could attach to any instance from any other. A daemon attaches to its own node alone.
absl::Status CheckInstance(Context& context, const VolumeInfo& volume) {
  const std::string& wanted = context.invocation.instance_id;
  if (wanted.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const NodeList list, context.client.Nodes());
  std::string here;
  for (const NodeInfo& node : list.nodes) {
    if (node.service == volume.service) here = node.id;
  }
  if (here == wanted) return absl::OkStatus();
  return Error(
      absl::StatusCode::kUnimplemented,
      "--instanceid {}: this daemon attaches and detaches on its own node, {}; run the command on {}",
      TerminalSafe(wanted), here.empty() ? "which its backend does not name" : TerminalSafe(here),
      TerminalSafe(wanted));
}

int PrintPlan(Context& context, const std::string& line) {
  context.console.Out(TerminalSafe(line) + "\n");
  return 0;
}

absl::StatusOr<VolumeInfo> CreateOne(Context& context, const std::string& name) {
  const CreateOptions& options = context.invocation.create;
  ASSIGN_OR_RETURN(CreateAnswer answer, context.client.Create(context.invocation.service, name, options));
  if (answer.existed) {
    context.console.Err(
        fmt::format("rexray: volume \"{}\" was there already and is as asked for\n", TerminalSafe(name)));
  }
  VolumeInfo volume = std::move(answer.volume);
  if (options.mount) {
    ASSIGN_OR_RETURN(std::string path,
                     context.client.Mount(AddressOf(volume), MountRequestOf(context.invocation)));
    ASSIGN_OR_RETURN(volume, context.client.Get(AddressOf(volume)));
    volume.mount_point = std::move(path);
  } else if (options.attach) {
    ASSIGN_OR_RETURN(volume, context.client.Attach(AddressOf(volume), context.invocation.force));
  }
  return volume;
}

absl::StatusOr<std::string> RenderCreated(const Context& context, const std::vector<VolumeInfo>& created) {
  const CreateOptions& options = context.invocation.create;
  if (context.output.format == Format::kYaml && created.size() == 1) {
    return Encode(OldVolume(created[0]), Format::kYaml);
  }
  return RenderVolumes(created, context.output, {.device = options.attach, .path = options.mount});
}

int Remove(Context& context) {
  std::string removed;
  Json list = Json::array();
  const LoopResult result =
      ForEachVolume(context, MatchRule::kExact, [&](VolumeInfo& volume) -> absl::Status {
        RETURN_IF_ERROR(context.client.Remove(AddressOf(volume)));
        const std::string& shown = volume.name.empty() ? volume.id : volume.name;
        removed += TerminalSafe(shown) + "\n";
        list.push_back(shown);
        return absl::OkStatus();
      });
  if (context.output.format == Format::kYaml) return result.exit_code;  // as 0.3.3
  const bool json = context.output.format == Format::kJson || context.output.format == Format::kPrettyJson;
  context.console.Out(json ? Encode(list, context.output.format) : removed);
  return result.exit_code;
}

}  // namespace

int CreateVolumes(Context& context) {
  PlanPlaces places(context.client);
  std::vector<VolumeInfo> created;
  int exit_code = 0;
  for (const std::string& name : context.invocation.names) {
    if (context.invocation.dry_run) {
      PrintPlan(context,
                PlanOfCreate(name, context.invocation.create, places.Of(context.invocation.service, name)));
      continue;
    }
    absl::StatusOr<VolumeInfo> volume = CreateOne(context, name);
    if (volume.ok()) {
      created.push_back(*std::move(volume));
      continue;
    }
    exit_code = Fail(context.console, volume.status());
    if (!context.invocation.continue_on_error) break;
  }
  if (created.empty()) return exit_code;
  return PrintResult(context, RenderCreated(context, created), exit_code);
}

int RemoveVolumes(Context& context) {
  if (!context.invocation.dry_run) return Remove(context);
  return ForEachVolume(context, MatchRule::kExact,
                       [&](VolumeInfo& volume) {
                         PrintPlan(context, PlanOfRemove(volume));
                         return absl::OkStatus();
                       })
      .exit_code;
}

int AttachVolumes(Context& context) {
  const Invocation& asked = context.invocation;
  PlanPlaces places(context.client);
  const LoopResult result =
      ForEachVolume(context, MatchRule::kUnique, [&](VolumeInfo& volume) -> absl::Status {
        RETURN_IF_ERROR(CheckInstance(context, volume));
        if (asked.dry_run) {
          PrintPlan(context, PlanOfAttach(volume, places.Of(volume.service, volume.name)));
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(volume,
                         context.client.Attach(AddressOf(volume), asked.force || asked.preempt == "true"));
        return absl::OkStatus();
      });
  if (asked.dry_run || result.done.empty()) return result.exit_code;
  if (context.output.format == Format::kYaml) {
    Json attachments = Json::array();
    for (const VolumeInfo& volume : result.done) {
      for (Json& one : OldAttachments(volume)) attachments.push_back(std::move(one));
    }
    context.console.Out(attachments.empty() ? "" : Encode(attachments, Format::kYaml));
    return result.exit_code;
  }
  const VolumeColumns columns{.device = true};
  return PrintResult(context, RenderVolumes(result.done, context.output, columns), result.exit_code);
}

int DetachVolumes(Context& context) {
  const Invocation& asked = context.invocation;
  PlanPlaces places(context.client);
  const LoopResult result =
      ForEachVolume(context, MatchRule::kUnique, [&](VolumeInfo& volume) -> absl::Status {
        RETURN_IF_ERROR(CheckInstance(context, volume));
        if (asked.dry_run) {
          PrintPlan(context, PlanOfDetach(volume, places.Of(volume.service, volume.name)));
          return absl::OkStatus();
        }
        RETURN_IF_ERROR(context.client.Detach(AddressOf(volume), asked.force));
        return Refresh(context, volume);
      });
  if (asked.dry_run || result.done.empty() || !ShowsResult(context)) return result.exit_code;
  return PrintResult(context, RenderVolumes(result.done, context.output, {}), result.exit_code);
}

int MountVolumes(Context& context) {
  const Invocation& asked = context.invocation;
  PlanPlaces places(context.client);
  const LoopResult result =
      ForEachVolume(context, MatchRule::kUnique, [&](VolumeInfo& volume) -> absl::Status {
        if (asked.dry_run) {
          PrintPlan(context, PlanOfMount(volume, asked, places.Of(volume.service, volume.name)));
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(std::string path, context.client.Mount(AddressOf(volume), MountRequestOf(asked)));
        RETURN_IF_ERROR(Refresh(context, volume));
        volume.mount_point = std::move(path);
        return absl::OkStatus();
      });
  if (asked.dry_run || result.done.empty()) return result.exit_code;
  return PrintResult(context, RenderMounted(result.done, context.output), result.exit_code);
}

int UnmountVolumes(Context& context) {
  const Invocation& asked = context.invocation;
  PlanPlaces places(context.client);
  const LoopResult result =
      ForEachVolume(context, MatchRule::kUnique, [&](VolumeInfo& volume) -> absl::Status {
        if (asked.dry_run) {
          PrintPlan(context, PlanOfUnmount(volume, places.Of(volume.service, volume.name)));
          return absl::OkStatus();
        }
        RETURN_IF_ERROR(context.client.Unmount(AddressOf(volume), asked.consumer, asked.now));
        return Refresh(context, volume);
      });
  if (asked.dry_run || result.done.empty() || !ShowsResult(context)) return result.exit_code;
  return PrintResult(context, RenderVolumes(result.done, context.output, {}), result.exit_code);
}

int GrowVolumes(Context& context) {
  const Invocation& asked = context.invocation;
  const LoopResult result =
      ForEachVolume(context, MatchRule::kUnique, [&](VolumeInfo& volume) -> absl::Status {
        if (asked.dry_run) {
          PrintPlan(context, PlanOfGrow(volume, *asked.size));
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(volume, context.client.Grow(AddressOf(volume), *asked.size));
        return absl::OkStatus();
      });
  if (asked.dry_run || result.done.empty()) return result.exit_code;
  return PrintResult(context, RenderVolumes(result.done, context.output, {}), result.exit_code);
}

int ModifyVolumes(Context& context) {
  const Invocation& asked = context.invocation;
  const ModifyRequest request{asked.size, asked.create.type, asked.create.iops, asked.create.throughput};
  const LoopResult result =
      ForEachVolume(context, MatchRule::kUnique, [&](VolumeInfo& volume) -> absl::Status {
        if (asked.dry_run) {
          PrintPlan(context, PlanOfModify(volume, asked));
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(volume, context.client.Modify(AddressOf(volume), request));
        return absl::OkStatus();
      });
  if (asked.dry_run || result.done.empty()) return result.exit_code;
  return PrintResult(context, RenderVolumes(result.done, context.output, {}), result.exit_code);
}

int AdoptVolumes(Context& context) {
  const Invocation& asked = context.invocation;
  const LoopResult result =
      ForEachVolume(context, MatchRule::kExact, [&](VolumeInfo& volume) -> absl::Status {
        if (asked.dry_run) {
          PrintPlan(context, PlanOfAdopt(volume));
          return absl::OkStatus();
        }
        ASSIGN_OR_RETURN(volume, context.client.Adopt(AddressOf(volume)));
        return absl::OkStatus();
      });
  if (asked.dry_run || result.done.empty()) return result.exit_code;
  return PrintResult(context, RenderVolumes(result.done, context.output, {}), result.exit_code);
}

int ReleaseConsumer(Context& context) {
  return ForEachVolume(context, MatchRule::kUnique,
                       [&](VolumeInfo& volume) {
                         const Invocation& asked = context.invocation;
                         if (!asked.dry_run) return context.client.Release(AddressOf(volume), asked.consumer);
                         PrintPlan(context, PlanOfRelease(volume, asked.consumer));
                         return absl::OkStatus();
                       })
      .exit_code;
}

}  // namespace rexray::cli
