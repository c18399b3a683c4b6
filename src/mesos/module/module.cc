// The shim between Mesos's isolator interface and the core: C++14, public headers of Mesos alone, and one
// border, the C functions of isolator_c_api.h. One source compiles against 0.28.1 to HEAD;
// REXRAY_MESOS_VERSION is the version as major * 10000 + minor * 100 + patch (CMakeLists.txt reads it from
// mesos/version.hpp; before 1.1 that header has it as text only). What changed in which version is noted at
// each guard.
//
// No call blocks the containerizer's actor: each hands its work to the core and returns a future that a
// thread of the core fulfils.

#include <glog/logging.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/types.h>

#include <list>
#include <string>
#include <utility>
#include <vector>

#include <mesos/mesos.hpp>
#include <mesos/module.hpp>
#include <mesos/module/isolator.hpp>
#include <mesos/resources.hpp>
#include <mesos/slave/isolator.hpp>
#include <mesos/version.hpp>
#include <process/future.hpp>
#include <stout/hashset.hpp>
#include <stout/none.hpp>
#include <stout/nothing.hpp>
#include <stout/option.hpp>

#include "../isolator_c_api.h"

#ifndef REXRAY_MESOS_VERSION
#error "REXRAY_MESOS_VERSION is not defined; configure with -DMESOS_ROOT"
#endif

