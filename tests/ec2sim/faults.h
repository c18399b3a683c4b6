#pragma once

// The fault script: what goes wrong with which call. Not thread-safe.

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "ec2sim/reply.h"

namespace rexray::ec2sim {

struct Fault {
  enum class Kind {
    kRefuse,
    kHang,
    kCutShort,     ///< close in the middle of the answer
    kUnavailable,  ///< 503 with a plain text body, as a load balancer gives
    kHtmlError,    ///< 500 with an HTML page
    kCorruptXml,   ///< 200, and an answer that is not XML to the end
    kDelay,        ///< the right answer, late
    kThrottle,     ///< RequestLimitExceeded
    kError,        ///< the code and message given
  };
  std::string action = "*";  ///< with * and ?; "IMDS" is the metadata service
  /// Only the n-th call that matches, counted from when the fault was set; 0 = all.
  int nth = 0;
  /// So many calls, then the fault is over; 0 = until it is cleared.
  int times = 1;
  Kind kind = Kind::kError;
  /// Whether the call is carried out all the same (an answer that is lost, not a call). nullopt: as the kind
  /// has it: yes for kCutShort, kCorruptXml and kDelay, else no.
  std::optional<bool> carried_out;
  Duration delay{};
  std::string code = "InternalError";
  std::string message = "An internal error has occurred";
  /// In percent: each matching call meets it by chance.
  int percent = 100;
};

/// "refuse", "hang", "close", "503", "html500", "corrupt", "delay", "throttle", "error"; nullopt = none.
std::optional<Fault::Kind> ParseFaultKind(std::string_view text);

bool IsCarriedOut(const Fault& fault);

/// The answer that `fault` makes of `right` (which is empty where the call was not carried out).
Reply Spoil(const Fault& fault, Reply right, std::string_view request_id);

class FaultScript {
 public:
  void Add(Fault fault) { entries_.push_back({std::move(fault), 0, 0}); }
  void Clear() { entries_.clear(); }
  bool empty() const { return entries_.empty(); }

  /// The first that this call meets. `dice` is a random number.
  std::optional<Fault> Meet(const std::string& action, uint64_t dice);

 private:
  struct Entry {
    Fault fault;
    int seen = 0;
    int met = 0;
  };
  std::list<Entry> entries_;
};

}  // namespace rexray::ec2sim
