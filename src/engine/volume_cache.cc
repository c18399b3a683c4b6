#include "engine/volume_cache.h"

#include <algorithm>

#include "base/logging.h"
#include "base/status.h"

namespace rexray::engine {
namespace {

/// A background call that nobody waits for ends some time.
constexpr auto kBackgroundLimit = std::chrono::minutes(5);

}  // namespace

VolumeCache::VolumeCache(std::string service, StorageDriver& driver, Clock& clock, DeadlineTimer& timer,
                         Duration max_age, int threads)
    : service_(std::move(service)),
      driver_(driver),
      clock_(clock),
      timer_(timer),
      max_age_(max_age),
      threads_("reads", static_cast<size_t>(std::max(threads, kMostLookups + 1))) {}

VolumeCache::~VolumeCache() = default;

// --- whether the backend answers ---

Readiness VolumeCache::Ready() const {
  Readiness readiness = driver_.Ready();
  if (!readiness.ready()) return readiness;
  MutexLock lock(mutex_);
  if (answered_) return readiness;
  const Duration waited = asked_ ? clock_.Now() - *asked_ : Duration::zero();
  readiness.phase = Readiness::Phase::kStarting;
  readiness.why = fmt::format("its backend has not answered for {} s{}{}",
                              std::chrono::duration_cast<std::chrono::seconds>(waited).count(),
                              last_error_.empty() ? "" : ": ", last_error_);
  return readiness;
}

/// What a call to the driver came to. The error as callers get it: until the first answer it says that the
/// service is starting.
absl::Status VolumeCache::Note(const absl::Status& status) {
  if (status.ok() || absl::IsNotFound(status)) {
    answered_ = true;
    last_error_.clear();
    return status;
  }
  if (answered_ || !driver_.Ready().ready()) return status;  // a driver that is not open says so itself
  last_error_ = MessageOf(status);
  return Annotate(status,
                  fmt::format("service \"{}\" is starting, its backend has not answered yet", service_));
}

absl::Status VolumeCache::Closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

void VolumeCache::Close(const absl::Status& status) {
  Waiters all;
  {
    MutexLock lock(mutex_);
    closed_ = status;
    all.swap(walk_waiters_);
    for (auto* wanted : {&wanted_names_, &wanted_ids_}) {
      for (auto& [what, waiters] : *wanted) all.insert(all.end(), waiters.begin(), waiters.end());
      wanted->clear();
    }
    for (const auto& [begun, waiters] : under_way_) all.insert(all.end(), waiters.begin(), waiters.end());
  }
  for (const std::shared_ptr<ListWaiter>& waiter : all) waiter->FailOnce(status);
}

// --- from memory ---

std::vector<CachedVolume> VolumeCache::FindByName(const std::string& name) const {
  MutexLock lock(mutex_);
  return ByNameLocked(name);
}

std::optional<CachedVolume> VolumeCache::FindById(const std::string& id) const {
  MutexLock lock(mutex_);
  const auto name = names_.find(id);
  if (name == names_.end()) return std::nullopt;
  const Entry& entry = volumes_.at({name->second, id});
  return CachedVolume{entry.volume, entry.as_of};
}

std::vector<CachedVolume> VolumeCache::ByNameLocked(const std::string& name) const {
  std::vector<CachedVolume> result;
  for (auto entry = volumes_.lower_bound({name, ""}); entry != volumes_.end() && entry->first.first == name;
       ++entry) {
    result.push_back({entry->second.volume, entry->second.as_of});
  }
  return result;
}

std::vector<CachedVolume> VolumeCache::AllLocked() const {
  std::vector<CachedVolume> result;
  result.reserve(volumes_.size());
  for (const auto& [place, entry] : volumes_) result.push_back({entry.volume, entry.as_of});
  return result;
}

// --- own changes ---

/// What was just made or asked for came from the backend.
void VolumeCache::Put(Volume volume) {
  MutexLock lock(mutex_);
  answered_ = true;
  PutLocked(std::move(volume), clock_.Now(), ++sequence_);
}

void VolumeCache::Erase(const std::string& id) {
  MutexLock lock(mutex_);
  EraseLocked(id, ++sequence_);
}

void VolumeCache::NoteAttached(const std::string& id, Attachment attachment) {
  const NodeId node = attachment.node;
  ReplaceAttachment(id, node, std::move(attachment));
}

void VolumeCache::NoteDetached(const std::string& id, const NodeId& node) {
  ReplaceAttachment(id, node, std::nullopt);
}

void VolumeCache::ReplaceAttachment(const std::string& id, const NodeId& node,
                                    std::optional<Attachment> attachment) {
  Edit(id, [&](Volume& volume) {
    std::erase_if(volume.attachments, [&](const Attachment& other) { return other.node == node; });
    if (attachment) volume.attachments.push_back(*std::move(attachment));
    if (volume.status == VolumeStatus::kAvailable || volume.status == VolumeStatus::kInUse) {
      volume.status = volume.attachments.empty() ? VolumeStatus::kAvailable : VolumeStatus::kInUse;
    }
  });
}

void VolumeCache::Edit(const std::string& id, const std::function<void(Volume&)>& change) {
  MutexLock lock(mutex_);
  const auto known = names_.find(id);
  if (known == names_.end()) return;
  const Entry& entry = volumes_.at({known->second, id});
  Volume volume = *entry.volume;
  change(volume);
  PutLocked(std::move(volume), entry.as_of, ++sequence_);
}

void VolumeCache::PutLocked(Volume volume, TimePoint as_of, uint64_t changed) {
  volume.key.service = service_;
  const std::string id = volume.key.id;
  const auto known = names_.find(id);
  if (known != names_.end() && known->second != volume.name) EraseLocked(id, changed);
  erased_.erase(id);
  const std::string name = volume.name;
  names_[id] = name;
  volumes_[{name, id}] = Entry{std::make_shared<const Volume>(std::move(volume)), as_of, changed};
}

void VolumeCache::EraseLocked(const std::string& id, uint64_t changed) {
  if (!under_way_.empty()) erased_[id] = changed;
  const auto known = names_.find(id);
  if (known == names_.end()) return;
  volumes_.erase({known->second, id});
  names_.erase(known);
}

bool VolumeCache::ChangedSince(const std::string& id, uint64_t begun) const {
  if (const auto erased = erased_.find(id); erased != erased_.end() && erased->second > begun) return true;
  const auto known = names_.find(id);
  return known != names_.end() && volumes_.at({known->second, id}).changed > begun;
}

void VolumeCache::ForgetErased() {
  const uint64_t oldest = under_way_.empty() ? sequence_ + 1 : under_way_.begin()->first;
  std::erase_if(erased_, [oldest](const auto& erased) { return erased.second <= oldest; });
  if (under_way_.empty()) erased_.clear();
}

// --- everything ---

void VolumeCache::Touch() {
  {
    MutexLock lock(mutex_);
    if (walking_ || (walked_ != TimePoint() && clock_.Now() - walked_ < max_age_)) return;
    walking_ = true;
  }
  StartWalk();
}

void VolumeCache::RefreshNow() {
  {
    MutexLock lock(mutex_);
    if (walking_) return;
    walking_ = true;
  }
  StartWalk();
}

std::shared_ptr<VolumeCache::ListWaiter> VolumeCache::NewWaiter(
    Deadline deadline, std::string what,
    std::function<void(absl::StatusOr<std::vector<CachedVolume>>)> done) {
  auto waiter = std::make_shared<ListWaiter>(deadline, std::move(done));
  Waiter::Arm(waiter, timer_, [what = std::move(what), this, asked = clock_.Now()] {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.Now() - asked).count();
    const Readiness readiness = Ready();
    if (!readiness.ready()) {
      return Error(absl::StatusCode::kDeadlineExceeded, "{}: service \"{}\" is {}: {}", what, service_,
                   ToString(readiness.phase), readiness.why);
    }
    return Error(absl::StatusCode::kDeadlineExceeded,
                 "{}: the backend of service \"{}\" has not answered for {} s; is it reachable?", what,
                 service_, seconds);
  });
  return waiter;
}