namespace {

using mesos::ContainerID;
using mesos::Environment;
using mesos::slave::ContainerConfig;
using mesos::slave::ContainerLaunchInfo;
using mesos::slave::ContainerLimitation;
using mesos::slave::ContainerState;
using process::Future;
using process::Promise;

#if REXRAY_MESOS_VERSION >= 10700
typedef std::vector<ContainerState> ContainerStates;
#else
typedef std::list<ContainerState> ContainerStates;
#endif

std::string IdOf(const ContainerID& id) {
#if REXRAY_MESOS_VERSION >= 10100  // nested containers
  if (id.has_parent()) return IdOf(id.parent()) + "." + id.value();
#endif
  return id.value();
}

typedef std::vector<std::pair<std::string, std::string>> Variables;

/// Only what is ours crosses the border; a secret never is.
void AddVariables(const Environment& environment, Variables& variables) {
  for (int i = 0; i < environment.variables_size(); ++i) {
    const Environment::Variable& variable = environment.variables(i);
#if REXRAY_MESOS_VERSION >= 10300
    if (variable.type() == Environment::Variable::SECRET) continue;
#endif
#if REXRAY_MESOS_VERSION >= 10200  // required before
    if (!variable.has_value()) continue;
#endif
    if (variable.name().compare(0, 5, "DVDI_") == 0)
      variables.emplace_back(variable.name(), variable.value());
  }
}

/// The agent copies a command task's environment into the command that it launches; a custom executor's own
/// environment counts, not that of its tasks.
Variables VariablesOf(const ContainerConfig& config) {
  Variables variables;
#if REXRAY_MESOS_VERSION >= 10100  // a nested container has no executor
  AddVariables(config.command_info().environment(), variables);
#else
  AddVariables(config.executor_info().command().environment(), variables);
#endif
  if (config.has_task_info()) AddVariables(config.task_info().command().environment(), variables);
  return variables;
}

std::string UserOf(const ContainerConfig& config) {
  if (config.has_user()) return config.user();
#if REXRAY_MESOS_VERSION >= 10100
  return config.command_info().user();
#else
  return config.executor_info().command().user();
#endif
}

void RequestMountNamespace(ContainerLaunchInfo& info) {
#if REXRAY_MESOS_VERSION >= 10200
  info.add_clone_namespaces(CLONE_NEWNS);
#else
  info.set_namespaces(CLONE_NEWNS);
#endif
}

#if REXRAY_MESOS_VERSION >= 10500
// Mesos makes all mounts slaves itself before it makes these.
void AddMounts(const rexray_launch_plan& plan, ContainerLaunchInfo& info) {
  for (size_t i = 0; i < plan.bind_count; ++i) {
    const rexray_bind& bind = plan.binds[i];
    mesos::slave::ContainerMountInfo* mount = info.add_mounts();
    mount->set_source(bind.source);
    mount->set_target(bind.target);
    mount->set_flags(MS_BIND | (bind.read_only != 0 ? 0 : MS_REC));
    mount = info.add_mounts();
    mount->set_target(bind.target);
    mount->set_flags(static_cast<unsigned>(MS_BIND | MS_REMOUNT | bind.remount_flags));
  }
}
#elif REXRAY_MESOS_VERSION >= 10001
void AddMounts(const rexray_launch_plan& plan, ContainerLaunchInfo& info) {
  for (size_t i = 0; i < plan.command_count; ++i) {
    mesos::CommandInfo* command = info.add_pre_exec_commands();
    command->set_shell(false);
    command->set_value(plan.commands[i][0]);
    for (const char* const* word = plan.commands[i]; *word != nullptr; ++word) command->add_arguments(*word);
  }
}
#else
// Shell commands alone are accepted; the core has quoted every word.
void AddMounts(const rexray_launch_plan& plan, ContainerLaunchInfo& info) {
  for (size_t i = 0; i < plan.shell_command_count; ++i) {
#if REXRAY_MESOS_VERSION >= 10000
    mesos::CommandInfo* command = info.add_pre_exec_commands();
#else
    mesos::CommandInfo* command = info.add_commands();
#endif
    command->set_shell(true);
    command->set_value(plan.shell_commands[i]);
  }
}
#endif

typedef Promise<Option<ContainerLaunchInfo>> LaunchPromise;

/// On a thread of the core; the promise is ours to delete.
void OnPrepared(void* context, const rexray_launch_plan* plan, const char* error) {
  LaunchPromise* promise = static_cast<LaunchPromise*>(context);
  if (error != nullptr) {
    promise->fail(error);
  } else if (plan == nullptr) {
    promise->set(Option<ContainerLaunchInfo>::none());
  } else {
    ContainerLaunchInfo info;
    RequestMountNamespace(info);
    AddMounts(*plan, info);
    promise->set(Option<ContainerLaunchInfo>(info));
  }
  delete promise;
}

void OnDone(void* context, const char* error) {
  Promise<Nothing>* promise = static_cast<Promise<Nothing>*>(context);
  if (error != nullptr) {
    promise->fail(error);
  } else {
    promise->set(Nothing());
  }
  delete promise;
}

void OnLog(void*, int severity, const char* text) {
  switch (severity) {
    case REXRAY_LOG_ERROR:
      LOG(ERROR) << text;
      break;
    case REXRAY_LOG_WARNING:
      LOG(WARNING) << text;
      break;
    default:
      LOG(INFO) << text;
      break;
  }
}

std::vector<const char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  return pointers;
}

class VolumeIsolator : public mesos::slave::Isolator {
 public:
  explicit VolumeIsolator(rexray_isolator* core) : core_(core) {}
  ~VolumeIsolator() override { rexray_isolator_destroy(core_); }

#if REXRAY_MESOS_VERSION >= 10100
  bool supportsNesting() override {
    return true;
  }
#endif
#if REXRAY_MESOS_VERSION >= 10500
  bool supportsStandalone() override {
    return true;
  }
#endif

  Future<Nothing> recover(const ContainerStates& states, const hashset<ContainerID>& orphans) override {
    std::vector<std::string> known;
    for (const ContainerState& state : states) known.push_back(IdOf(state.container_id()));
    std::vector<std::string> doomed;
    for (const ContainerID& orphan : orphans) doomed.push_back(IdOf(orphan));
    const std::vector<const char*> known_pointers = Pointers(known);
    const std::vector<const char*> doomed_pointers = Pointers(doomed);
    Promise<Nothing>* promise = new Promise<Nothing>();
    const Future<Nothing> future = promise->future();
    rexray_isolator_recover(core_, known_pointers.data(), known_pointers.size(), doomed_pointers.data(),
                            doomed_pointers.size(), &OnDone, promise);
    return future;
  }

