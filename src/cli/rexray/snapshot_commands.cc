// `snapshot ls | create | rm | copy`. The names of fields are 0.3.3's in YAML and 0.11's (libStorage's) in
// JSON.

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

#include "cli/rexray/commands.h"
#include "cli/rexray/terminal_text.h"
#include "cli/rexray/text_table.h"
#include "cli/rexray/volume_loop.h"
#include "nlohmann/json.hpp"

#include "base/size.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

using Json = nlohmann::ordered_json;

uint64_t Gib(uint64_t bytes) {
  return bytes / kGiB + (bytes % kGiB == 0 ? 0 : 1);
}

Json OldSnapshot(const SnapshotInfo& it) {
  return {{"name", it.name},         {"volumeid", it.source_volume},
          {"snapshotid", it.id},     {"volumesize", std::to_string(Gib(it.size))},
          {"starttime", it.created}, {"description", it.description},
          {"status", it.status}};
}

Json NewSnapshot(const SnapshotInfo& it) {
  Json fields = {{"service", it.service},
                 {"sizeBytes", std::to_string(it.size)},
                 {"progressPercent", std::to_string(it.progress_percent)},
                 {"created", it.created},
                 {"createdByRexray", it.created_by_us ? "true" : "false"}};
  if (it.allocated > 0) fields["allocatedBytes"] = std::to_string(it.allocated);
  if (!it.fs_type.empty()) fields["fsType"] = it.fs_type;
  if (!it.status_detail.empty()) fields["statusDetail"] = it.status_detail;
  for (const auto& [key, value] : it.tags) fields["tag." + key] = value;
  Json out = {{"description", it.description},
              {"encrypted", it.encrypted},
              {"name", it.name},
              {"status", it.status},
              {"id", it.id},
              {"volumeID", it.source_volume},
              {"volumeSize", Gib(it.size)},
              {"fields", std::move(fields)}};
  if (std::tm time{}; ::strptime(it.created.c_str(), "%Y-%m-%dT%H:%M:%S", &time) != nullptr) {
    out["startTime"] = static_cast<int64_t>(::timegm(&time));
  }
  return out;
}

std::string StatusOf(const SnapshotInfo& it) {
  if (it.status == "pending") return fmt::format("pending {}%", it.progress_percent);
  return it.status;
}

std::string TableOf(const std::vector<SnapshotInfo>& snapshots, bool quiet) {
  const auto any = [&](auto has) { return std::any_of(snapshots.begin(), snapshots.end(), has); };
  const bool thin = any([](const SnapshotInfo& it) { return it.allocated > 0; });
  const bool notes =
      any([](const SnapshotInfo& it) { return !it.description.empty() || !it.status_detail.empty(); });
  TextTable table;
  for (const char* header : {"ID", "Name", "Volume", "Status"}) table.AddColumn(header);
  table.AddColumn("Size", TextTable::Align::kRight);
  if (thin) table.AddColumn("Allocated", TextTable::Align::kRight);
  table.AddColumn("Created (UTC)");
  if (notes) table.AddColumn("Description");
  for (const SnapshotInfo& it : snapshots) {
    std::vector<std::string> row = {it.id, it.name, it.source_volume, StatusOf(it), FormatSize(it.size)};
    if (thin) row.push_back(it.allocated == 0 ? "" : FormatSize(it.allocated));
    std::string created = it.created.substr(0, 19);
    if (created.size() > 10) created[10] = ' ';
    row.push_back(created);
    if (notes) row.push_back(it.status_detail.empty() ? it.description : it.status_detail);
    table.AddRow(row);
  }
  return table.Render(quiet);
}

absl::StatusOr<std::string> Render(const Context& context, const std::vector<SnapshotInfo>& snapshots,
                                   bool single) {
  const OutputFormat& output = context.output;
  if (output.format == Format::kTable || output.format == Format::kOldTable) {
    return TableOf(snapshots, output.quiet);
  }
  Json list = Json::array();
  for (const SnapshotInfo& it : snapshots) {
    list.push_back(output.format == Format::kYaml ? OldSnapshot(it) : NewSnapshot(it));
  }
  if (output.format == Format::kTemplate) return ApplyTemplate(output, list);
  if (output.format == Format::kYaml && list.empty()) return std::string();  // as 0.3.3
  return Encode(single && list.size() == 1 ? list[0] : list, output.format);
}

/// What `words` mean: an id or a name each. A word that means nothing is an error of its own.
std::vector<SnapshotInfo> Select(Context& context, const std::vector<SnapshotInfo>& all,
                                 const std::vector<std::string>& words, int* exit_code) {
  std::vector<SnapshotInfo> chosen;
  for (const std::string& word : words) {
    const size_t before = chosen.size();
    for (const SnapshotInfo& it : all) {
      if (it.id == word || it.name == word) chosen.push_back(it);
    }
    if (chosen.size() == before) {
      *exit_code = Fail(context.console, Error(absl::StatusCode::kNotFound, "there is no snapshot \"{}\"",
                                               TerminalSafe(word)));
    }
  }
  return chosen;
}

