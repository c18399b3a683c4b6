#include "ec2sim/xml.h"

#include "base/rfc3339.h"

namespace rexray::ec2sim {
namespace {

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
}

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

}  // namespace

XmlWriter& XmlWriter::Open(std::string_view name) {
  out_.append("<").append(name).append(">");
  return *this;
}

XmlWriter& XmlWriter::Close(std::string_view name) {
  out_.append("</").append(name).append(">");
  return *this;
}

XmlWriter& XmlWriter::Text(std::string_view name, std::string_view value) {
  Open(name);
  AppendEscaped(out_, value);
  return Close(name);
}

XmlWriter& XmlWriter::Number(std::string_view name, int64_t value) {
  return Text(name, std::to_string(value));
}

XmlWriter& XmlWriter::Flag(std::string_view name, bool value) {
  return Text(name, value ? "true" : "false");
}

XmlWriter& XmlWriter::Time(std::string_view name, WallTime value) {
  return Text(name, FormatEc2Time(value));
}

XmlWriter& XmlWriter::Raw(std::string_view xml) {
  out_.append(xml);
  return *this;
}

std::string ResponseDocument(std::string_view action, std::string_view request_id, std::string_view inner) {
  std::string out(kDeclaration);
  out.append("<").append(action);
  out.append("Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n<requestId>");
  out.append(request_id).append("</requestId>").append(inner);
  out.append("</").append(action).append("Response>\n");
  return out;
}

std::string ErrorDocument(std::string_view code, std::string_view message, std::string_view request_id) {
  XmlWriter xml;
  xml.Raw(kDeclaration).Open("Response").Open("Errors").Open("Error");
  xml.Text("Code", code).Text("Message", message);
  xml.Close("Error").Close("Errors").Text("RequestID", request_id).Close("Response").Raw("\n");
  return xml.Take();
}

std::string FormatEc2Time(WallTime time) {
  std::string text = FormatRfc3339(time);
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto part = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  std::string digits = std::to_string(part);
  digits.insert(0, 3 - digits.size(), '0');
  text.insert(text.size() - 1, "." + digits);
  return text;
}

}  // namespace rexray::ec2sim
