#include "cli/rexray/command_line.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/rexray/command_grammar.h"
#include "cli/rexray/create_option.h"
#include "cli/rexray/help_page.h"
#include "cli/rexray/setting_flags.h"
#include "cli/rexray/terminal_text.h"

#include "base/size.h"
#include "base/status.h"
#include "config/value.h"
#include "volume/volume.h"

namespace rexray::cli {

namespace {

/// Flags that only 0.3.3 knew: 0.11 had none of them, or spelled them with capitals. Some are taken out
/// before the grammar sees them (--storageDrivers is a key's).
constexpr std::string_view kOldFlags[] = {
    "--volumename",       "--volumeid",       "--instanceid",
    "--runasync",         "--snapshotid",     "--snapshotname",
    "--description",      "--volumetype",     "--availabilityzone",
    "--fstype",           "--overwritefs",    "--osDrivers",
    "--volumeDrivers",    "--storageDrivers", "--destinationsnapshotname",
    "--destinationregion"};

bool IsOldFlag(const std::string& word) {
  const std::string_view name = std::string_view(word).substr(0, word.find('='));
  return std::find(std::begin(kOldFlags), std::end(kOldFlags), name) != std::end(kOldFlags);
}

}  // namespace

const CLI::App* Grammar::Deepest() const {
  const CLI::App* at = &app_;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  return at;
}

absl::Status Grammar::Misused(const CLI::App* at, const std::string& text) const {
  return Error(absl::StatusCode::kInvalidArgument, "{}; see \"{} --help\"", text, FullName(at));
}

absl::Status Grammar::Translate(const CLI::App* at, const CLI::ParseError& error) const {
  std::string text = TerminalSafe(error.what());
  while (!text.empty() && text.back() == '.') text.pop_back();
  return Misused(at, text);
}

absl::Status Grammar::CheckLeftovers(const CLI::App* at) const {
  const std::vector<std::string> left = app_.remaining(true);
  if (left.empty()) return absl::OkStatus();
  const std::string word = TerminalSafe(left.front());
  if (word.size() > 1 && word[0] == '-') return Misused(at, "unknown flag " + word);
  const bool has_commands = !at->get_subcommands([](const CLI::App*) { return true; }).empty();
  if (has_commands) return Misused(at, fmt::format("\"{}\" has no command \"{}\"", FullName(at), word));
  return Misused(at, fmt::format("\"{}\" takes no \"{}\"", FullName(at), word));
}

namespace {

bool NeedsVolume(Verb verb) {
  switch (verb) {
    case Verb::kVolumeInspect:
    case Verb::kVolumeCreate:
    case Verb::kVolumeRemove:
    case Verb::kVolumeAttach:
    case Verb::kVolumeDetach:
    case Verb::kVolumeMount:
    case Verb::kVolumeUnmount:
    case Verb::kVolumePath:
    case Verb::kVolumeGrow:
    case Verb::kVolumeModify:
    case Verb::kVolumeAdopt:
    case Verb::kVolumeConsumers:
    case Verb::kVolumeRelease:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::Status Grammar::CheckSetup(const CLI::App* at) {
  for (const std::string& part : out_.setup.parts) {
    if (part != "service" && part != "docker" && part != "mesos" && part != "dcos") {
      return Misused(
          at, fmt::format("there is no part \"{}\": service, docker, mesos or dcos", TerminalSafe(part)));
    }
  }
  if (out_.verb == Verb::kSetupUndo && out_.setup.parts.size() > 1) {
    return Misused(at, "one part, or none for everything");
  }
  if (out_.root.empty()) return Misused(at, "--root is empty");
  if (out_.root != "/" && out_.setup.restart) {
    return Misused(at, "--restart is for this machine, not for a tree of files (--root)");
  }
  return absl::OkStatus();
}

/// The words of 0.3.3's own messages.
absl::Status Grammar::CheckSnapshot(const CLI::App* at) const {
  if (out_.verb == Verb::kSnapshotCreate) {
    if (out_.names.empty() && out_.volume_id.empty()) return Misused(at, "missing --volumeid");
    if (out_.names.size() + (out_.volume_id.empty() ? 0 : 1) > 1) {
      return Misused(at, "one volume at a time: a snapshot has one name");
    }
  }
  if (out_.verb == Verb::kSnapshotRemove && out_.names.empty() && out_.snapshot_id.empty()) {
    return Misused(at, "missing --snapshotid");
  }
  if (out_.verb == Verb::kSnapshotCopy && out_.names.empty() && out_.snapshot_id.empty() &&
      out_.snapshot_name.empty() && out_.volume_id.empty()) {
    return Misused(at, "missing --volumeid or --snapshotid or --volumename");
  }
  return absl::OkStatus();
}

absl::Status Grammar::CheckNames(const CLI::App* at) {
  if (out_.verb == Verb::kSetup || out_.verb == Verb::kSetupUndo) return CheckSetup(at);
  if (out_.verb == Verb::kSnapshotList || out_.verb == Verb::kSnapshotCreate ||
      out_.verb == Verb::kSnapshotRemove || out_.verb == Verb::kSnapshotCopy) {
    return CheckSnapshot(at);
  }
  if (out_.verb == Verb::kVolumeRelease && out_.names.size() == 2 && out_.consumer.empty()) {
    out_.consumer = out_.names.back();
    out_.names.pop_back();
  }
  if (NeedsVolume(out_.verb) && out_.names.empty() && out_.volume_name.empty() && out_.volume_id.empty()) {
    return Misused(at, fmt::format("which volume? \"{} NAME\"", FullName(at)));
  }
  if (!out_.names.empty() && !(out_.volume_name.empty() && out_.volume_id.empty())) {
    return Misused(at, "a name was given twice: as a word and by --volumename or --volumeid");
  }
  if (std::any_of(out_.names.begin(), out_.names.end(),
                  [](const std::string& name) { return name.empty(); })) {
    return Misused(at, "a volume's name is empty");
  }
  if (out_.verb == Verb::kVolumeRelease && out_.consumer.empty()) {
    return Misused(at, "whose hold? --consumer ID, as \"rexray volume consumers\" shows it");
  }
  if (out_.verb == Verb::kVolumeGrow && !out_.size) return Misused(at, "to which size? --size 20GiB");
  return absl::OkStatus();
}

namespace {

absl::StatusOr<std::chrono::seconds> ParseTimeout(std::string text) {
  uint64_t unit = 1;
  if (!text.empty() && (text.back() == 's' || text.back() == 'm')) {
    unit = text.back() == 'm' ? 60 : 1;
    text.pop_back();
  }
  ASSIGN_OR_RETURN(const uint64_t count, ParseCount("--timeout", text));
  if (count == 0 || count > 86400 / unit) {
    return Error(absl::StatusCode::kInvalidArgument, "--timeout: from 1 second to 86400 (a day)");
  }
  return std::chrono::seconds(count * unit);
}

}  // namespace

/// 0.3.3 made volumes itself, by the defaults that its own flags gave.
absl::Status Grammar::TakeDefaults() {
  CreateOptions& to = out_.create;
  const auto take = [this](const char* key, std::string* value) {
    const auto found = out_.settings.find(key);
    if (value->empty() && found != out_.settings.end()) *value = found->second;
  };
  take("docker.fsType", &to.fs_type);
  take("docker.volumeType", &to.type);
  take("docker.availabilityZone", &to.zone);
  take("docker.iops", &raw_.iops);
  std::string size;
  take("docker.size", &size);
  if (out_.size || size.empty()) return absl::OkStatus();
  const absl::StatusOr<uint64_t> bytes = ParseSize(size);
  if (!bytes.ok()) return Annotate(bytes.status(), "--dockerSize");
  out_.size = *bytes;
  return absl::OkStatus();
}

absl::Status Grammar::FillInTags() {
  CreateOptions& to = out_.create;
  for (const std::string& tag : raw_.tags) {
    const size_t equals = tag.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error(absl::StatusCode::kInvalidArgument, "--tag \"{}\" is not of the form KEY=VALUE",
                   TerminalSafe(tag));
    }
    to.tags[tag.substr(0, equals)] = tag.substr(equals + 1);
  }
  return absl::OkStatus();
}

absl::Status Grammar::FillInRates() {
  CreateOptions& to = out_.create;
  if (!raw_.iops.empty()) {
    ASSIGN_OR_RETURN(to.iops, ParseCount("--iops", raw_.iops));
  }
  if (!raw_.throughput.empty()) {
    ASSIGN_OR_RETURN(to.throughput, ParseCount("--throughput", raw_.throughput));
  }
  return absl::OkStatus();
}

absl::Status Grammar::FillInCreate() {
  CreateOptions& to = out_.create;
  // A copy is what its source is.
  if (raw_.snapshot.empty() && raw_.source_volume.empty()) RETURN_IF_ERROR(TakeDefaults());
  to.size = out_.size;
  if (!raw_.snapshot.empty()) to.source_snapshot = raw_.snapshot;
  if (!raw_.source_volume.empty()) to.source_volume = raw_.source_volume;
  RETURN_IF_ERROR(FillInRates());
  if (!raw_.encrypted.empty()) {
    ASSIGN_OR_RETURN(to.encrypted, ParseBool("--encrypted", raw_.encrypted));
  }
  if (!raw_.mkfs_options.empty()) RETURN_IF_ERROR(ApplyCreateOption("mkfsOptions=" + raw_.mkfs_options, &to));
  if (!raw_.mount_options.empty())
    RETURN_IF_ERROR(ApplyCreateOption("mountOptions=" + raw_.mount_options, &to));
  for (const std::string& option : raw_.options) RETURN_IF_ERROR(ApplyCreateOption(option, &to));
  RETURN_IF_ERROR(FillInTags());
  if (!out_.volume_name.empty()) out_.names.push_back(std::exchange(out_.volume_name, ""));
  return absl::OkStatus();
}

absl::Status Grammar::FillIn(const CLI::App* at) {
  if (!raw_.size.empty()) {
    const absl::StatusOr<uint64_t> size = ParseSize(raw_.size);
    if (!size.ok()) return Annotate(size.status(), "--size");
    out_.size = *size;
  }
  if (!raw_.timeout.empty()) {
    ASSIGN_OR_RETURN(out_.timeout, ParseTimeout(raw_.timeout));
  }
  if (!out_.preempt.empty()) {
    // As the configuration's key takes it, and REX-Ray's flag, which was a bool: 1, t, yes …
    const absl::StatusOr<bool> always = config::ParseBool(out_.preempt);
    if (always.ok()) out_.preempt = ToString(*always ? Preempt::kAlways : Preempt::kNever);
    if (!ParsePreempt(out_.preempt)) {
      return Error(absl::StatusCode::kInvalidArgument, "--preempt={}: true, false or when-dead",
                   TerminalSafe(out_.preempt));
    }
  }
  if (!raw_.after.empty()) {
    ASSIGN_OR_RETURN(out_.after, ParseCount("--after", raw_.after));
  }
  if (out_.verb == Verb::kSnapshotCreate) RETURN_IF_ERROR(FillInTags());
  if (out_.verb == Verb::kVolumeModify) RETURN_IF_ERROR(FillInRates());
  if (out_.verb == Verb::kVolumeCreate) {
    RETURN_IF_ERROR(FillInCreate());
  } else if (!raw_.mount_options.empty()) {
    CreateOptions words;
    RETURN_IF_ERROR(ApplyCreateOption("mountOptions=" + raw_.mount_options, &words));
    out_.mount_options = words.mount_options;
  }
  if (out_.overwrite_fs) {
    return Misused(at,
                   "a mount never makes a file system over another one: \"rexray volume create "
                   "--overwrite-fs\" does, on a "
                   "new volume");
  }
  return CheckNames(at);
}

std::variant<Invocation, HelpText, absl::Status> Grammar::Parse(std::vector<std::string> words) {
  out_.old_dialect = std::any_of(words.begin(), words.end(), IsOldFlag);
  if (const absl::Status status = TakeSettingFlags(&words, &out_.settings); !status.ok()) return status;
  out_.read_by_scripts = !words.empty() && std::find(words.begin(), words.end(), "get") != words.end();
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app_.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return HelpText{HelpPage(Deepest())};
  } catch (const CLI::ParseError& error) {
    return Translate(Deepest(), error);
  }
  const CLI::App* at = Deepest();
  if (const absl::Status status = CheckLeftovers(at); !status.ok()) return status;
  const auto command = commands_.find(at);
  if (command == commands_.end()) {
    if (at == &app_) return HelpText{HelpPage(&app_)};
    return Misused(at, fmt::format("\"{}\" needs a command", FullName(at)));
  }
  out_.verb = command->second;
  out_.usage = FullName(at);
  const bool lists = out_.verb == Verb::kVolumeList || out_.verb == Verb::kSnapshotList;
  const bool bare = at->get_name() == "volume" || at->get_name() == "snapshot";
  out_.read_by_scripts = (lists && (out_.read_by_scripts || bare)) || out_.verb == Verb::kVolumeMap;
  if (const absl::Status status = FillIn(at); !status.ok()) return status;
  return std::move(out_);
}

std::variant<Invocation, HelpText, absl::Status> ParseCommandLine(const std::vector<std::string>& words) {
  std::vector<std::string> list = words;
  // REX-Ray's -h is --host; alone at the end it is somebody who wants help.
  if (!list.empty() && list.back() == "-h") list.back() = "--help";
  if (!list.empty() && list.front() == "help") {
    list.erase(list.begin());
    list.emplace_back("--help");
  }
  Grammar grammar;
  return grammar.Parse(std::move(list));
}

}  // namespace rexray::cli
