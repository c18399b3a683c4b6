#include "cli/rexray/command_line.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string_view>
#include <utility>

// CLI11 is slow to compile: this file and help_page.cc alone include it, and only the parts that are needed.
#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "cli/rexray/create_option.h"
#include "cli/rexray/help_page.h"
#include "cli/rexray/terminal_text.h"

#include "base/size.h"
#include "base/status.h"

namespace rexray::cli {

namespace {

constexpr const char* kHidden = "";
constexpr const char* kOldGroup = "REX-Ray 0.3.3's spellings";

/// Lower-case flags that only 0.3.3 knew (0.11 had none of them, or spelled them with capitals).
constexpr std::string_view kOldFlags[] = {"--volumename", "--volumeid",        "--instanceid",
                                          "--runasync",   "--snapshotid",      "--snapshotname",
                                          "--volumetype", "--availabilityzone"};

/// Values as they were typed, checked once the grammar is satisfied, and flags that are taken and mean
/// nothing here.
struct Raw {
  std::string size, iops, throughput, timeout, after, encrypted;
  std::string snapshot, source_volume, mkfs_options, mount_options;
  std::vector<std::string> options, tags;
  bool ignored = false;
  std::string ignored_text;
};

class Grammar {
 public:
  Grammar();
  std::variant<Invocation, HelpText, absl::Status> Parse(std::vector<std::string> words);

 private:
  CLI::App* Group(CLI::App* parent, const std::string& name, const std::string& description);
  CLI::App* Leaf(CLI::App* parent, Verb verb, const std::string& name, const std::string& description,
                 std::initializer_list<const char*> aliases = {});
  void Global();
  void Life(CLI::App* parent, bool hidden);
  void Volume();
  void VolumeCreate(CLI::App* parent);
  void VolumeChanges(CLI::App* parent);
  void Others();
  void Printing(CLI::App* app);
  void Selecting(CLI::App* app, const char* which);
  void SeveralVolumes(CLI::App* app, bool idempotent);

  const CLI::App* Deepest() const;
  absl::Status Misused(const CLI::App* at, const std::string& text) const;
  absl::Status Translate(const CLI::App* at, const CLI::ParseError& error) const;
  absl::Status CheckLeftovers(const CLI::App* at) const;
  absl::Status FillIn(const CLI::App* at);
  absl::Status FillInCreate();
  absl::Status CheckNames(const CLI::App* at);

