#include "config/value.h"

#include <algorithm>
#include <array>
#include <set>

#include "fmt/format.h"

#include "base/logging.h"
#include "base/size.h"
#include "base/status.h"
#include "config/text.h"

namespace rexray::config {
namespace {

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr size_t kMostBytes = 4096;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

/// Exactly `bytes`, with a bare number of GiB where that is possible.
std::string SizeText(uint64_t bytes) {
  if (bytes % kGiB == 0) return fmt::format("{}", bytes / kGiB);
  if (bytes % kMiB == 0) return fmt::format("{}MiB", bytes / kMiB);
  if (bytes % kKiB == 0) return fmt::format("{}KiB", bytes / kKiB);
  return fmt::format("{}B", bytes);
}

absl::StatusOr<std::string> Choice(const KeyInfo& info, std::string_view text) {
  const std::string lower = Lower(text);
  const auto has = [&info](std::string_view choice) {
    return std::find(info.choices.begin(), info.choices.end(), choice) != info.choices.end();
  };
  if (has(lower)) return lower;
  if (has("true") && has("false")) {
    if (const auto value = ParseBool(lower); value.ok()) return std::string(*value ? "true" : "false");
  }
  return Error(kInvalid, "{} is not one of {}", Quoted(text), fmt::join(info.choices, ", "));
}

bool HasDotDot(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

std::string WithoutEndingSlashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path);
}

absl::StatusOr<std::string> Path(std::string_view text) {
  if (text.front() != '/') return Error(kInvalid, "{} is not an absolute path", Quoted(text));
  if (HasDotDot(text)) return Error(kInvalid, "{} has \"..\" in it; write the path it means", Quoted(text));
  return WithoutEndingSlashes(text);
}

/// Without its leading slash REX-Ray made "NAMEdata" of "data", a directory beside the volume.
absl::StatusOr<std::string> SubPath(std::string_view text) {
  if (text.empty() || text == "/") return std::string();
  if (HasDotDot(text)) return Error(kInvalid, "{} has \"..\" in it and would leave the volume", Quoted(text));
  return WithoutEndingSlashes(text.front() == '/' ? std::string(text) : "/" + std::string(text));
}

absl::StatusOr<std::string> Scalar(const KeyInfo& info, std::string_view text) {
  if (text.size() > kMostBytes) return Error(kInvalid, "the value has more than {} bytes", kMostBytes);
  if (FindNotText(text) != text.npos || Trim(text).find_first_of("\t\n\r") != text.npos) {
    return Error(kInvalid, "the value has a line end, a control character or a byte that is not UTF-8 in it");
  }
  if (info.type == KeyType::kString) return std::string(text);
  text = Trim(text);
  if (info.type == KeyType::kSubPath) return SubPath(text);
  if (text.empty()) return std::string();
  switch (info.type) {
    case KeyType::kString:
    case KeyType::kSubPath:
    case KeyType::kList:
    case KeyType::kTags:
      break;
    case KeyType::kBool: {
      ASSIGN_OR_RETURN(const bool value, ParseBool(text));
      return std::string(value ? "true" : "false");
    }
    case KeyType::kInt: {
      ASSIGN_OR_RETURN(const uint64_t value, ParseInt(text));
      return fmt::format("{}", value);
    }
    case KeyType::kMode: {
      ASSIGN_OR_RETURN(const uint32_t value, ParseMode(text));
      return fmt::format("{:04o}", value);
    }
    case KeyType::kSize: {
      ASSIGN_OR_RETURN(const uint64_t value, ParseSize(text));
      return SizeText(value);
    }
    case KeyType::kDuration: {
      ASSIGN_OR_RETURN(const Duration value, ParseDuration(text));
      return FormatDuration(value);
    }
    case KeyType::kLogLevel: {
      ASSIGN_OR_RETURN(const LogLevel level, ParseLogLevel(text));
      constexpr std::array<const char*, 4> kNames{"debug", "info", "warn", "error"};
      return std::string(kNames.at(static_cast<size_t>(level)));
    }
    case KeyType::kChoice:
      return Choice(info, text);
    case KeyType::kPath:
      return Path(text);
    case KeyType::kAddress:
      RETURN_IF_ERROR(CheckAddress(text));
      return std::string(text);
  }
  return std::string(text);
}

absl::StatusOr<std::string> List(const RawValue& raw) {
  std::string joined;
  const std::vector<std::string> items = raw.kind == RawValue::Kind::kList ? raw.items : SplitWords(raw.text);
  for (const std::string& item : items) {
    if (FindNotText(item) != std::string_view::npos || SplitWords(item).size() != 1) {
      return Error(kInvalid, "{} is not an item of a list: items are single words", Quoted(item));
    }
    if (!joined.empty()) joined += ' ';
    joined += Trim(item);
    if (joined.size() > kMostBytes) return Error(kInvalid, "the list has more than {} bytes", kMostBytes);
  }
  return joined;
}

absl::Status CheckTags(std::string_view list) {
  std::set<std::string> keys;
  for (const std::string& tag : SplitWords(list)) {
    const size_t equals = tag.find('=');
    if (equals == tag.npos || equals == 0)
      return Error(kInvalid, "{} is not of the form KEY=VALUE", Quoted(tag));
    if (!keys.insert(tag.substr(0, equals)).second) {
      return Error(kInvalid, "the tag {} is there twice", Quoted(tag.substr(0, equals)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> ParseBool(std::string_view text) {
  const std::string lower = Lower(Trim(text));
  for (const char* word : {"true", "t", "1", "yes", "y", "on"}) {
    if (lower == word) return true;
  }
  for (const char* word : {"false", "f", "0", "no", "n", "off"}) {
    if (lower == word) return false;
  }
  return Error(kInvalid, "{} is neither true nor false", Quoted(text));
}

absl::StatusOr<uint64_t> ParseInt(std::string_view text) {
  constexpr uint64_t kMost = 0x7FFFFFFF;
  const std::string_view digits = Trim(text);
  uint64_t value = 0;
  for (const char c : digits) {
    if (!IsDigit(c)) return Error(kInvalid, "{} is not a whole number of 0 or more", Quoted(text));
    value = value * 10 + static_cast<uint64_t>(c - '0');
    if (value > kMost) return Error(kInvalid, "{} is more than {}", Quoted(text), kMost);
  }
  if (digits.empty()) return Error(kInvalid, "{} is not a whole number of 0 or more", Quoted(text));
  return value;
}

absl::StatusOr<uint32_t> ParseMode(std::string_view text) {
  std::string_view digits = Trim(text);
  const bool all_digits = !digits.empty() && std::all_of(digits.begin(), digits.end(), IsDigit);
  if (all_digits && digits.front() != '0') {
    return Error(kInvalid, "{} could mean two modes: write it in octal with a leading 0, for example 0{}",
                 Quoted(text),
                 digits.size() == 3 && digits.find_first_of("89") == digits.npos ? digits : "700");
  }
  if (digits.substr(0, 2) == "0o" || digits.substr(0, 2) == "0O") {
    digits.remove_prefix(2);
  }
  uint32_t mode = 0;
  for (const char c : digits) {
    if (c < '0' || c > '7') return Error(kInvalid, "{} is not a mode: write for example 0700", Quoted(text));
    mode = mode * 8 + static_cast<uint32_t>(c - '0');
    if (mode > 07777) return Error(kInvalid, "{} is more than 07777: write for example 0700", Quoted(text));
  }
  if (digits.empty()) return Error(kInvalid, "{} is not a mode: write for example 0700", Quoted(text));
  return mode;
}

absl::Status CheckAddress(std::string_view text) {
  constexpr size_t kMostPath = 107;  // sun_path of unix(7), with its NUL
  constexpr std::string_view kUnix = "unix://";
  constexpr std::string_view kTcp = "tcp://";
  if (text.substr(0, kUnix.size()) == kUnix) {
    ASSIGN_OR_RETURN(const std::string path, text.size() == kUnix.size() ? absl::StatusOr<std::string>("")
                                                                         : Path(text.substr(kUnix.size())));
    if (path.size() <= 1) return Error(kInvalid, "{} names no socket", Quoted(text));
    if (path.size() > kMostPath) {
      return Error(kInvalid, "{} is too long for a socket: the kernel takes {} bytes", Quoted(text),
                   kMostPath);
    }
    return absl::OkStatus();
  }
  if (text.substr(0, kTcp.size()) == kTcp) {
    const std::string_view rest = text.substr(kTcp.size());
    const size_t colon = rest.rfind(':');
    const auto port = colon == rest.npos ? absl::StatusOr<uint64_t>(0) : ParseInt(rest.substr(colon + 1));
    const std::string_view host = rest.substr(0, colon == rest.npos ? 0 : colon);
    if (port.ok() && *port >= 1 && *port <= 65535 && host.find_first_of("/ @") == host.npos) {
      return absl::OkStatus();
    }
  }
  return Error(kInvalid,
               "{} is not an address: write unix:///run/docker/plugins/NAME.sock or tcp://HOST:PORT",
               Quoted(text));
}

absl::StatusOr<std::string> CanonicalValue(const KeyInfo& info, const RawValue& raw) {
  absl::StatusOr<std::string> value = std::string();
  if (raw.kind == RawValue::Kind::kOther) {
    value = Error(kInvalid, "the value is a list of lists or sections");
  } else if (info.type == KeyType::kList || info.type == KeyType::kTags) {
    value = List(raw);
    if (value.ok() && info.type == KeyType::kTags) {
      if (absl::Status tags = CheckTags(*value); !tags.ok()) value = std::move(tags);
    }
  } else if (raw.kind == RawValue::Kind::kList) {
    value = Error(kInvalid, "the value is a list, and the key takes a single value");
  } else {
    value = Scalar(info, raw.text);
  }
  if (!value.ok() && info.secret)
    return Error(kInvalid, "the value cannot be used (it is a secret and not shown)");
  return value;
}

}  // namespace rexray::config
