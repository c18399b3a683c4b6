// What `rexray doctor` asks. Read-only.

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <utility>

#include "base/size.h"
#include "base/status.h"
#include "drivers/vfs/driver.h"

namespace rexray::drivers::vfs {
namespace {

using Verdict = Diagnosis::Verdict;

Diagnosis Say(Verdict verdict, std::string check, std::string evidence, std::string fix = "") {
  Diagnosis diagnosis;
  diagnosis.verdict = verdict;
  diagnosis.check = std::move(check);
  diagnosis.evidence = std::move(evidence);
  diagnosis.fix = std::move(fix);
  return diagnosis;
}

Diagnosis CheckSpace(const std::string& root, size_t volumes) {
  const std::string check = "vfs root";
  struct statvfs space {};
  if (statvfs(root.c_str(), &space) != 0) {
    const absl::Status why = ErrnoError(errno, root);
    return Say(Verdict::kBroken, check, std::string(MessageOf(why)), "make the directory " + root);
  }
  const uint64_t free = space.f_bavail * space.f_frsize;
  const uint64_t all = space.f_blocks * space.f_frsize;
  const std::string evidence = fmt::format("{}: {} volumes without a size limit, {} of {} free", root,
                                           volumes, FormatSize(free), FormatSize(all));
  if ((space.f_flag & ST_RDONLY) != 0) {
    return Say(Verdict::kBroken, check, evidence + ", read-only", "mount that file system read-write");
  }
  if (access((root + "/volumes").c_str(), W_OK | X_OK) != 0) {
    return Say(Verdict::kBroken, check, fmt::format("{}, not writable for user {}", evidence, geteuid()),
               "run rexray as the user that it belongs to");
  }
  if (free < all / 10) {
    return Say(Verdict::kWarning, check, evidence, "free some space: one volume can take all of it");
  }
  return Say(Verdict::kOk, check, evidence);
}

/// Who can rename our directories can make a Mount hand out another one.
Diagnosis CheckOwner(const std::string& root) {
  const std::string check = "vfs root's owner";
  struct stat info {};
  if (stat(root.c_str(), &info) != 0) {
    return Say(Verdict::kUnknown, check, std::string(MessageOf(ErrnoError(errno, root))), "look at " + root);
  }
  const std::string evidence =
      fmt::format("{} belongs to user {}, mode {:04o}", root, info.st_uid, info.st_mode & 07777);
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return Say(Verdict::kWarning, check, evidence, fmt::format("chown {} {}", geteuid(), root));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Say(Verdict::kWarning, check, evidence + ": others may write there", "chmod go-w " + root);
  }
  return Say(Verdict::kOk, check, evidence);
}

/// What is no volume, then the volumes whose files are not there.
void CheckVolumes(const VolumeStore& store, const std::vector<VolumeRecord>& volumes,
                  const std::vector<std::string>& findings, std::vector<Diagnosis>& all) {
  bool well = findings.empty();
  for (const std::string& finding : findings) {
    all.push_back(Say(Verdict::kWarning, "volumes", finding, "move it away, or restore it from a backup"));
  }
  for (const VolumeRecord& volume : volumes) {
    const absl::StatusOr<std::string> files = store.CheckFiles(volume);
    if (files.ok()) continue;
    well = false;
    all.push_back(Say(Verdict::kBroken, "volumes", std::string(MessageOf(files.status())),
                      "restore it from a backup, or remove the volume"));
  }
  if (well) all.push_back(Say(Verdict::kOk, "volumes", "every volume has its directory"));
}

}  // namespace

std::vector<Diagnosis> VfsDriver::Diagnose(const CallContext&) {
  std::vector<VolumeRecord> volumes;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, shelf] : by_id_) volumes.push_back(shelf.entry->record);
  }
  std::vector<Diagnosis> all;
  all.push_back(CheckSpace(options_.root, volumes.size()));
  all.push_back(CheckOwner(options_.root));
  CheckVolumes(*store_, volumes, findings_, all);
  for (const std::string& failure : sweeper_.Failures()) {
    all.push_back(Say(Verdict::kWarning, "removed volumes", failure, "delete it by hand"));
  }
  return all;
}

std::vector<Diagnosis> DiagnoseVfs(const VfsOptions& options) {
  const std::string& root = options.root;
  const absl::StatusOr<std::unique_ptr<VolumeStore>> store = VolumeStore::OpenToLook(root, options.boot_id);
  if (absl::IsNotFound(store.status())) {
    return {Say(Verdict::kOk, "vfs root", root + " has no volumes yet; the first start makes it")};
  }
  const absl::StatusOr<ScannedVolumes> scanned =
      store.ok() ? (*store)->Scan() : absl::StatusOr<ScannedVolumes>(store.status());
  if (!scanned.ok()) {
    const bool may = !absl::IsPermissionDenied(scanned.status());
    return {Say(may ? Verdict::kBroken : Verdict::kUnknown, "vfs root",
                std::string(MessageOf(scanned.status())),
                may ? "look at " + root : "run the doctor as root")};
  }
  std::vector<VolumeRecord> volumes;
  for (const ScannedVolumes::Found& found : scanned->volumes) volumes.push_back(found.record);
  std::vector<Diagnosis> all = {CheckSpace(root, volumes.size()), CheckOwner(root)};
  CheckVolumes(**store, volumes, scanned->findings, all);
  return all;
}

}  // namespace rexray::drivers::vfs
