#include "drivers/local/xattrs.h"

#include <sys/xattr.h>

#include <cerrno>
#include <charconv>

#include "base/logging.h"
#include "base/status.h"
#include "drivers/local/image_store.h"
#include "volume/volume_name.h"

namespace rexray::drivers::local {
namespace {

constexpr char kFormat[] = "user.rexray.format";  // "1"; readers refuse what they do not know
constexpr char kId[] = "user.rexray.id";
constexpr char kName[] = "user.rexray.name";
constexpr char kSize[] = "user.rexray.size";        // bytes, for people: the file's length counts
constexpr char kBlank[] = "user.rexray.blank";      // "1" or "0"
constexpr char kNewUuid[] = "user.rexray.newuuid";  // "1" or "0"; absent is "0"
constexpr char kCreated[] = "user.rexray.created";  // microseconds since 1970
constexpr char kDetails[] = "user.rexray.details";  // JSON; record.h

constexpr char kFormatNow[] = "1";

absl::Status Set(int fd, const char* attribute, const std::string& value) {
  if (fsetxattr(fd, attribute, value.data(), value.size(), 0) == 0) return absl::OkStatus();
  return ErrnoError(errno, std::string("cannot write the xattr ") + attribute);
}

absl::StatusOr<std::string> GetAttribute(int fd, const char* attribute) {
  std::string value(64 * 1024, '\0');  // the kernel's limit (XATTR_SIZE_MAX)
  const ssize_t size = fgetxattr(fd, attribute, value.data(), value.size());
  if (size < 0) {
    // ENODATA has no code of its own in our table.
    if (errno == ENODATA || errno == EOPNOTSUPP) {
      return Error(absl::StatusCode::kNotFound, "it has no xattr {}", attribute);
    }
    return ErrnoError(errno, std::string("cannot read the xattr ") + attribute);
  }
  value.resize(static_cast<size_t>(size));
  return value;
}

absl::StatusOr<int64_t> GetNumber(int fd, const char* attribute) {
  ASSIGN_OR_RETURN(const std::string text, GetAttribute(fd, attribute));
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error(absl::StatusCode::kDataLoss, "its xattr {} is no number: {}", attribute, Printable(text));
  }
  return number;
}

absl::Status SetDetails(int fd, const VolumeRecord& record) {
  const std::string details = EncodeDetails(record);
  if (fsetxattr(fd, kDetails, details.data(), details.size(), 0) == 0) return absl::OkStatus();
  // Too large for this file system's xattrs; a full disk shows at the next write anyway.
  if (errno != ENOSPC && errno != E2BIG && errno != ERANGE) {
    return ErrnoError(errno, std::string("cannot write the xattr ") + kDetails);
  }
  LogWarn("a volume's options are too large for its image's xattrs: a rebuilt catalogue would not know them",
          {{"volume", record.name}, {"id", record.id}, {"bytes", std::to_string(details.size())}});
  return absl::OkStatus();
}

absl::StatusOr<VolumeRecord> ReadAll(int fd) {
  ASSIGN_OR_RETURN(const std::string format, GetAttribute(fd, kFormat));
  if (format != kFormatNow) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "its xattrs were written by a newer rexray (format {}); install that version again",
                 Printable(format));
  }
  VolumeRecord record;
  ASSIGN_OR_RETURN(record.id, GetAttribute(fd, kId));
  ASSIGN_OR_RETURN(record.name, GetAttribute(fd, kName));
  // A snapshot needs no name.
  if (!IsSnapshotId(record.id) || !record.name.empty()) RETURN_IF_ERROR(ValidateVolumeName(record.name));
  ASSIGN_OR_RETURN(const std::string blank, GetAttribute(fd, kBlank));
  record.blank = blank == "1";
  const absl::StatusOr<std::string> new_uuid = GetAttribute(fd, kNewUuid);
  record.needs_new_uuid = new_uuid.ok() && *new_uuid == "1";
  ASSIGN_OR_RETURN(const int64_t created, GetNumber(fd, kCreated));
  record.created = FromMicroseconds(created);
  absl::StatusOr<std::string> details = GetAttribute(fd, kDetails);
  if (details.ok()) RETURN_IF_ERROR(DecodeDetails(*details, record));
  return record;
}

}  // namespace

bool SupportsAttributes(int directory_fd) {
  return fsetxattr(directory_fd, kFormat, kFormatNow, sizeof kFormatNow - 1, 0) == 0 || errno != EOPNOTSUPP;
}

absl::Status WriteRecordAttributes(int fd, const VolumeRecord& record) {
  RETURN_IF_ERROR(Set(fd, kFormat, kFormatNow));
  RETURN_IF_ERROR(Set(fd, kId, record.id));
  RETURN_IF_ERROR(Set(fd, kName, record.name));
  RETURN_IF_ERROR(WriteSizeAttribute(fd, record.size));
  RETURN_IF_ERROR(WriteBlankAttribute(fd, record.blank));
  if (record.needs_new_uuid) RETURN_IF_ERROR(WriteUuidAttribute(fd, true));
  RETURN_IF_ERROR(Set(fd, kCreated, std::to_string(ToMicroseconds(record.created))));
  return SetDetails(fd, record);
}

absl::Status WriteSizeAttribute(int fd, uint64_t size) {
  return Set(fd, kSize, std::to_string(size));
}

absl::Status WriteBlankAttribute(int fd, bool blank) {
  return Set(fd, kBlank, blank ? "1" : "0");
}

absl::Status WriteUuidAttribute(int fd, bool needs_new_uuid) {
  return Set(fd, kNewUuid, needs_new_uuid ? "1" : "0");
}

absl::StatusOr<VolumeRecord> ReadRecordAttributes(int fd, const std::string& path) {
  absl::StatusOr<VolumeRecord> record = ReadAll(fd);
  if (record.ok()) return record;
  return Annotate(record.status(), "image " + path);
}

}  // namespace rexray::drivers::local