  CLI::App app_;
  Invocation out_;
  Raw raw_;
  std::map<const CLI::App*, Verb> commands_;
};

Grammar::Grammar()
    : app_("Persistent volumes that outlive containers and follow them from node to node.", "rexray") {
  app_.set_help_flag("-?,--help", "show this help");
  app_.option_defaults()->ignore_case();
  app_.require_subcommand(0, 1);
  app_.allow_extras();
  app_.footer("\"rexray COMMAND --help\" says more. Exit codes: 0 done, 1 failed, 2 wrong usage.");
  Global();
  Volume();
  Others();
  Life(&app_, false);
}

CLI::App* Grammar::Group(CLI::App* parent, const std::string& name, const std::string& description) {
  CLI::App* app = parent->add_subcommand(name, description);
  app->fallthrough();
  app->allow_extras();
  app->require_subcommand(0, 1);
  return app;
}

CLI::App* Grammar::Leaf(CLI::App* parent, Verb verb, const std::string& name, const std::string& description,
                        std::initializer_list<const char*> aliases) {
  CLI::App* app = Group(parent, name, description);
  for (const char* alias : aliases) app->alias(alias);
  commands_[app] = verb;
  return app;
}

void Grammar::Global() {
  app_.add_option("-s,--service", out_.service, "the service (a configured backend) to work with")
      ->type_name("NAME");
  app_.add_option("-h,--host", out_.host, "the daemon's admin API: unix:///PATH or tcp://HOST:PORT")
      ->type_name("URL");
  app_.add_option("--timeout", raw_.timeout, "how long to wait for the daemon: 30, 30s, 2m")
      ->type_name("TIME");
  app_.add_option("-c,--config", out_.config_file, "a configuration file read after the others")
      ->type_name("FILE");
  app_.add_option("-l,--logLevel", out_.log_level, "for start: debug, info, warn or error")
      ->type_name("LEVEL");
  app_.add_flag("--preempt", out_.preempt, "take a volume away from the node that holds it");
  app_.add_flag("-v,--verbose", raw_.ignored)->group(kHidden);
  for (const char* drivers : {"--osDrivers", "--volumeDrivers"}) {
    app_.add_option(drivers, raw_.ignored_text)->group(kHidden);
  }
}

void Grammar::Printing(CLI::App* app) {
  app->add_option("-f,--format", out_.format,
                  "table, json, jsonp, yml or tmpl; REXRAY_FORMAT sets the default")
      ->type_name("FORMAT");
  app->add_option("--template", out_.output_template, "for tmpl: '{{.ID}} {{.Name}}'")->type_name("TEXT");
  app->add_flag("--templateTabs", out_.template_tabs, "align a template's tabs (on by default)")
      ->group(kHidden);
  app->add_flag("-q,--quiet", out_.quiet, "no header line");
}

void Grammar::Selecting(CLI::App* app, const char* which) {
  app->add_option("VOLUME", out_.names, which);
  app->add_option("--volumename", out_.volume_name, "the volume's exact name")
      ->type_name("NAME")
      ->group(kOldGroup);
  app->add_option("--volumeid", out_.volume_id, "the volume's exact id")->type_name("ID")->group(kOldGroup);
}

void Grammar::SeveralVolumes(CLI::App* app, bool idempotent) {
  app->add_flag("--continueOnError", out_.continue_on_error, "go on with the next volume after a failure");
  app->add_flag("-n,--dryRun", out_.dry_run, "say what would be done and do nothing");
  if (idempotent)
    app->add_flag("-i,--idempotent", out_.idempotent, "what is done already is no error (always so)");
  app->add_flag("--runasync", raw_.ignored)->group(kHidden);
}

void Grammar::Volume() {
  CLI::App* volume = Leaf(&app_, Verb::kVolumeList, "volume", "create, mount, grow, list … volumes");
  Printing(volume);
  CLI::App* list = Leaf(volume, Verb::kVolumeList, "ls", "list volumes", {"l", "list", "get"});
  Selecting(list, "names, ids, prefixes or /regular expressions/; none = all");
  list->add_flag("--attached", out_.attached_only, "only those that are attached here");
  list->add_flag("--available", out_.available_only, "only those that are attached nowhere");
  list->add_flag("--path", out_.with_path, "only those that are attached here, with their paths");
  Selecting(Leaf(volume, Verb::kVolumeInspect, "inspect", "everything about a volume"), "names or ids");
  Leaf(volume, Verb::kVolumeMap, "map", "the volumes that are attached here, with their devices");
  VolumeCreate(volume);
  VolumeChanges(volume);
}

void Grammar::VolumeCreate(CLI::App* parent) {
  CLI::App* create = Leaf(parent, Verb::kVolumeCreate, "create", "create volumes", {"c", "n", "new"});
  CreateOptions& to = out_.create;
  create->add_option("VOLUME", out_.names, "the new volume's name");
  create->add_option("--size", raw_.size, "10, 10GiB, 500MiB (a bare number is GiB)")->type_name("SIZE");
  create->add_option("--fs-type,--fsType", to.fs_type, "the file system: ext4, xfs, …")->type_name("FS");
  create->add_option("--type,--volumeType", to.type, "the backend's type of volume: gp3, …")
      ->type_name("TYPE");
  create->add_option("--iops", raw_.iops, "provisioned I/O operations per second")->type_name("N");
  create->add_option("--throughput", raw_.throughput, "provisioned MiB/s")->type_name("N");
  create->add_option("--zone,--availabilityZone", to.zone, "availability zone")->type_name("ZONE");
  create->add_flag("--encrypted{true}", raw_.encrypted, "encrypted by the backend");
  create->add_option("--encryption-key,--encryptionKey", to.kms_key, "the key to encrypt with")
      ->type_name("KEY");
  create->add_option("--snapshotid,--snapshot", raw_.snapshot, "copy this snapshot (id or name)")
      ->type_name("ID");
  create->add_option("-o,--opt", raw_.options, "as for docker: size=10, fsType=xfs …; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  create->add_option("--tag", raw_.tags, "a tag on the backend; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  create->add_option("--mkfs-options", raw_.mkfs_options, "for mkfs, one word each")->type_name("WORDS");
  create->add_option("--mount-options", raw_.mount_options, "noatime,discard: kept with the volume")
      ->type_name("WORDS");
  create->add_flag("--attach", to.attach, "attach it here too");
  create->add_flag("--amount,--mount", to.mount, "attach and mount it here too");
  create->add_flag("--force", out_.force, "with --attach: even when another node holds it");
  create->add_flag("--overwriteFS,--overwrite-fs", to.overwrite_fs,
                   "make a file system even over an unknown one");
  create->add_option("--volumename", out_.volume_name, "the new volume's name")
      ->type_name("NAME")
      ->group(kOldGroup);
  create->add_option("--volumeid", raw_.source_volume, "copy this volume (id or name)")
      ->type_name("ID")
      ->group(kOldGroup);
  SeveralVolumes(create, false);
}

void Grammar::VolumeChanges(CLI::App* parent) {
  CLI::App* remove = Leaf(parent, Verb::kVolumeRemove, "rm", "remove volumes and their data",
                          {"r", "remove", "delete", "del"});
  Selecting(remove, "exact names or ids, or /regular expressions/");
  remove->add_flag("--force", raw_.ignored)->group(kHidden);
  SeveralVolumes(remove, false);

  CLI::App* attach = Leaf(parent, Verb::kVolumeAttach, "attach", "attach volumes to this node", {"a"});
  Selecting(attach, "names, ids or unique prefixes");
  attach->add_flag("--force", out_.force, "even when another node holds it");
  attach->add_option("--instanceid", out_.instance_id)->group(kHidden);
  SeveralVolumes(attach, true);

  CLI::App* detach = Leaf(parent, Verb::kVolumeDetach, "detach", "detach volumes from this node", {"d"});
  Selecting(detach, "names, ids or unique prefixes");
  detach->add_flag("--force", out_.force, "by the backend's force");
  detach->add_option("--instanceid", out_.instance_id)->group(kHidden);
  SeveralVolumes(detach, true);

  CLI::App* mount = Leaf(parent, Verb::kVolumeMount, "mount", "mount volumes here; prints the paths", {"m"});
  Selecting(mount, "names, ids or unique prefixes");
  mount->add_option("--fs-type,--fsType", out_.fs_type, "for a volume that has no file system yet")
      ->type_name("FS");
  mount->add_option("-o,--mount-options", raw_.mount_options, "noatime,discard")->type_name("WORDS");
  mount->add_flag("--read-only", out_.read_only, "mount it read-only");
  mount->add_flag("--overwriteFS,--overwrite-fs", out_.overwrite_fs)->group(kHidden);
  mount->add_option("--consumer", out_.consumer, "who holds the mount (default: your user id)")
      ->type_name("ID");
  SeveralVolumes(mount, true);

  CLI::App* unmount =
      Leaf(parent, Verb::kVolumeUnmount, "unmount", "end your mounts of volumes", {"u", "umount"});
  Selecting(unmount, "names, ids or unique prefixes");
  unmount->add_option("--consumer", out_.consumer, "who held the mount (default: your user id)")
      ->type_name("ID");
  unmount->add_flag("--now", out_.now, "detach at once, without the linger time");
  SeveralVolumes(unmount, true);

  Selecting(Leaf(parent, Verb::kVolumePath, "path", "where volumes are mounted here"), "names or ids");

  CLI::App* grow = Leaf(parent, Verb::kVolumeGrow, "grow", "make volumes larger, mounted or not", {"resize"});
  Selecting(grow, "names, ids or unique prefixes");
  grow->add_option("--size", raw_.size, "the new size: 20, 20GiB")->type_name("SIZE");
  SeveralVolumes(grow, false);

  Selecting(Leaf(parent, Verb::kVolumeConsumers, "consumers", "who holds volumes mounted here"),
            "names or ids");
  CLI::App* release = Leaf(parent, Verb::kVolumeRelease, "release", "end somebody else's hold on a volume");
  Selecting(release, "the volume");
  release->add_option("--consumer", out_.consumer, "as \"volume consumers\" shows it")->type_name("ID");
}

void Grammar::Others() {
  CLI::App* service = Leaf(&app_, Verb::kServiceList, "service", "the configured backends");
  CLI::App* services =
      Leaf(service, Verb::kServiceList, "ls", "list the services and their state", {"list", "get"});
  Printing(services);
  Life(service, true);

  CLI::App* adapter = Leaf(&app_, Verb::kAdapterTypes, "adapter", "the configured drivers (REX-Ray's word)");
  Printing(adapter);
  Leaf(adapter, Verb::kAdapterTypes, "types", "services and their drivers", {"ls", "list"});

  CLI::App* device = Leaf(&app_, Verb::kDeviceList, "device", "this node's mounts");
  Printing(device);
  Leaf(device, Verb::kDeviceList, "ls", "list this node's mounts", {"get", "list"});

  CLI::App* events = Leaf(&app_, Verb::kEvents, "events", "what happened to volumes, oldest first");
  Printing(events);
  events->add_option("--after", raw_.after, "only events after this number")->type_name("N");

  CLI::App* config = Group(&app_, "config", "the configuration");
  Printing(Leaf(config, Verb::kConfigShow, "show", "every setting, and where it came from", {"ls"}));
  Leaf(config, Verb::kConfigCheck, "check", "say what is wrong with it; exit 1 if anything is");
  Leaf(&app_, Verb::kEnvironment, "env", "every setting as KEY=value, secrets masked");
  Leaf(&app_, Verb::kVersion, "version", "which build this is");
}

void Grammar::Life(CLI::App* parent, bool hidden) {
  std::vector<CLI::App*> made;
  CLI::App* start = Leaf(parent, Verb::kStart, "start", "start the daemon in the background");
  start->add_flag("-f,--foreground", out_.foreground, "stay in the foreground");
  for (const char* flag : {"--nopid", "--force"}) start->add_flag(flag, raw_.ignored)->group(kHidden);
  made.push_back(start);
  made.push_back(Leaf(parent, Verb::kStop, "stop", "stop the daemon; volumes stay mounted"));
  made.push_back(Leaf(parent, Verb::kRestart, "restart", "stop and start", {"reload", "force-reload"}));
  made.push_back(Leaf(parent, Verb::kStatus, "status", "is it running, and how are its services?"));
  Printing(made.back());
  made.push_back(Leaf(parent, Verb::kInitSystem, "initsys", "which service manager this machine has"));
  for (CLI::App* app : made) app->group(hidden ? kHidden : "The daemon");
}

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
    case Verb::kVolumeConsumers:
    case Verb::kVolumeRelease:
      return true;
    default:
      return false;
  }
}

absl::Status Grammar::CheckNames(const CLI::App* at) {
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

absl::Status Grammar::FillInCreate() {
  CreateOptions& to = out_.create;
  to.size = out_.size;
  if (!raw_.snapshot.empty()) to.source_snapshot = raw_.snapshot;
  if (!raw_.source_volume.empty()) to.source_volume = raw_.source_volume;
  if (!raw_.iops.empty()) {
    ASSIGN_OR_RETURN(to.iops, ParseCount("--iops", raw_.iops));
  }
  if (!raw_.throughput.empty()) {
    ASSIGN_OR_RETURN(to.throughput, ParseCount("--throughput", raw_.throughput));
  }
  if (!raw_.encrypted.empty()) {
    ASSIGN_OR_RETURN(to.encrypted, ParseBool("--encrypted", raw_.encrypted));
  }
  if (!raw_.mkfs_options.empty()) RETURN_IF_ERROR(ApplyCreateOption("mkfsOptions=" + raw_.mkfs_options, &to));
  if (!raw_.mount_options.empty())
    RETURN_IF_ERROR(ApplyCreateOption("mountOptions=" + raw_.mount_options, &to));
  for (const std::string& option : raw_.options) RETURN_IF_ERROR(ApplyCreateOption(option, &to));
  for (const std::string& tag : raw_.tags) {
    const size_t equals = tag.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error(absl::StatusCode::kInvalidArgument, "--tag \"{}\" is not of the form KEY=VALUE",
                   TerminalSafe(tag));
    }
    to.tags[tag.substr(0, equals)] = tag.substr(equals + 1);
  }
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
  if (!raw_.after.empty()) {
    ASSIGN_OR_RETURN(out_.after, ParseCount("--after", raw_.after));
  }
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
  for (const std::string& word : words) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    out_.old_dialect |= std::find(std::begin(kOldFlags), std::end(kOldFlags), name) != std::end(kOldFlags);
  }
  out_.get_spelling = !words.empty() && std::find(words.begin(), words.end(), "get") != words.end();
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
  out_.get_spelling = out_.verb == Verb::kVolumeList && (out_.get_spelling || at->get_name() == "volume");
  if (const absl::Status status = FillIn(at); !status.ok()) return status;
  return std::move(out_);
}

}  // namespace

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