void VolumeCache::All(Deadline deadline,
                      std::function<void(absl::StatusOr<std::vector<CachedVolume>>)> done) {
  std::vector<CachedVolume> known;
  bool loaded = false;
  bool start = false;
  {
    MutexLock lock(mutex_);
    loaded = loaded_;
    if (loaded) known = AllLocked();
  }
  if (loaded) {
    Touch();
    return done(std::move(known));
  }
  auto waiter = NewWaiter(deadline, "volumes cannot be listed", std::move(done));
  if (const absl::Status closed = Closed(); !closed.ok()) return waiter->FailOnce(closed);
  {
    MutexLock lock(mutex_);
    walk_waiters_.push_back(std::move(waiter));
    start = !walking_;
    walking_ = true;
  }
  if (start) StartWalk();
}

void VolumeCache::StartWalk() {
  const absl::Status started = threads_.Start([this] { Walk(); });
  if (!started.ok()) FinishWalk(started, 0);
}

void VolumeCache::Walk() {
  CallContext context;
  uint64_t begun = 0;
  {
    MutexLock lock(mutex_);
    walked_ = clock_.Now();
    begun = ++sequence_;
    under_way_[begun] = {};
    if (!asked_) asked_ = walked_;
    context.deadline = Deadline::After(clock_, kBackgroundLimit);
  }
  FinishWalk(driver_.List(context), begun);
}

