#include "drivers/fake/fake_cloud.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/size.h"
#include "base/status.h"
#include "drivers/fake/fake_driver.h"

namespace rexray::drivers::fake {

DriverCapabilities FakeCloud::Options::NetworkBlock() {
  DriverCapabilities capabilities;
  capabilities.kind = DriverCapabilities::Kind::kBlock;
  capabilities.network = true;
  capabilities.grow = true;
  capabilities.grow_online = true;
  capabilities.snapshots = true;
  capabilities.clone = true;
  capabilities.modify = true;
  capabilities.needs_root = false;
  return capabilities;
}

FakeCloud::FakeCloud(Options options)
    : options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : SystemClock::Get()),
      calls_("the fake cloud", clock_,
             {"ThisNode", "List",          "FindByName",     "Get",           "Create", "Remove",
              "Attach",   "AwaitLocal",    "FindLocal",      "Detach",        "Grow",   "ClearBlankMark",
              "OnStaged", "StateOfHolder", "Diagnose",       "ClearUuidMark", "Modify", "Adopt",
              "PoolOf",   "ListSnapshots", "CreateSnapshot", "RemoveSnapshot"}),
      attach_latency_(options_.attach_latency),
      detach_latency_(options_.detach_latency),
      attach_limit_(options_.attach_limit),
      capacity_(options_.capacity) {}

FakeCloud::~FakeCloud() = default;

// --- nodes ---

void FakeCloud::Register(const NodeId& node, FakeHost* fake, std::optional<host::Host> real) {
  MutexLock lock(mutex_);
  NodeRecord& record = nodes_[node];
  const bool new_host = fake != nullptr && fake != record.fake_host;
  record.fake_host = fake;
  record.real_host = std::move(real);
  if (!new_host) return;
  SettleAll();
  for (auto& [id, volume] : volumes_) {  // a machine that boots finds what is attached to it
    if (volume.attached && volume.attached->node == node &&
        volume.attached->state == AttachmentState::kAttached) {
      fake->Plug(DevicePathOf(id), volume.disk);
    }
  }
}

std::unique_ptr<StorageDriver> FakeCloud::DriverFor(const NodeId& node) {
  Register(node, nullptr, std::nullopt);
  return std::make_unique<FakeDriver>(*this, node);
}

std::unique_ptr<StorageDriver> FakeCloud::DriverFor(const NodeId& node, FakeHost& host) {
  Register(node, &host, std::nullopt);
  return std::make_unique<FakeDriver>(*this, node);
}

std::unique_ptr<StorageDriver> FakeCloud::DriverFor(const NodeId& node, const host::Host& host) {
  Register(node, nullptr, host);
  return std::make_unique<FakeDriver>(*this, node);
}

std::optional<host::Host> FakeCloud::RealHostOf(const NodeId& node) {
  MutexLock lock(mutex_);
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? std::nullopt : found->second.real_host;
}

Node FakeCloud::Describe(const NodeId& node) {
  MutexLock lock(mutex_);
  Node described;
  described.id = node;
  described.zone = "fake-1a";
  described.region = "fake-1";
  described.attach_limit = attach_limit_;
  return described;
}

HolderState FakeCloud::StateOf(const NodeId& node) {
  MutexLock lock(mutex_);
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? HolderState::kUnknown : found->second.state;
}

// --- reads ---

absl::StatusOr<FakeCloud::Record*> FakeCloud::Lookup(const std::string& id) {
  const auto found = volumes_.find(id);
  if (found == volumes_.end()) {
    return Error(absl::StatusCode::kNotFound, "there is no volume with the id {} on service {}", id,
                 options_.service);
  }
  Settle(found->second);
  return &found->second;
}

Volume FakeCloud::Shown(const Record& record) const {
  Volume volume = record.volume;
  volume.size = record.disk->size();
  volume.allocated = 0;
  if (record.attached) {
    volume.attachments.push_back(
        {record.attached->node, record.attached->state, DevicePathOf(volume.key.id)});
    volume.status = VolumeStatus::kInUse;
  }
  return volume;
}

std::vector<Volume> FakeCloud::AllShown() {
  SettleAll();
  std::vector<Volume> volumes;
  volumes.reserve(volumes_.size());
  for (const auto& [id, record] : volumes_) volumes.push_back(Shown(record));
  std::sort(volumes.begin(), volumes.end(), [](const Volume& a, const Volume& b) {
    return std::tie(a.name, a.key.id) < std::tie(b.name, b.key.id);
  });
  return volumes;
}

