#include "mesos/isolator_c_api.h"

#include <unistd.h>

#include <exception>
#include <memory>
#include <vector>

#include "base/status.h"
#include "base/subprocess.h"
#include "dvdi/places.h"
#include "dvdi/transports.h"
#include "mesos/dvdcli_mounter.h"
#include "mesos/isolator_core.h"
#include "mesos/plugin_mounter.h"

using rexray::MessageOf;
namespace mesos = rexray::mesos;

namespace {

std::string OrEmpty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::vector<std::string> Strings(const char* const* texts, size_t count) {
  std::vector<std::string> strings;
  for (size_t i = 0; i < count; ++i) strings.push_back(OrEmpty(texts[i]));
  return strings;
}

std::vector<std::pair<std::string, std::string>> Pairs(const rexray_pair* pairs, size_t count) {
  std::vector<std::pair<std::string, std::string>> out;
  for (size_t i = 0; i < count; ++i) out.emplace_back(OrEmpty(pairs[i].key), OrEmpty(pairs[i].value));
  return out;
}

std::vector<const char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<const char*> pointers;
  for (const std::string& text : strings) pointers.push_back(text.c_str());
  return pointers;
}

class Logger {
 public:
  Logger(rexray_log log, void* context) : log_(log), context_(context) {}
  void operator()(mesos::Severity severity, const std::string& text) const {
    const int level = severity == mesos::Severity::kInfo      ? REXRAY_LOG_INFO
                      : severity == mesos::Severity::kWarning ? REXRAY_LOG_WARNING
                                                              : REXRAY_LOG_ERROR;
    log_(context_, level, text.c_str());
  }

 private:
  rexray_log log_;
  void* context_;
};

std::unique_ptr<mesos::VolumeMounter> MakeMounter(const mesos::IsolatorOptions& options, rexray::Clock& clock,
                                                  rexray::CommandRunner& runner,
                                                  rexray::dvdi::Transports& transports) {
  if (!options.dvdcli.empty()) return std::make_unique<mesos::DvdcliMounter>(options.dvdcli, runner);
  rexray::dvdi::PluginPlaces places = rexray::dvdi::SystemPlaces();
  if (!options.plugin_dirs.empty()) {
    places.socket_dirs = options.plugin_dirs;
    places.spec_dirs = options.plugin_dirs;
  }
  return std::make_unique<mesos::PluginMounter>(std::move(places), clock, transports);
}

/// The plan in C's words; the core's copy is alive while `done` runs.
void Answer(const mesos::LaunchPlan& plan, const std::string& mount_namespace, rexray_prepared done,
            void* context) {
  std::vector<rexray_bind> binds;
  for (const mesos::Bind& bind : plan.binds) {
    binds.push_back({bind.source.c_str(), bind.target.c_str(), bind.read_only ? 1 : 0, bind.flags});
  }
  const auto commands = mesos::MountCommands(plan);
  std::vector<std::vector<const char*>> words;
  for (const auto& argv : commands) {
    words.push_back(Pointers(argv));
    words.back().push_back(nullptr);
  }
  std::vector<const char* const*> argvs;
  for (const auto& argv : words) argvs.push_back(argv.data());
  const std::vector<std::string> shell = mesos::ShellMountCommands(plan, mount_namespace);
  const std::vector<const char*> shell_pointers = Pointers(shell);
  const rexray_launch_plan out{binds.data(), binds.size(),          argvs.data(),
                               argvs.size(), shell_pointers.data(), shell_pointers.size()};
  done(context, &out, nullptr);
}

}  // namespace

struct rexray_isolator {
  rexray_isolator(mesos::IsolatorOptions options, const mesos::HostFacts& host, const Logger& log)
      : runner(clock), transports(clock), mounter(MakeMounter(options, clock, runner, transports)) {
    core = std::make_unique<mesos::IsolatorCore>(
        std::move(options), mesos::IsolatorCore::Parts{*mounter, clock, host, &mesos::LookUpUser, log});
  }

  rexray::SystemClock& clock = rexray::SystemClock::Get();
  rexray::ProcessRunner runner;
  rexray::dvdi::PlainTransports transports;
  std::unique_ptr<mesos::VolumeMounter> mounter;
  std::unique_ptr<mesos::IsolatorCore> core;
};

// What throws here is want of memory or of a thread; each entry catches it and says so in its own way.

rexray_isolator* rexray_isolator_create(const rexray_pair* parameters, size_t count, rexray_log log,
                                        void* context) {
  const Logger logger(log, context);
  const auto fail = [&](std::string_view why) -> rexray_isolator* {
    try {
      logger(mesos::Severity::kError, "DockerVolumeDriverIsolator::create() failed: " + std::string(why));
    } catch (const std::exception&) {
      log(context, REXRAY_LOG_ERROR, "DockerVolumeDriverIsolator::create() failed: out of memory");
    }
    return nullptr;
  };
  try {
    if (::geteuid() != 0) return fail("DockerVolumeDriverIsolator requires root privileges");
    auto parsed = mesos::ParseParameters(Pairs(parameters, count));
    if (!parsed.ok()) return fail(MessageOf(parsed.status()));
    for (const std::string& warning : parsed->warnings) logger(mesos::Severity::kWarning, warning);
    const auto host = mesos::ReadHostFacts();
    if (!host.ok()) return fail(MessageOf(host.status()));
    return new rexray_isolator(std::move(parsed->options), *host, logger);
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

void rexray_isolator_destroy(rexray_isolator* isolator) {
  delete isolator;
}

void rexray_isolator_recover(rexray_isolator* isolator, const char* const* known, size_t known_count,
                             const char* const* orphans, size_t orphan_count, rexray_done done,
                             void* context) {
  try {
    isolator->core->Recover(Strings(known, known_count), Strings(orphans, orphan_count),
                            [done, context](const absl::Status&) { done(context, nullptr); });
  } catch (const std::exception& error) {
    done(context, error.what());
  }
}

void rexray_isolator_prepare(rexray_isolator* isolator, const rexray_container* container,
                             rexray_prepared done, void* context) {
  try {
    mesos::ContainerRequest request{
        OrEmpty(container->id), Pairs(container->environment, container->environment_count),
        OrEmpty(container->sandbox), OrEmpty(container->rootfs), OrEmpty(container->user)};
    isolator->core->Prepare(
        std::move(request),
        [isolator, done, context](const absl::StatusOr<std::optional<mesos::LaunchPlan>>& plan) {
          if (!plan.ok()) {
            done(context, nullptr, std::string(MessageOf(plan.status())).c_str());
          } else if (!plan->has_value()) {
            done(context, nullptr, nullptr);
          } else {
            Answer(**plan, isolator->core->host().mount_namespace, done, context);
          }
        });
  } catch (const std::exception& error) {
    done(context, nullptr, error.what());
  }
}

void rexray_isolator_cleanup(rexray_isolator* isolator, const char* id, rexray_done done, void* context) {
  try {
    isolator->core->Cleanup(OrEmpty(id), [done, context](const absl::Status&) { done(context, nullptr); });
  } catch (const std::exception& error) {
    done(context, error.what());
  }
}

int rexray_isolator_has_volumes(const rexray_isolator* isolator, const char* id) {
  try {
    return isolator->core->HasVolumes(OrEmpty(id)) ? 1 : 0;
  } catch (const std::exception&) {
    return 0;
  }
}
