// Prepare: plan (which volumes, bound where), claim them in the checkpoint, mount them in parallel, answer.

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "base/status.h"
#include "mesos/environment.h"
#include "mesos/isolator_core.h"
#include "mesos/validation.h"

namespace rexray::mesos {

/// One call of Prepare on its way. Each volume's result is written by one thread and read after `left` has
/// come to 0.
class IsolatorCore::Preparation {
 public:
  Preparation(ContainerRequest asked, Prepared answer) : request(std::move(asked)), done(std::move(answer)) {}

  struct Volume {
    VolumeRequest wanted;
    std::vector<std::string> targets;  ///< one for each of wanted.binds
    absl::Status result = absl::OkStatus();
    std::string mountpoint = {};
  };

  const ContainerRequest request;
  Prepared done;
  std::optional<Owner> user;
  std::vector<Volume> volumes;
  std::atomic<size_t> left{0};
};

namespace {

absl::Status CheckDriver(const VolumeKey& key, const std::vector<std::string>& allowed) {
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), key.driver) != allowed.end()) {
    return absl::OkStatus();
  }
  return Error(
      absl::StatusCode::kPermissionDenied,
      "prepare() failed: the operator of this agent does not allow the volume driver {} (module parameter "
      "allow_drivers)",
      Quoted(key.driver));
}

absl::Status LeftMeanwhile(const std::string& id) {
  return Error(absl::StatusCode::kCancelled, "prepare() failed: container {} was destroyed in the meantime",
               id);
}

}  // namespace

void IsolatorCore::Prepare(ContainerRequest request, Prepared done) {
  bool fresh = false;
  {
    MutexLock lock(mutex_);
    fresh = table_.Begin(request.id);
  }
  const std::string id = request.id;
  auto preparation = std::make_shared<Preparation>(std::move(request), std::move(done));
  if (!fresh) {
    sequences_.Add(SequenceOf(id), [preparation] {
      preparation->done(Error(absl::StatusCode::kAlreadyExists, "Container has already been prepared: {}",
                              preparation->request.id));
    });
    return;
  }
  sequences_.Add(SequenceOf(id), [this, preparation] {
    absl::Status planned = Plan(*preparation);
    if (planned.ok() && !preparation->volumes.empty()) planned = Claim(*preparation);
    if (planned.ok() && !preparation->volumes.empty()) return MountAll(preparation);
    if (!planned.ok())
      Log(Severity::kError, fmt::format("container {}: {}", preparation->request.id, MessageOf(planned)));
    // Nothing is mounted and nothing is on record; the container is as unknown as before.
    Release(preparation->request.id, [preparation, planned] {
      if (planned.ok()) {
        preparation->done(std::optional<LaunchPlan>());
      } else {
        preparation->done(planned);
      }
    });
  });
}

absl::Status IsolatorCore::Plan(Preparation& preparation) {
  const ContainerRequest& request = preparation.request;
  ASSIGN_OR_RETURN(ParsedEnvironment parsed, ParseEnvironment(request.environment));
  for (const std::string& warning : parsed.warnings) {
    Log(Severity::kWarning, fmt::format("container {}: {}", request.id, warning));
  }
  if (parsed.volumes.empty()) return absl::OkStatus();
  Log(Severity::kInfo, "Preparing external storage for container: " + request.id);
  if (!request.user.empty()) {
    auto user = parts_.look_up_user(request.user);
    if (user.ok()) {
      preparation.user = *user;
    } else {
      Log(Severity::kWarning,
          fmt::format("container {}: {}; volumes keep their owner", request.id, MessageOf(user.status())));
    }
  }
  const ContainerPlace place{.sandbox = request.sandbox,
                             .rootfs = request.rootfs,
                             .sandbox_in_container = options_.sandbox_in_container,
                             .user = preparation.user};
  for (VolumeRequest& wanted : parsed.volumes) {
    RETURN_IF_ERROR(CheckDriver(wanted.key, options_.allow_drivers));
    std::vector<std::string> targets;
    for (const BindRequest& bind : wanted.binds) {
      ASSIGN_OR_RETURN(std::string target, ResolveContainerPath(bind.container_path, place, options_.paths));
      targets.push_back(std::move(target));
    }
    preparation.volumes.push_back({.wanted = std::move(wanted), .targets = std::move(targets)});
  }
  return absl::OkStatus();
}

absl::Status IsolatorCore::Claim(Preparation& preparation) {
  const std::string& id = preparation.request.id;
  std::vector<VolumeKey> keys;
  for (const auto& volume : preparation.volumes) keys.push_back(volume.wanted.key);
  {
    MutexLock lock(mutex_);
    for (const auto& volume : preparation.volumes) {
      if (options_.share || volume.wanted.binds.empty() || !table_.UsedByAnother(id, volume.wanted.key))
        continue;
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "prepare() failed, containerpath request on existing mount: another container on this agent uses "
          "{} (module parameter share)",
          Text(volume.wanted.key));
    }
    if (!table_.Want(id, keys)) return LeftMeanwhile(id);
  }
  const absl::Status saved = Save();
  if (saved.ok()) return saved;
  MutexLock lock(mutex_);
  for (const VolumeKey& key : keys) table_.DoNotWant(id, key);
  return Annotate(saved, "prepare() failed, nothing was mounted");
}

void IsolatorCore::MountAll(const std::shared_ptr<Preparation>& preparation) {
  const size_t count = preparation->volumes.size();
  preparation->left = count;
  for (size_t i = 0; i < count; ++i) {
    sequences_.Add(SequenceOf(preparation->volumes[i].wanted.key),
                   [this, preparation, i] { MountOne(preparation, i); });
  }
}

