#include "mesos/old_checkpoint.h"

#include <cstdint>
#include <cstring>

#include "base/status.h"

namespace rexray::mesos {
namespace {

constexpr size_t kMostMounts = 4096;

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

absl::Status Damaged(std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "not a mount list of mesos-module-dvdi: {}", why);
}

/// One message, field by field (protobuf.dev, "Encoding").
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}

  struct Field {
    uint64_t number = 0;
    bool is_bytes = false;
    std::string_view bytes;  ///< of a field that has bytes; others are passed over
  };

  bool AtEnd() const { return rest_.empty(); }

  absl::StatusOr<Field> Next() {
    ASSIGN_OR_RETURN(const uint64_t tag, Varint());
    Field field;
    field.number = tag >> 3;
    if (field.number == 0) return Damaged("a field has no number");
    switch (tag & 7) {
      case kVarint:
        RETURN_IF_ERROR(Varint().status());
        return field;
      case kFixed64:
        RETURN_IF_ERROR(Take(8).status());
        return field;
      case kFixed32:
        RETURN_IF_ERROR(Take(4).status());
        return field;
      case kBytes: {
        ASSIGN_OR_RETURN(const uint64_t size, Varint());
        field.is_bytes = true;
        ASSIGN_OR_RETURN(field.bytes, Take(size));
        return field;
      }
      default:
        return Damaged("a field of a type that it never had");
    }
  }

 private:
  absl::StatusOr<uint64_t> Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Damaged("a number does not end");
  }

  absl::StatusOr<std::string_view> Take(uint64_t size) {
    if (size > rest_.size()) return Damaged("a field is longer than the file");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

absl::StatusOr<OldMount> ParseMount(std::string_view bytes) {
  OldMount mount;
  for (FieldReader reader(bytes); !reader.AtEnd();) {
    ASSIGN_OR_RETURN(const FieldReader::Field field, reader.Next());
    if (!field.is_bytes) continue;
    switch (field.number) {
      case 1:
        mount.container = field.bytes;
        break;
      case 2:
        mount.driver = field.bytes;
        break;
      case 3:
        mount.name = field.bytes;
        break;
      case 4:
        mount.mountpoint = field.bytes;
        break;
      case 6:
        mount.container_path = field.bytes;
        break;
      default:
        break;
    }
  }
  if (mount.container.empty() || mount.driver.empty() || mount.name.empty()) {
    return Damaged("a mount lacks its container, driver or name");
  }
  return mount;
}

absl::StatusOr<std::vector<OldMount>> ParseList(std::string_view bytes) {
  std::vector<OldMount> mounts;
  for (FieldReader reader(bytes); !reader.AtEnd();) {
    ASSIGN_OR_RETURN(const FieldReader::Field field, reader.Next());
    if (field.number != 1 || !field.is_bytes) return Damaged("an unknown field");
    if (mounts.size() == kMostMounts) return Damaged("more mounts than an agent can have");
    ASSIGN_OR_RETURN(OldMount mount, ParseMount(field.bytes));
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace

absl::StatusOr<std::vector<OldMount>> ParseOldCheckpoint(std::string_view bytes) {
  uint32_t size = 0;
  if (bytes.size() >= sizeof size) {
    std::memcpy(&size, bytes.data(), sizeof size);
    if (size == bytes.size() - sizeof size) {
      auto mounts = ParseList(bytes.substr(sizeof size));
      if (mounts.ok()) return mounts;
    }
  }
  return ParseList(bytes);
}

}  // namespace rexray::mesos