void VolumeCache::FinishWalk(absl::StatusOr<Aged<std::vector<Volume>>> answer, uint64_t begun) {
  Waiters waiters;
  std::vector<CachedVolume> all;
  {
    MutexLock lock(mutex_);
    walking_ = false;
    under_way_.erase(begun);
    waiters.swap(walk_waiters_);
    if (const absl::Status noted = Note(answer.status()); !noted.ok()) answer = noted;
    if (answer.ok()) {
      std::set<std::string> seen;
      for (Volume& volume : answer->value) {
        seen.insert(volume.key.id);
        if (!ChangedSince(volume.key.id, begun)) PutLocked(std::move(volume), answer->as_of, begun);
      }
      std::vector<std::string> gone;
      for (const auto& [id, name] : names_) {
        if (!seen.contains(id) && !ChangedSince(id, begun)) gone.push_back(id);
      }
      for (const std::string& id : gone) EraseLocked(id, begun);
      loaded_ = true;
      if (!waiters.empty()) all = AllLocked();
    }
    ForgetErased();
  }
  if (!answer.ok()) {
    LogWarn("a service's volumes cannot be listed",
            {{"service", service_}, {"error", std::string(MessageOf(answer.status()))}});
  }
  for (const std::shared_ptr<ListWaiter>& waiter : waiters) {
    answer.ok() ? waiter->AnswerOnce(all) : waiter->FailOnce(answer.status());
  }
}

// --- one of them ---

void VolumeCache::LookupName(const std::string& name, Deadline deadline,
                             std::function<void(absl::StatusOr<std::vector<CachedVolume>>)> done) {
  auto waiter = NewWaiter(deadline, "volume \"" + name + "\"", std::move(done));
  if (const absl::Status closed = Closed(); !closed.ok()) return waiter->FailOnce(closed);
  {
    MutexLock lock(mutex_);
    wanted_names_[name].push_back(std::move(waiter));
  }
  StartLookup();
}

void VolumeCache::LookupId(const std::string& id, Deadline deadline,
                           std::function<void(absl::StatusOr<std::vector<CachedVolume>>)> done) {
  auto waiter = NewWaiter(deadline, "volume " + id, std::move(done));
  if (const absl::Status closed = Closed(); !closed.ok()) return waiter->FailOnce(closed);
  {
    MutexLock lock(mutex_);
    wanted_ids_[id].push_back(std::move(waiter));
  }
  StartLookup();
}

void VolumeCache::StartLookup() {
  {
    MutexLock lock(mutex_);
    if (lookups_ >= kMostLookups) return;  // one of them takes what waits when it is done
    ++lookups_;
  }
  const absl::Status started = threads_.Start([this] { Lookup(); });
  if (started.ok()) return;
  Waiters refused;
  {
    MutexLock lock(mutex_);
    --lookups_;
    for (auto* wanted : {&wanted_names_, &wanted_ids_}) {
      for (auto& [what, waiters] : *wanted) refused.insert(refused.end(), waiters.begin(), waiters.end());
      wanted->clear();
    }
  }
  for (const std::shared_ptr<ListWaiter>& waiter : refused) waiter->FailOnce(started);
}