void IsolatorCore::MountOne(const std::shared_ptr<Preparation>& preparation, size_t index) {
  auto& volume = preparation->volumes[index];
  volume.result = MountVolume(*preparation, index);
  if (volume.result.ok()) {
    MutexLock lock(mutex_);
    const auto use = table_.Mounted(preparation->request.id, volume.wanted.key);
    if (use) volume.mountpoint = use->mountpoint;
  }
  if (--preparation->left == 0) Finish(preparation);
}

absl::Status IsolatorCore::MountVolume(const Preparation& preparation, size_t index) {
  const std::string& id = preparation.request.id;
  const VolumeKey& key = preparation.volumes[index].wanted.key;
  std::optional<VolumeUse> mounted;
  {
    MutexLock lock(mutex_);
    if (table_.HasLeft(id)) return LeftMeanwhile(id);
    mounted = table_.Mounted(id, key);
  }
  if (mounted && IsStillMounted(*mounted)) {
    Log(Severity::kInfo,
        fmt::format("Requested mount({}) is already mounted by another container", Text(key)));
  } else {
    auto now = MountNow(preparation, index);
    if (absl::IsNotFound(now.status())) {
      // Any task can name a driver that does not exist; an unmount would be owed for ever.
      MutexLock lock(mutex_);
      table_.DoNotWant(id, key);
    }
    if (!now.ok()) {
      return Error(now.status().code(), "prepare() failed during mount attempt: {}: {}", Text(key),
                   MessageOf(now.status()));
    }
    mounted = *std::move(now);
  }
  MutexLock lock(mutex_);
  table_.SetMounted(id, *mounted);
  return absl::OkStatus();
}

absl::StatusOr<VolumeUse> IsolatorCore::MountNow(const Preparation& preparation, size_t index) {
  const VolumeRequest& wanted = preparation.volumes[index].wanted;
  Log(Severity::kInfo, Text(wanted.key) + " is being mounted on prepare()");
  VolumeUse use;
  use.key = wanted.key;
  use.mounted = true;
  ASSIGN_OR_RETURN(use.mountpoint, parts_.mounter.Mount(wanted.key, wanted.options, wanted.explicit_create,
                                                        Deadline::After(parts_.clock, options_.timeout)));
  RETURN_IF_ERROR(ValidateMountPoint(use.mountpoint));
  struct stat status {};
  if (::stat(use.mountpoint.c_str(), &status) != 0) {
    const absl::Status why = ErrnoError(errno, "looking at it failed");
    return Error(absl::StatusCode::kFailedPrecondition, "the plugin answered with the mount point {}, but {}",
                 Quoted(use.mountpoint), MessageOf(why));
  }
  if (!S_ISDIR(status.st_mode)) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "the plugin answered with the mount point {}, which is not a directory",
                 Quoted(use.mountpoint));
  }
  use.device = status.st_dev;
  Log(Severity::kInfo, fmt::format("{} mount returned mountpoint:{}", Text(wanted.key), use.mountpoint));
  const bool writes =
      wanted.binds.empty() || std::any_of(wanted.binds.begin(), wanted.binds.end(),
                                          [](const BindRequest& bind) { return !bind.read_only; });
  if (preparation.user && writes) {
    ASSIGN_OR_RETURN(const bool given, GiveToUser(use.mountpoint, *preparation.user, options_.chown));
    if (given) {
      Log(Severity::kInfo,
          fmt::format("{} now belongs to uid {}, who runs the task", use.mountpoint, preparation.user->uid));
    }
  }
  return use;
}

void IsolatorCore::Finish(const std::shared_ptr<Preparation>& preparation) {
  const std::string& id = preparation->request.id;
  std::string failures;
  absl::StatusCode code = absl::StatusCode::kOk;
  for (const auto& volume : preparation->volumes) {
    if (volume.result.ok()) continue;
    if (code == absl::StatusCode::kOk) code = volume.result.code();
    failures.append(failures.empty() ? "" : "\n").append(MessageOf(volume.result));
  }
  if (code == absl::StatusCode::kOk) {
    MutexLock lock(mutex_);
    if (table_.HasLeft(id)) {
      code = absl::StatusCode::kCancelled;
      failures = MessageOf(LeftMeanwhile(id));
    }
  }
  if (code != absl::StatusCode::kOk) {
    Log(Severity::kError, fmt::format("mount failed during prepare() of container {}: {}", id, failures));
    // A mount that failed may be there all the same (a time-out): everything is unmounted.
    return Release(id, [preparation, status = absl::Status(code, failures)] { preparation->done(status); });
  }
  if (const absl::Status saved = Save(); !saved.ok()) {
    // What was written before the mounts is enough to clean up after.
    Log(Severity::kError, fmt::format("container {}: {}", id, MessageOf(saved)));
  }
  LaunchPlan plan;
  for (const auto& volume : preparation->volumes) {
    for (size_t i = 0; i < volume.targets.size(); ++i) {
      const bool read_only = volume.wanted.binds[i].read_only;
      Log(Severity::kInfo,
          fmt::format("queueing mount -n {} {} {}{}", read_only ? "--bind" : "--rbind", volume.mountpoint,
                      volume.targets[i], read_only ? " (read-only)" : ""));
      plan.binds.push_back(
          {volume.mountpoint, volume.targets[i], read_only, BindFlags(volume.mountpoint, read_only)});
    }
  }
  preparation->done(std::optional<LaunchPlan>(std::move(plan)));
}

}  // namespace rexray::mesos