absl::StatusOr<Volume> FakeCloud::Get(const std::string& id) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(const Record* record, Lookup(id));
  return Shown(*record);
}

absl::StatusOr<Aged<std::vector<Volume>>> FakeCloud::List(const NodeId& node) {
  MutexLock lock(mutex_);
  const TimePoint now = clock_.Now();
  if (options_.list_cache_for == Duration::zero()) return Aged<std::vector<Volume>>{AllShown(), now};
  const auto cached = list_caches_.find(node);
  if (cached != list_caches_.end() && now - cached->second.as_of < options_.list_cache_for)
    return cached->second;
  return list_caches_[node] = {AllShown(), now};
}

absl::StatusOr<std::vector<Volume>> FakeCloud::FindByName(const std::vector<std::string>& names) {
  MutexLock lock(mutex_);
  std::vector<Volume> found = AllShown();
  std::erase_if(found, [&](const Volume& volume) {
    return std::find(names.begin(), names.end(), volume.name) == names.end();
  });
  return found;
}

// --- what others do to the backend, and the truth ---

Volume FakeCloud::AddVolume(Volume volume) {
  MutexLock lock(mutex_);
  if (volume.key.id.empty()) volume.key.id = "vol-" + std::to_string(next_id_++);
  volume.key.service = options_.service;
  if (volume.size == 0) volume.size = kGiB;
  if (volume.zone.empty()) volume.zone = "fake-1a";
  if (!volume.created) volume.created = clock_.WallNow();
  volume.attachments.clear();
  Record record;
  record.disk = std::make_shared<FakeDisk>(volume.size);
  record.volume = volume;
  volumes_[volume.key.id] = std::move(record);
  return volume;
}

void FakeCloud::DropVolume(const std::string& id) {
  MutexLock lock(mutex_);
  const auto found = volumes_.find(id);
  if (found == volumes_.end()) return;
  LoseAttachment(found->second);
  volumes_.erase(found);
  changed_.NotifyAll();
}

void FakeCloud::AttachTo(const std::string& id, const NodeId& node) {
  MutexLock lock(mutex_);
  const auto found = volumes_.find(id);
  if (found == volumes_.end()) return;
  LoseAttachment(found->second);
  found->second.attached = Attached{node, AttachmentState::kAttaching, clock_.Now(), false};
  Settle(found->second);
  changed_.NotifyAll();
}

void FakeCloud::TearAway(const std::string& id) {
  MutexLock lock(mutex_);
  const auto found = volumes_.find(id);
  if (found == volumes_.end()) return;
  LoseAttachment(found->second);
  changed_.NotifyAll();
}

void FakeCloud::StickAttaching(bool stuck) {
  MutexLock lock(mutex_);
  stuck_ = stuck;
  for (auto& [id, record] : volumes_) {
    if (!stuck && record.attached && record.attached->state == AttachmentState::kAttaching) {
      record.attached->next = clock_.Now();
    }
  }
  changed_.NotifyAll();
}

void FakeCloud::SetHolderState(const NodeId& node, HolderState state) {
  MutexLock lock(mutex_);
  nodes_[node].state = state;
}

void FakeCloud::SetAttachLatency(Duration latency) {
  MutexLock lock(mutex_);
  attach_latency_ = latency;
}

void FakeCloud::SetDetachLatency(Duration latency) {
  MutexLock lock(mutex_);
  detach_latency_ = latency;
}

void FakeCloud::SetAttachLimit(int limit) {
  MutexLock lock(mutex_);
  attach_limit_ = limit;
}

void FakeCloud::SetCapacity(uint64_t bytes) {
  MutexLock lock(mutex_);
  capacity_ = bytes;
}

std::vector<Volume> FakeCloud::Volumes() {
  MutexLock lock(mutex_);
  return AllShown();
}

std::optional<Volume> FakeCloud::Find(const std::string& id) {
  MutexLock lock(mutex_);
  absl::StatusOr<Record*> record = Lookup(id);
  if (!record.ok()) return std::nullopt;
  return Shown(**record);
}

std::shared_ptr<FakeDisk> FakeCloud::DiskOf(const std::string& id) {
  MutexLock lock(mutex_);
  absl::StatusOr<Record*> record = Lookup(id);
  return record.ok() ? (*record)->disk : nullptr;
}

}  // namespace rexray::drivers::fake
