#include "engine/step_table.h"

namespace rexray::engine {

const std::vector<Step>& StepTable() {
  static const std::vector<Step> steps = {
      {"create", "freeze", "its source's file system to come to rest"},
      {"create", "create", "the backend to create it"},
      {"create", "thaw", "its source's file system to go on"},

      {"mount", "attach", "the backend to attach it"},
      {"mount", "find_holder", "the backend to say who holds it"},
      {"mount", "preempt", "the event log"},
      {"mount", "await_free", "another node to let it go"},
      {"mount", "await_device", "its device to appear on this node"},
      {"mount", "probe", "its device to be read"},
      {"mount", "format", "its file system to be made"},
      {"mount", "clear_blank", "the backend to record that it has a file system"},
      {"mount", "check", "its file system to be checked"},
      {"mount", "new_uuid", "its file system to get a UUID of its own"},
      {"mount", "clear_uuid", "the backend to record that it has a UUID of its own"},
      {"mount", "make_stage", "its mount point to be made"},
      {"mount", "mount", "its file system to be mounted"},
      {"mount", "on_staged", "its driver to take note of the mount"},
      {"mount", "grow_fs", "its file system to follow the grown device"},
      {"mount", "make_root", "its directory to be made"},
      {"mount", "record", "the journal"},
      {"mount", "undo_mount", "its mount to be undone after a failure"},
      {"mount", "undo_attach", "the backend to detach it after a failure"},

      {"unmount", "umount", "its file system to be unmounted"},
      {"unmount", "check_unused", "its device to be found unused"},
      {"unmount", "detach", "the backend to detach it"},

      {"detach", "umount", "its file system to be unmounted"},
      {"detach", "check_unused", "its device to be found unused"},
      {"detach", "detach", "the backend to detach it"},

      {"attach", "clear_blank", "the backend to record that a person has its device"},
      {"attach", "attach", "the backend to attach it"},
      {"attach", "await_device", "its device to appear on this node"},

      {"grow", "grow_volume", "the backend to grow it"},
      {"grow", "grow_fs", "its file system to follow the grown device"},

      {"modify", "modify_volume", "the backend to change it"},
      {"modify", "grow_fs", "its file system to follow the grown device"},

      {"adopt", "adopt", "the backend to mark it as ours"},

      {"snapshot", "freeze", "its file system to come to rest"},
      {"snapshot", "snapshot", "the backend to copy it"},
      {"snapshot", "thaw", "its file system to go on"},
      {"remove_snapshot", "remove_snapshot", "the backend to remove the snapshot"},

      {"remove", "umount", "its file system to be unmounted"},
      {"remove", "check_unused", "its device to be found unused"},
      {"remove", "detach", "the backend to detach it"},
      {"remove", "remove", "the backend to remove it"},

      {"fence", "look", "the kernel and the backend to say whether it is still this node's"},
      {"fence", "mark_lost", "the journal"},
      {"fence", "umount_lazily", "its file system to be unmounted"},
      {"fence", "check_unused", "its device to be found unused"},
      {"fence", "detach", "the backend to detach it"},

      {"release", "look", "all processes to be looked at"},
      {"release", "umount", "its file system to be unmounted"},
      {"release", "check_unused", "its device to be found unused"},
      {"release", "detach", "the backend to detach it"},

      {"recover", "adopt", "the backend to say which volume is mounted"},
      {"recover", "grow_fs", "its file system to follow the grown device"},
  };
  return steps;
}

const Step* FindStep(std::string_view operation, std::string_view name) {
  for (const Step& step : StepTable()) {
    if (operation == step.operation && name == step.name) return &step;
  }
  return nullptr;
}

std::vector<std::string> AllSteps() {
  std::vector<std::string> names;
  for (const Step& step : StepTable()) names.push_back(std::string(step.operation) + "." + step.name);
  return names;
}

std::vector<std::string> AllFaultPoints() {
  std::vector<std::string> names;
  for (const Step& step : StepTable()) {
    const std::string prefix = std::string("engine.") + step.operation + ".";
    names.push_back(prefix + "before_" + step.name);
    names.push_back(prefix + "after_" + step.name);
  }
  return names;
}

}  // namespace rexray::engine
