// The words of `snapshot`.

#include "cli/rexray/command_grammar.h"

namespace rexray::cli {

void Grammar::Snapshot() {
  CLI::App* snapshot = Leaf(&app_, Verb::kSnapshotList, "snapshot", "volumes' contents as they once were");
  Printing(snapshot);
  const auto source = [&](CLI::App* app) {
    app->add_option("--volumeid", out_.volume_id, "the volume (id or name)")
        ->type_name("ID")
        ->group(kOldGroup);
  };
  const auto which = [&](CLI::App* app) {
    app->add_option("--snapshotid", out_.snapshot_id, "the snapshot's id")->type_name("ID")->group(kOldGroup);
  };
  CLI::App* list = Leaf(snapshot, Verb::kSnapshotList, "ls", "list snapshots", {"list", "get"});
  list->add_option("SNAPSHOT", out_.names, "names or ids; none = all");
  list->add_option("--snapshotname", out_.snapshot_name, "its exact name")
      ->type_name("NAME")
      ->group(kOldGroup);
  which(list);
  list->add_option("--volume", out_.volume_id, "only those of this volume (id or name)")->type_name("VOLUME");
  source(list);

  CLI::App* create = Leaf(snapshot, Verb::kSnapshotCreate, "create", "make a snapshot of a volume", {"new"});
  create->add_option("VOLUME", out_.names, "the volume's name or id");
  create->add_option("--name,--snapshotname", out_.snapshot_name, "the snapshot's name")->type_name("NAME");
  create->add_option("--description", out_.description, "what it is for")->type_name("TEXT");
  create->add_option("--tag", raw_.tags, "a tag on the backend; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  create->add_flag("--freeze", out_.freeze, "stop writing to a mounted volume until it is copied");
  source(create);
  create->add_flag("--runasync", raw_.ignored)->group(kHidden);
  DryRun(create);

  CLI::App* remove = Leaf(snapshot, Verb::kSnapshotRemove, "rm",
                          "remove snapshots; volumes made from them stay", {"remove", "delete"});
  remove->add_option("SNAPSHOT", out_.names, "names or ids");
  which(remove);
  DryRun(remove);

  CLI::App* copy = Leaf(snapshot, Verb::kSnapshotCopy, "copy", "copy a snapshot to another region");
  copy->add_option("SNAPSHOT", out_.names, "name or id");
  copy->add_option("--snapshotname", out_.snapshot_name, "its name")->type_name("NAME")->group(kOldGroup);
  which(copy);
  source(copy);
  copy->add_option("--destinationsnapshotname", raw_.ignored_text, "the copy's name")->group(kOldGroup);
  copy->add_option("--destinationregion", out_.destination_region, "where to")->group(kOldGroup);
  copy->add_flag("--runasync", raw_.ignored)->group(kHidden);
}

}  // namespace rexray::cli