absl::StatusOr<VolumeInfo> SourceOf(Context& context, const std::string& word) {
  const std::string& service = context.invocation.service;
  absl::StatusOr<VolumeInfo> by_id = context.client.Get({service, "", word});
  if (by_id.ok() || !absl::IsNotFound(by_id.status())) return by_id;
  return context.client.Get({service, word, ""});
}

std::string Shown(const VolumeInfo& volume) {
  return volume.name.empty() ? volume.id : volume.name;
}

int Say(Context& context, const std::string& line) {
  context.console.Out(TerminalSafe(line) + "\n");
  return 0;
}

int PlanRemovals(Context& context, const std::vector<std::string>& words) {
  const absl::StatusOr<SnapshotListing> listing = context.client.Snapshots(context.invocation.service);
  if (!listing.ok()) return Fail(context.console, listing.status());
  int exit_code = 0;
  for (const SnapshotInfo& it : Select(context, listing->snapshots, words, &exit_code)) {
    Say(context, fmt::format("{}: remove snapshot {} of volume {}", it.name.empty() ? it.id : it.name, it.id,
                             it.source_volume));
  }
  return exit_code;
}

}  // namespace

int ListSnapshots(Context& context) {
  const Invocation& asked = context.invocation;
  absl::StatusOr<SnapshotListing> listing = context.client.Snapshots(asked.service);
  if (!listing.ok()) return Fail(context.console, listing.status());
  int exit_code = 0;
  for (const ServiceError& error : listing->errors) {
    exit_code = Fail(context.console, Annotate(error.status, "service " + error.service));
  }
  std::vector<std::string> words = asked.names;
  for (const std::string& word : {asked.snapshot_id, asked.snapshot_name}) {
    if (!word.empty()) words.push_back(word);
  }
  std::vector<SnapshotInfo> snapshots =
      words.empty() ? listing->snapshots : Select(context, listing->snapshots, words, &exit_code);
  if (!asked.volume_id.empty()) {
    const absl::StatusOr<VolumeInfo> volume = SourceOf(context, asked.volume_id);
    // A volume that is gone may have left snapshots.
    const std::string id = volume.ok() ? volume->id : asked.volume_id;
    std::erase_if(snapshots, [&](const SnapshotInfo& it) { return it.source_volume != id; });
  }
  if (snapshots.empty() && exit_code != 0) return exit_code;
  return PrintResult(context, Render(context, snapshots, false), exit_code);
}

int CreateSnapshot(Context& context) {
  const Invocation& asked = context.invocation;
  const absl::StatusOr<VolumeInfo> volume =
      SourceOf(context, asked.names.empty() ? asked.volume_id : asked.names.front());
  if (!volume.ok()) return Fail(context.console, volume.status());
  if (asked.dry_run) {
    return Say(context, fmt::format("{}: make a snapshot{}{}", Shown(*volume),
                                    asked.snapshot_name.empty() ? "" : " called " + asked.snapshot_name,
                                    asked.freeze ? ", frozen meanwhile" : ""));
  }
  const SnapshotRequest request{asked.snapshot_name, asked.description, asked.create.tags, asked.freeze};
  const absl::StatusOr<SnapshotInfo> made = context.client.CreateSnapshot(AddressOf(*volume), request);
  if (!made.ok()) return Fail(context.console, made.status());
  return PrintResult(context, Render(context, {*made}, true), 0);
}

int RemoveSnapshots(Context& context) {
  const Invocation& asked = context.invocation;
  std::vector<std::string> words = asked.names;
  if (!asked.snapshot_id.empty()) words.push_back(asked.snapshot_id);
  if (asked.dry_run) return PlanRemovals(context, words);
  int exit_code = 0;
  for (const std::string& word : words) {
    const absl::Status removed = context.client.RemoveSnapshot(asked.service, word);
    if (!removed.ok()) {
      exit_code = Fail(context.console, removed);
    } else if (context.output.format == Format::kTable || context.output.format == Format::kOldTable) {
      Say(context, word);
    }
  }
  return exit_code;
}

int CopySnapshot(Context& context) {
  return Fail(context.console,
              Error(absl::StatusCode::kUnimplemented,
                    "copying a snapshot{} is not built yet; make a volume from it (rexray volume create "
                    "--snapshotid ID NAME), or copy it with the backend's own tools",
                    context.invocation.destination_region.empty()
                        ? ""
                        : " to region " + TerminalSafe(context.invocation.destination_region)));
}

}  // namespace rexray::cli