  Future<Option<ContainerLaunchInfo>> prepare(const ContainerID& containerId,
                                              const ContainerConfig& config) override {
#if REXRAY_MESOS_VERSION >= 10200
    if (config.has_container_class() && config.container_class() == mesos::slave::ContainerClass::DEBUG) {
      return ForDebugging(containerId);
    }
#endif
    const Variables variables = VariablesOf(config);
    if (variables.empty()) return None();
    std::vector<rexray_pair> pairs;
    for (const auto& variable : variables) pairs.push_back({variable.first.c_str(), variable.second.c_str()});
    const std::string id = IdOf(containerId);
    const std::string user = UserOf(config);
    const rexray_container container{
        id.c_str(),  config.directory().c_str(), config.rootfs().c_str(), user.c_str(), pairs.data(),
        pairs.size()};
    LaunchPromise* promise = new LaunchPromise();
    const Future<Option<ContainerLaunchInfo>> future = promise->future();
    rexray_isolator_prepare(core_, &container, &OnPrepared, promise);
    return future;
  }

  Future<Nothing> cleanup(const ContainerID& containerId) override {
    Promise<Nothing>* promise = new Promise<Nothing>();
    const Future<Nothing> future = promise->future();
    rexray_isolator_cleanup(core_, IdOf(containerId).c_str(), &OnDone, promise);
    return future;
  }

  // The rest has no default body before 1.0.
  Future<Nothing> isolate(const ContainerID&, pid_t) override {
    return Nothing();
  }
  Future<ContainerLimitation> watch(const ContainerID&) override {
    return Future<ContainerLimitation>();
  }
#if REXRAY_MESOS_VERSION >= 11000
  Future<Nothing> update(const ContainerID&, const mesos::Resources&,
                         const google::protobuf::Map<std::string, mesos::Value::Scalar>&) override {
    return Nothing();
  }
#else
  Future<Nothing> update(const ContainerID&, const mesos::Resources&) override {
    return Nothing();
  }
#endif
  Future<mesos::ResourceStatistics> usage(const ContainerID&) override {
    return mesos::ResourceStatistics();
  }

 private:
#if REXRAY_MESOS_VERSION >= 10200
  /// A DEBUG container gets no volumes of its own but sees its parent's. Only Mesos's filesystem/linux would
  /// make it enter the parent's mount namespace, and the module does not need that isolator.
  Future<Option<ContainerLaunchInfo>> ForDebugging(const ContainerID& containerId) const {
    if (!containerId.has_parent()) return None();
    if (rexray_isolator_has_volumes(core_, IdOf(containerId.parent()).c_str()) == 0) return None();
    ContainerLaunchInfo info;
    info.add_enter_namespaces(CLONE_NEWNS);
    return Option<ContainerLaunchInfo>(info);
  }
#endif

  rexray_isolator* const core_;
};

/// NULL makes the agent exit with "Error creating Module instance"; why has been logged by then.
mesos::slave::Isolator* CreateVolumeIsolator(const mesos::Parameters& parameters) {
  LOG(INFO) << "Loading Docker Volume Driver Isolator module";
  std::vector<rexray_pair> pairs;
  for (int i = 0; i < parameters.parameter_size(); ++i) {
    pairs.push_back({parameters.parameter(i).key().c_str(), parameters.parameter(i).value().c_str()});
  }
  rexray_isolator* const core = rexray_isolator_create(pairs.data(), pairs.size(), &OnLog, nullptr);
  return core == nullptr ? nullptr : new VolumeIsolator(core);
}

}  // namespace

// No compatible(): the agent then insists on its own version exactly, as it must: virtual tables and messages
// differ between releases.
__attribute__((visibility("default"))) mesos::modules::Module<mesos::slave::Isolator>
    com_emccode_mesos_DockerVolumeDriverIsolator(MESOS_MODULE_API_VERSION, MESOS_VERSION, "rexray",
                                                 "https://github.com/rexray/rexray",
                                                 "Docker Volume Driver Isolator module.", nullptr,
                                                 &CreateVolumeIsolator);
