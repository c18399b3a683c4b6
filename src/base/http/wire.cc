#include "base/http/wire.h"

#include <algorithm>
#include <charconv>

#include "base/status.h"

namespace rexray::http {
namespace {

void AppendNumber(std::string& out, uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

bool IsToken(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool HasByteBelow(std::string_view text, unsigned char lowest) {
  return std::any_of(text.begin(), text.end(), [lowest](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < lowest && byte != '\t') || byte == 0x7f;
  });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The control characters as \u00XX, quotes and backslashes escaped; other bytes go as they are. The full JSON
// library is not needed for one string, and this file links into small programs.
void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace

std::string_view ReasonOf(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

bool StatusHasBody(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string ResponseHead(const Response& response, Framing framing) {
  const std::string_view reason = ReasonOf(response.status);
  std::string head;
  head.reserve(96 + reason.size() + response.content_type.size());
  head.append("HTTP/1.1 ");
  AppendNumber(head, static_cast<uint64_t>(response.status));
  head.append(" ").append(reason).append("\r\n");
  if (StatusHasBody(response.status)) {
    if (!response.content_type.empty()) {
      head.append("Content-Type: ").append(response.content_type).append("\r\n");
    }
    head.append("Content-Length: ");
    AppendNumber(head, response.body.size());
    head.append("\r\n");
  }
  if (!framing.keep_alive) {
    head.append("Connection: close\r\n");
  } else if (framing.http_1_0) {
    head.append("Connection: keep-alive\r\n");
  }
  head.append("\r\n");
  return head;
}

Response ErrorResponse(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.body = "{\"Err\":";
  AppendJsonString(response.body, text);
  response.body.push_back('}');
  return response;
}

absl::StatusOr<std::string> SerializeRequest(const Request& request, std::string_view host, bool keep_alive) {
  if (!IsToken(request.method)) {
    return Error(absl::StatusCode::kInvalidArgument, "\"{}\" is not an HTTP method", request.method);
  }
  if (request.target.empty() || HasByteBelow(request.target, 0x21) ||
      request.target.find('\t') != std::string::npos) {
    return Error(
        absl::StatusCode::kInvalidArgument,
        "\"{}\" is not an HTTP request target: it is empty, or has a space or control character in it",
        request.target);
  }
  std::string out;
  out.reserve(256 + request.target.size() + request.body.size());
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  const std::string* own_host = FindHeader(request.headers, "host");
  out.append(own_host != nullptr ? std::string_view(*own_host) : host).append("\r\n");
  for (const auto& [name, value] : request.headers) {
    if (!IsToken(name) || HasByteBelow(value, 0x20)) {
      return Error(absl::StatusCode::kInvalidArgument, "\"{}: {}\" is not an HTTP header", name, value);
    }
    const std::string lower = Lower(name);
    if (lower == "host" || lower == "content-length" || lower == "connection" ||
        lower == "transfer-encoding") {
      continue;
    }
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    out.append("Content-Length: ");
    AppendNumber(out, request.body.size());
    out.append("\r\n");
  }
  if (!keep_alive) out.append("Connection: close\r\n");
  out.append("\r\n").append(request.body);
  return out;
}

}  // namespace rexray::http