/// Asks for what waits, until nothing does.
void VolumeCache::Lookup() {
  while (true) {
    std::map<std::string, Waiters> names;
    std::pair<std::string, Waiters> id;
    uint64_t begun = 0;
    {
      MutexLock lock(mutex_);
      begun = ++sequence_;
      if (!wanted_names_.empty()) {
        names.swap(wanted_names_);
      } else if (!wanted_ids_.empty()) {
        auto first = wanted_ids_.extract(wanted_ids_.begin());
        id = {first.key(), std::move(first.mapped())};
      } else {
        --lookups_;
        return;
      }
      Waiters& everybody = under_way_[begun];
      everybody = id.second;
      for (const auto& [name, waiters] : names)
        everybody.insert(everybody.end(), waiters.begin(), waiters.end());
      if (!asked_) asked_ = clock_.Now();
    }
    names.empty() ? FindId(id.first, std::move(id.second), begun) : FindNames(std::move(names), begun);
  }
}

CallContext VolumeCache::ContextOf(const Waiters& waiters) const {
  CallContext context;
  TimePoint latest = clock_.Now();
  for (const std::shared_ptr<ListWaiter>& waiter : waiters)
    latest = std::max(latest, waiter->deadline().at());
  context.deadline =
      latest == TimePoint::max() ? Deadline::After(clock_, kBackgroundLimit) : Deadline::At(latest);
  return context;
}

void VolumeCache::FindNames(std::map<std::string, Waiters> wanted, uint64_t begun) {
  std::vector<std::string> names;
  Waiters everybody;
  for (const auto& [name, waiters] : wanted) {
    names.push_back(name);
    everybody.insert(everybody.end(), waiters.begin(), waiters.end());
  }
  absl::StatusOr<std::vector<Volume>> found = driver_.FindByName(ContextOf(everybody), names);
  std::map<std::string, std::vector<CachedVolume>> answers;
  {
    MutexLock lock(mutex_);
    under_way_.erase(begun);
    if (const absl::Status noted = Note(found.status()); !noted.ok()) found = noted;
    if (found.ok()) {
      std::set<std::string> seen;
      for (Volume& volume : *found) {
        seen.insert(volume.key.id);
        if (!ChangedSince(volume.key.id, begun)) PutLocked(std::move(volume), clock_.Now(), begun);
      }
      for (const std::string& name : names) {
        for (const CachedVolume& known : ByNameLocked(name)) {
          const std::string& id = known.volume->key.id;
          if (!seen.contains(id) && !ChangedSince(id, begun)) EraseLocked(id, begun);
        }
        answers[name] = ByNameLocked(name);
      }
    }
    ForgetErased();
  }
  for (const auto& [name, waiters] : wanted) {
    for (const std::shared_ptr<ListWaiter>& waiter : waiters) {
      found.ok() ? waiter->AnswerOnce(answers[name]) : waiter->FailOnce(found.status());
    }
  }
}

void VolumeCache::FindId(const std::string& id, Waiters waiters, uint64_t begun) {
  absl::StatusOr<Volume> found = driver_.Get(ContextOf(waiters), id);
  std::vector<CachedVolume> answer;
  {
    MutexLock lock(mutex_);
    under_way_.erase(begun);
    if (const absl::Status noted = Note(found.status()); !noted.ok()) found = noted;
    const bool changed = ChangedSince(id, begun);
    if (found.ok() && !changed) PutLocked(*found, clock_.Now(), begun);
    if (absl::IsNotFound(found.status()) && !changed) EraseLocked(id, begun);
    if (const auto known = names_.find(id); known != names_.end()) {
      const Entry& entry = volumes_.at({known->second, id});
      answer.push_back({entry.volume, entry.as_of});
    }
    ForgetErased();
  }
  for (const std::shared_ptr<ListWaiter>& waiter : waiters) {
    if (!answer.empty()) {
      waiter->AnswerOnce(answer);
    } else if (found.ok()) {
      waiter->FailOnce(Error(absl::StatusCode::kNotFound, "volume {} was removed meanwhile", id));
    } else {
      waiter->FailOnce(found.status());
    }
  }
}

}  // namespace rexray::engine
