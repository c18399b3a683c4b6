#include "cli/rexray/command_grammar.h"

namespace rexray::cli {

Grammar::Grammar()
    : app_("Persistent volumes that outlive containers and follow them from node to node.", "rexray") {
  app_.set_help_flag("-?,--help", "show this help");
  app_.option_defaults()->ignore_case();
  app_.require_subcommand(0, 1);
  app_.allow_extras();
  app_.footer("\"rexray COMMAND --help\" says more. Exit codes: 0 done, 1 failed, 2 wrong usage.");
  Global();
  Volume();
  Snapshot();
  Others();
  Wiring();
  Setup();
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
  app_.add_flag("--preempt{true}", out_.preempt,
                "take a volume from the node that holds it; --preempt=when-dead only if that node is dead");
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

void Grammar::DryRun(CLI::App* app) {
  app->add_flag("-n,--dryRun", out_.dry_run, "say what would be done and do nothing");
}

void Grammar::SeveralVolumes(CLI::App* app, bool idempotent) {
  app->add_flag("--continueOnError", out_.continue_on_error, "go on with the next volume after a failure");
  DryRun(app);
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
  create->add_option("--snapshotid,--snapshot", raw_.snapshot, "make it from this snapshot (id or name)")
      ->type_name("ID");
  create->add_flag("--freeze", to.freeze_source, "stop writing to a mounted source until it is copied");
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

  CLI::App* modify =
      Leaf(parent, Verb::kVolumeModify, "modify", "change a volume's size, type or performance");
  Selecting(modify, "names, ids or unique prefixes");
  modify->add_option("--size", raw_.size, "the new size: 20, 20GiB")->type_name("SIZE");
  modify->add_option("--type,--volumeType", out_.create.type, "the backend's type of volume: gp3, …")
      ->type_name("TYPE");
  modify->add_option("--iops", raw_.iops, "provisioned I/O operations per second")->type_name("N");
  modify->add_option("--throughput", raw_.throughput, "provisioned MiB/s")->type_name("N");
  SeveralVolumes(modify, false);

  CLI::App* adopt = Leaf(parent, Verb::kVolumeAdopt, "adopt",
                         "mark volumes that others made as ours: then docker may remove them");
  Selecting(adopt, "exact names or ids, or /regular expressions/");
  SeveralVolumes(adopt, false);

  Selecting(Leaf(parent, Verb::kVolumeConsumers, "consumers", "who holds volumes mounted here"),
            "names or ids");
  CLI::App* release = Leaf(parent, Verb::kVolumeRelease, "release", "end somebody else's hold on a volume");
  Selecting(release, "the volume");
  release->add_option("--consumer", out_.consumer, "as \"volume consumers\" shows it")->type_name("ID");
  DryRun(release);
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
  Leaf(adapter, Verb::kAdapterInstances, "instances", "this node, as each service's backend knows it");

  CLI::App* device = Leaf(&app_, Verb::kDeviceList, "device", "this node's mounts");
  Printing(device);
  CLI::App* devices = Leaf(device, Verb::kDeviceList, "ls", "list this node's mounts", {"get", "list"});
  devices->add_option("--deviceName", out_.device_name, "only this device's")->type_name("DEVICE");
  devices->add_option("--mountPoint", out_.mount_point, "only what is mounted there")->type_name("PATH");

  CLI::App* events = Leaf(&app_, Verb::kEvents, "events", "what happened to volumes, oldest first");
  Printing(events);
  events->add_option("--after", raw_.after, "only events after this number")->type_name("N");

  CLI::App* config = Group(&app_, "config", "the configuration");
  Printing(Leaf(config, Verb::kConfigShow, "show", "every setting, and where it came from", {"ls"}));
  Leaf(config, Verb::kConfigCheck, "check", "say what is wrong with it; exit 1 if anything is");
  Leaf(&app_, Verb::kEnvironment, "env", "every setting as KEY=value, secrets masked");
  Leaf(&app_, Verb::kVersion, "version", "which build this is");
}

void Grammar::Wiring() {
  CLI::App* marathon = Group(&app_, "marathon", "Marathon apps with external volumes");
  CLI::App* check = Leaf(marathon, Verb::kMarathonCheck, "check",
                         "say what Marathon will refuse, what it will not tell, and what the agent receives");
  check->add_option("FILE", out_.names, "the app, a group or an array of apps, as JSON; - = standard input");
  check->add_option("--marathon", out_.marathon, "only for this version: 1.1 or 1.11 (none: both)")
      ->type_name("VERSION");
  check->add_flag("--json", out_.json, "one JSON object");
  CLI::App* doctor =
      Leaf(&app_, Verb::kDoctor, "doctor", "find out what is wrong, and what to do; changes nothing");
  doctor->add_option("--root", out_.root, "look at this tree instead of the machine")->type_name("DIR");
  doctor->add_flag("--json", out_.json, "one JSON object");
  for (CLI::App* app : {marathon, doctor}) app->group("Installation");
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

}  // namespace rexray::cli
