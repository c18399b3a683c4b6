#include "ec2sim/faults.h"

#include "ec2sim/ec2_error.h"
#include "ec2sim/filters.h"
#include "ec2sim/xml.h"

namespace rexray::ec2sim {
namespace {

struct KindName {
  std::string_view name;
  Fault::Kind kind;
};

constexpr KindName kKinds[] = {
    {"refuse", Fault::Kind::kRefuse},     {"hang", Fault::Kind::kHang},
    {"close", Fault::Kind::kCutShort},    {"503", Fault::Kind::kUnavailable},
    {"html500", Fault::Kind::kHtmlError}, {"corrupt", Fault::Kind::kCorruptXml},
    {"delay", Fault::Kind::kDelay},       {"throttle", Fault::Kind::kThrottle},
    {"error", Fault::Kind::kError},
};

Reply ErrorReply(const std::string& code, const std::string& message, std::string_view request_id) {
  Reply reply;
  reply.status = HttpStatusOf(code);
  reply.body = ErrorDocument(code, message, request_id);
  return reply;
}

}  // namespace

std::optional<Fault::Kind> ParseFaultKind(std::string_view text) {
  for (const KindName& entry : kKinds) {
    if (entry.name == text) return entry.kind;
  }
  return std::nullopt;
}

bool IsCarriedOut(const Fault& fault) {
  return fault.carried_out.value_or(fault.kind == Fault::Kind::kCutShort ||
                                    fault.kind == Fault::Kind::kCorruptXml ||
                                    fault.kind == Fault::Kind::kDelay);
}

Reply Spoil(const Fault& fault, Reply right, std::string_view request_id) {
  Reply reply = std::move(right);
  switch (fault.kind) {
    case Fault::Kind::kRefuse:
      reply.ending = Reply::Ending::kRefuse;
      break;
    case Fault::Kind::kHang:
      reply.ending = Reply::Ending::kHang;
      break;
    case Fault::Kind::kCutShort:
      reply.ending = Reply::Ending::kCutShort;
      if (reply.body.empty()) reply.body = ResponseDocument("Lost", request_id, "");
      break;
    case Fault::Kind::kUnavailable:
      reply = {.status = 503, .content_type = "text/plain", .body = "Service Unavailable\n", .headers = {}};
      break;
    case Fault::Kind::kHtmlError:
      reply = {.status = 500,
               .content_type = "text/html",
               .body =
                   "<!doctype html>\n<html><head><title>500 Internal Server Error</title></head>\n"
                   "<body><h1>Internal Server Error</h1></body></html>\n",
               .headers = {}};
      break;
    case Fault::Kind::kCorruptXml:
      reply.body = reply.body.substr(0, reply.body.size() * 2 / 3) + "<item></";
      break;
    case Fault::Kind::kDelay:
      break;
    case Fault::Kind::kThrottle:
      reply = ErrorReply("RequestLimitExceeded", "Request limit exceeded.", request_id);
      break;
    case Fault::Kind::kError:
      reply = ErrorReply(fault.code, fault.message, request_id);
      break;
  }
  reply.delay = fault.delay;
  return reply;
}

std::optional<Fault> FaultScript::Meet(const std::string& action, uint64_t dice) {
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (!WildcardMatch(entry->fault.action, action)) continue;
    ++entry->seen;
    if (entry->fault.nth != 0 && entry->seen != entry->fault.nth) continue;
    // Each entry throws for itself.
    dice = dice * 6364136223846793005U + 1442695040888963407U;
    if ((dice >> 33) % 100 >= static_cast<uint64_t>(entry->fault.percent)) continue;
    ++entry->met;
    Fault fault = entry->fault;
    const bool over = fault.nth != 0 || (fault.times != 0 && entry->met >= fault.times);
    if (over) entries_.erase(entry);
    return fault;
  }
  return std::nullopt;
}

}  // namespace rexray::ec2sim
