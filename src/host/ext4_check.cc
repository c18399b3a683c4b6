#include "host/ext4_check.h"

#include <endian.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/logging.h"
#include "base/status.h"
#include "base/unique_fd.h"

namespace rexray::host {
namespace {

using absl::StatusCode;

// e2fsck(8), "EXIT CODE": a sum of bits.
constexpr int kCorrected = 1;
constexpr int kReboot = 2;  // asked for the root file system only
constexpr int kUncorrected = 4;
constexpr int kOperational = 8;

// Documentation/filesystems/ext4/super.rst: the superblock at 1024, little-endian s_state at 0x3A.
constexpr off_t kStateAt = 1024 + 0x3A;
constexpr uint16_t kValid = 1;
constexpr uint16_t kErrors = 2;

// True also when it cannot be read: then caution costs nothing.
bool MarkedDamaged(const std::string& device) {
  const UniqueFd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  uint16_t state = 0;
  if (!fd.valid() || ::pread(fd.get(), &state, sizeof state, kStateAt) != sizeof state) return true;
  state = le16toh(state);
  return (state & kValid) == 0 || (state & kErrors) != 0;
}

// A directory of its own for the undo file: e2fsck wants to make the file itself.
class UndoFile {
 public:
  static absl::StatusOr<UndoFile> Make() {
    std::error_code error;
    const std::filesystem::path temporary = std::filesystem::temp_directory_path(error);
    std::string dir = (error ? std::filesystem::path("/tmp") : temporary) / "rexray-fsck-XXXXXX";
    if (::mkdtemp(dir.data()) == nullptr) {
      return ErrnoError(errno, "cannot make a directory for e2fsck's undo file, " + dir);
    }
    return UndoFile(dir);
  }
  UndoFile(UndoFile&& other) noexcept : dir_(std::exchange(other.dir_, "")) {}
  UndoFile& operator=(UndoFile&& other) noexcept {
    std::swap(dir_, other.dir_);
    return *this;
  }
  ~UndoFile() {
    std::error_code ignored;
    if (!dir_.empty()) std::filesystem::remove_all(dir_, ignored);
  }

  std::string path() const { return dir_ + "/undo"; }
  bool Exists() const { return ::access(path().c_str(), F_OK) == 0; }

 private:
  explicit UndoFile(std::string dir) : dir_(std::move(dir)) {}
  std::string dir_;
};

// What e2fsck said, on one line: its findings come on standard output, its own troubles on the other. Not its
// hint at the undo file, which is ours and gone when a person reads this.
std::string LastWords(const CommandResult& result) {
  std::string text;
  std::istringstream lines(result.out + "\n" + result.err);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Overwriting existing filesystem;") || line.find("e2undo ") != std::string::npos)
      continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) text.append(text.empty() ? "" : " ").append(word);
  }
  constexpr size_t kMax = 600;
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return text.size() > kMax ? "…" + text.substr(text.size() - kMax) : text;
}

absl::Status TakeBack(CommandRunner& runner, const UndoFile& undo, const std::string& device,
                      Deadline deadline) {
  if (!undo.Exists()) return absl::OkStatus();  // e2fsck wrote nothing
  Command command;
  command.argv = {"e2undo", undo.path(), device};
  command.deadline = deadline;
  return runner.Run(command).status();
}

absl::Status Verdict(int exit_code, const std::string& device, const std::string& words) {
  if (exit_code & kUncorrected) {
    return Error(
        StatusCode::kDataLoss,
        "the ext4 file system on {} is damaged, and e2fsck -p cannot correct it safely: {}; copy the disk, "
        "then run e2fsck by hand",
        device, words);
  }
  if (exit_code & kOperational) {
    const bool unreadable =
        words.find("uperblock") != std::string::npos || words.find("uper-block") != std::string::npos;
    return Error(unreadable ? StatusCode::kDataLoss : StatusCode::kFailedPrecondition,
                 "e2fsck cannot check {}: {}", device, words);
  }
  return Error(StatusCode::kInternal, "e2fsck -p {} ended with {}: {}", device, exit_code, words);
}

}  // namespace

absl::Status CheckExt4(CommandRunner& runner, const std::string& device, Deadline deadline, Ext4Check how) {
  std::optional<UndoFile> undo;
  Command command;
  command.argv = {"e2fsck", "-p"};
  if (how == Ext4Check::kFull) command.argv.push_back("-f");
  if (how == Ext4Check::kFull || MarkedDamaged(device)) {
    ASSIGN_OR_RETURN(undo, UndoFile::Make());
    command.argv.insert(command.argv.end(), {"-z", undo->path()});
  }
  command.argv.push_back(device);
  command.deadline = deadline;
  // Every code: the verdict is ours.
  command.accepted_exit_codes.clear();
  for (int code = 0; code < 256; ++code) command.accepted_exit_codes.push_back(code);

  const auto result = runner.Run(command);
  const bool accepted = result.ok() && (result->exit_code & ~(kCorrected | kReboot)) == 0;
  if (accepted && result->exit_code == 0) return absl::OkStatus();
  if (accepted) {
    LogWarn("e2fsck corrected the file system", {{"device", device}, {"e2fsck", LastWords(*result)}});
    return absl::OkStatus();
  }
  // Also after a time-out: half a repair is worse than none.
  absl::Status verdict = result.ok() ? Verdict(result->exit_code, device, LastWords(*result))
                                     : Annotate(result.status(), "cannot check the file system on " + device);
  if (!undo) return verdict;
  const absl::Status undone = TakeBack(runner, *undo, device, Deadline::Never());
  if (undone.ok()) return verdict;
  return Error(verdict.code(), "{} (and what e2fsck did before could not be taken back: {})",
               MessageOf(verdict), MessageOf(undone));
}

}  // namespace rexray::host
