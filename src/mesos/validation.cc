#include "mesos/validation.h"

#include <algorithm>
#include <array>

#include "base/status.h"

namespace rexray::mesos {
namespace {

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsPrintable(char c) {
  return c >= 0x20 && c < 0x7f;
}

absl::Status Invalid(std::string_view what, std::string_view text, std::string_view why) {
  return Error(absl::StatusCode::kInvalidArgument, "{} {} {}", what, Quoted(text), why);
}

absl::Status CheckLength(std::string_view what, std::string_view text, size_t most) {
  if (text.empty()) return Error(absl::StatusCode::kInvalidArgument, "{} is empty", what);
  if (text.size() > most) {
    return Invalid(what, text, fmt::format("is longer than {} bytes", most));
  }
  return absl::OkStatus();
}

absl::Status CheckCharacters(std::string_view what, std::string_view text, std::string_view extra) {
  for (const char c : text) {
    if (IsLetterOrDigit(c) || extra.find(c) != std::string_view::npos) continue;
    return Invalid(what, text,
                   fmt::format("contains the prohibited character {}; allowed are letters, digits and {}",
                               Quoted(std::string_view(&c, 1)), Quoted(extra)));
  }
  return absl::OkStatus();
}

/// Calls `check` for each part between slashes; a status that is not OK ends the walk.
template <typename Check>
absl::Status ForEachPart(std::string_view text, Check check) {
  while (true) {
    const size_t slash = text.find('/');
    if (absl::Status status = check(text.substr(0, slash)); !status.ok()) return status;
    if (slash == std::string_view::npos) return absl::OkStatus();
    text.remove_prefix(slash + 1);
  }
}

// Where nothing that came from a plugin may point.
constexpr std::array<std::string_view, 12> kNeverAMountPoint{
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/root", "/sbin", "/sys", "/usr"};

}  // namespace

absl::Status ValidateVolumeName(std::string_view name) {
  constexpr std::string_view kWhat = "volume name";
  RETURN_IF_ERROR(CheckLength(kWhat, name, 255));
  if (!IsLetterOrDigit(name.front())) return Invalid(kWhat, name, "does not begin with a letter or a digit");
  if (name.back() == ' ') return Invalid(kWhat, name, "ends with a blank");
  RETURN_IF_ERROR(CheckCharacters(kWhat, name, " _-.:=,/@+~#"));
  return ForEachPart(name, [&](std::string_view part) {
    if (part.empty() || part == "." || part == "..") {
      return Invalid(kWhat, name, R"(has an empty part, or "." or ".." as a part of a path)");
    }
    return absl::OkStatus();
  });
}

absl::Status ValidateDriverName(std::string_view name) {
  constexpr std::string_view kWhat = "volume driver";
  RETURN_IF_ERROR(CheckLength(kWhat, name, 255));
  RETURN_IF_ERROR(CheckCharacters(kWhat, name, "_-.:@/"));
  return ForEachPart(name, [&](std::string_view part) {
    if (part.empty() || !IsLetterOrDigit(part.front())) {
      return Invalid(kWhat, name, "has a part that does not begin with a letter or a digit");
    }
    return absl::OkStatus();
  });
}

absl::Status ValidateOptionKey(std::string_view key) {
  RETURN_IF_ERROR(CheckLength("option name", key, 128));
  return CheckCharacters("option name", key, "_-.:/");
}

absl::Status ValidateOptionValue(std::string_view value) {
  constexpr std::string_view kWhat = "option value";
  constexpr std::string_view kRefused = "`$;|&<>\\'\"";
  if (value.size() > 4096) return Invalid(kWhat, value, "is longer than 4096 bytes");
  for (const char c : value) {
    if (IsPrintable(c) && kRefused.find(c) == std::string_view::npos) continue;
    return Invalid(kWhat, value,
                   fmt::format("contains the prohibited character {}", Quoted(std::string_view(&c, 1))));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> NormalContainerPath(std::string_view path) {
  constexpr std::string_view kWhat = "containerpath";
  RETURN_IF_ERROR(CheckLength(kWhat, path, 4000));
  if (!std::all_of(path.begin(), path.end(), IsPrintable)) {
    return Invalid(kWhat, path, "contains a character that is not printable ASCII");
  }
  std::string normal;
  RETURN_IF_ERROR(ForEachPart(path, [&](std::string_view part) {
    if (part.empty() || part == ".") return absl::OkStatus();
    if (part == "..") return Invalid(kWhat, path, R"(contains "..")");
    if (part.size() > 255) return Invalid(kWhat, path, "has a part longer than 255 bytes");
    if (!normal.empty() || path.front() == '/') normal += '/';
    normal += part;
    return absl::OkStatus();
  }));
  if (normal.empty()) {
    return Invalid(kWhat, path, "names the sandbox or the root itself; name a directory inside");
  }
  return normal;
}

absl::Status ValidateMountPoint(std::string_view path) {
  constexpr std::string_view kWhat = "mount point";
  if (path.empty()) {
    return Error(absl::StatusCode::kInternal, "mount returned an empty mountpoint name");
  }
  if (path.front() != '/') return Invalid(kWhat, path, "is not an absolute path");
  ASSIGN_OR_RETURN(const std::string normal, NormalContainerPath(path));
  if (normal != path) return Invalid(kWhat, path, fmt::format("is not in its normal form {}", normal));
  for (const std::string_view system : kNeverAMountPoint) {
    if (IsInside(path, system)) {
      return Invalid(kWhat, path, fmt::format("lies in {}, where no volume is ever mounted", system));
    }
  }
  return absl::OkStatus();
}

bool IsInside(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 128)) {
    if (IsPrintable(c)) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out + (text.size() > 128 ? "…\"" : "\"");
}

}  // namespace rexray::mesos
