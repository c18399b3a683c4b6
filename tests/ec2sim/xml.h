#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace rexray::ec2sim {

/// Writes the elements of an answer, one after the other. Text is escaped; names are ours.
class XmlWriter {
 public:
  XmlWriter& Open(std::string_view name);
  XmlWriter& Close(std::string_view name);
  XmlWriter& Text(std::string_view name, std::string_view value);
  XmlWriter& Number(std::string_view name, int64_t value);
  XmlWriter& Flag(std::string_view name, bool value);
  XmlWriter& Time(std::string_view name, WallTime value);
  /// Elements that were written before, as they are.
  XmlWriter& Raw(std::string_view xml);

  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

/// A whole answer: <ACTIONResponse xmlns=…> with the request's id in front.
std::string ResponseDocument(std::string_view action, std::string_view request_id, std::string_view inner);

/// <Response><Errors><Error>…: an error of the `ec2` Query protocol.
std::string ErrorDocument(std::string_view code, std::string_view message, std::string_view request_id);

/// "2026-01-31T23:59:59.000Z"
std::string FormatEc2Time(WallTime time);

}  // namespace rexray::ec2sim
