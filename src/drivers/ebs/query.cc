#include "drivers/ebs/query.h"

#include "fmt/core.h"

namespace rexray::drivers::ebs {
namespace {

constexpr char kApiVersion[] = "2016-11-15";

void AppendEncoded(std::string& out, std::string_view text) {
  constexpr std::string_view kPlain = "-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

}  // namespace

Query::Query(std::string action) : action_(std::move(action)) {
  Add("Action", action_);
  Add("Version", kApiVersion);
}

Query& Query::Add(std::string name, std::string value) {
  fields_.emplace_back(std::move(name), std::move(value));
  return *this;
}

Query& Query::AddNumber(std::string name, uint64_t value) {
  return Add(std::move(name), std::to_string(value));
}

Query& Query::AddFlag(std::string name, bool value) {
  return Add(std::move(name), value ? "true" : "false");
}

Query& Query::AddList(const std::string& name, const std::vector<std::string>& values) {
  int number = 0;
  for (const std::string& value : values) Add(fmt::format("{}.{}", name, ++number), value);
  return *this;
}

Query& Query::AddFilter(const std::string& name, const std::vector<std::string>& values) {
  const std::string prefix = fmt::format("Filter.{}", ++filters_);
  Add(prefix + ".Name", name);
  return AddList(prefix + ".Value", values);
}

Query& Query::AddTagSpecification(const std::string& resource_type, const Ec2Tags& tags) {
  if (tags.empty()) return *this;
  const std::string prefix = fmt::format("TagSpecification.{}", ++specifications_);
  Add(prefix + ".ResourceType", resource_type);
  int number = 0;
  for (const auto& [key, value] : tags) {
    ++number;
    Add(fmt::format("{}.Tag.{}.Key", prefix, number), key);
    Add(fmt::format("{}.Tag.{}.Value", prefix, number), value);
  }
  return *this;
}

Query& Query::AddTags(const Ec2Tags& tags) {
  int number = 0;
  for (const auto& [key, value] : tags) {
    ++number;
    Add(fmt::format("Tag.{}.Key", number), key);
    Add(fmt::format("Tag.{}.Value", number), value);
  }
  return *this;
}

std::string Query::Encode() const {
  std::string out;
  for (const auto& [name, value] : fields_) {
    if (!out.empty()) out += '&';
    AppendEncoded(out, name);
    out += '=';
    AppendEncoded(out, value);
  }
  return out;
}

}  // namespace rexray::drivers::ebs
