// `setup`, and REX-Ray's `install` and `uninstall`.

#include "cli/rexray/command_grammar.h"

namespace rexray::cli {

void Grammar::Setup() {
  SetupOptions& to = out_.setup;
  CLI::App* setup =
      Leaf(&app_, Verb::kSetup, "setup",
           "wire this machine: the service, docker, podman, Mesos, DC/OS; undone by \"setup undo\"");
  setup->add_option("PART", to.parts, "service, docker, mesos or dcos; none = all that this machine is for");
  setup->add_flag("-n,--dryRun,--dry-run", out_.dry_run,
                  "show what would change in every file; change nothing");
  setup->add_flag("--restart", to.restart,
                  "restart what reads the files, watch it, and take everything back if it does not come up");
  setup->add_option("--root", out_.root, "work on this tree of files instead of the machine")
      ->type_name("DIR");
  setup->add_option("--module", to.module, "the isolator module's file, as the agent sees it")
      ->type_name("FILE");
  setup->add_option("--mesos-version", to.mesos_version, "where the files do not tell it: 0.28.1")
      ->type_name("VERSION");
  setup->add_flag("--agent", to.agent, "dcos: this node is an agent");
  setup->add_flag("--master", to.master, "dcos: this node is a master");

  CLI::App* undo = Leaf(setup, Verb::kSetupUndo, "undo", "put every file back as it was before");
  undo->add_option("PART", to.parts, "only this part");
  undo->add_flag("--force", out_.force,
                 "also files that were edited since; the edited ones are kept beside them");
  Leaf(setup, Verb::kAwsPolicy, "aws-policy", "print the IAM policy that the ebs driver needs, and no more");

  CLI::App* install = Leaf(&app_, Verb::kInstall, "install", "REX-Ray's word for \"setup service\"");
  CLI::App* uninstall = Leaf(&app_, Verb::kUninstall, "uninstall", "stop the service and undo \"install\"");
  uninstall->add_flag("--package", raw_.ignored)->group("");
  for (CLI::App* app : {install, uninstall}) {
    app->add_option("--root", out_.root, "work on this tree of files instead of the machine")
        ->type_name("DIR");
  }
  for (CLI::App* app : {setup, install, uninstall}) app->group("Installation");
}

}  // namespace rexray::cli
