#include "mesos/testing/core_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace rexray::mesos {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string pattern = fs::temp_directory_path() / "mesos-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = fs::canonical(pattern);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

CoreFixture::CoreFixture() {
  std::string pattern = fs::temp_directory_path() / "mesos-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = fs::canonical(pattern);
  options_.checkpoint_dir = folder_ + "/checkpoint";
  options_.paths.host_root = folder_ + "/host";
  options_.paths.trusted_user = ::geteuid();
  fs::create_directories(options_.paths.host_root + "/tmp");
  fs::permissions(options_.paths.host_root + "/tmp", fs::perms::all | fs::perms::sticky_bit);
  host_ = {.boot_id = "boot-1", .boot_time = 1, .mount_namespace = "mnt:[1]"};
  look_up_user_ = [](const std::string&) { return Owner{::geteuid(), ::getegid()}; };
  mounter_ = std::make_unique<FakeMounter>(folder_ + "/volumes");
}

CoreFixture::~CoreFixture() {
  core_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void CoreFixture::Start(std::vector<std::string> known, std::vector<std::string> orphans) {
  core_.reset();
  core_ = std::make_unique<IsolatorCore>(
      options_, IsolatorCore::Parts{*mounter_, clock_, host_, look_up_user_,
                                    [this](Severity severity, const std::string& text) {
                                      MutexLock lock(mutex_);
                                      log_.emplace_back(severity, text);
                                    }});
  Awaited<absl::Status> done;
  core_->Recover(std::move(known), std::move(orphans),
                 [&done](absl::Status status) { done.Set(std::move(status)); });
  EXPECT_TRUE(done.Get().ok());
}

ContainerRequest CoreFixture::Request(const std::string& id, const EnvironmentVariables& environment) {
  fs::create_directories(SandboxOf(id));
  return {.id = id, .environment = environment, .sandbox = SandboxOf(id), .rootfs = rootfs_, .user = user_};
}

CoreFixture::Plan CoreFixture::Prepare(const std::string& id, const EnvironmentVariables& environment) {
  Awaited<Plan> done;
  core_->Prepare(Request(id, environment), [&done](Plan plan) { done.Set(std::move(plan)); });
  return done.Get();
}

void CoreFixture::Cleanup(const std::string& id) {
  Awaited<absl::Status> done;
  core_->Cleanup(id, [&done](absl::Status status) { done.Set(std::move(status)); });
  EXPECT_TRUE(done.Get().ok());
}

std::vector<std::string> CoreFixture::LogLines() const {
  MutexLock lock(mutex_);
  std::vector<std::string> lines;
  for (const auto& [severity, text] : log_) lines.push_back(text);
  return lines;
}

bool CoreFixture::Logged(std::string_view part) const {
  const auto lines = LogLines();
  return std::any_of(lines.begin(), lines.end(),
                     [part](const std::string& line) { return line.find(part) != std::string::npos; });
}

int CoreFixture::LoggedErrors() const {
  MutexLock lock(mutex_);
  return static_cast<int>(std::count_if(log_.begin(), log_.end(),
                                        [](const auto& entry) { return entry.first == Severity::kError; }));
}

Checkpoint CoreFixture::OnDisk() const {
  auto loaded = CheckpointFile(options_.checkpoint_dir).Load();
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  if (!loaded.ok() || !*loaded) return {};
  return **loaded;
}

}  // namespace rexray::mesos
