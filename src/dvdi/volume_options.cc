#include "dvdi/volume_options.h"

#include <cstdint>

#include "base/status.h"

namespace rexray::dvdi {
namespace {

/// Bytes of the well-formed UTF-8 sequence at the front of `text` (RFC 3629), 0 when there is none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  const size_t length = lead < 0x80   ? 1
                        : lead < 0xC2 ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool too_large = lead == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

absl::Status CheckUtf8(std::string_view what, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = SequenceLength(text.substr(at));
    if (length == 0) {
      return Error(
          absl::StatusCode::kInvalidArgument,
          "the {} is not UTF-8 at byte {}, and a plugin could not be told it (JSON carries UTF-8 alone)",
          what, at + 1);
    }
    at += length;
  }
  return absl::OkStatus();
}

absl::Status AddVolumeOptions(std::string_view text, std::map<std::string, std::string>& options) {
  RETURN_IF_ERROR(CheckUtf8("volume option", text));
  std::string* value = nullptr;  // of the item before
  for (;;) {
    const size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const size_t equals = item.find('=');
    if (equals != std::string_view::npos) {
      value = &options[std::string(item.substr(0, equals))];
      *value = item.substr(equals + 1);
    } else if (value != nullptr) {
      *value += ',';
      *value += item;
    } else {
      return Error(absl::StatusCode::kInvalidArgument,
                   "volume option \"{}\" has no \"=\"; write it as KEY=VALUE, such as size=16", item);
    }
    if (comma == std::string_view::npos) return absl::OkStatus();
    text.remove_prefix(comma + 1);
  }
}

}  // namespace rexray::dvdi
