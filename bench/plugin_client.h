#pragma once

// A bare client of any Docker volume plugin, for timing: one keep-alive connection, no library between the
// clock and the socket. Whatever goes wrong ends the program with one line.

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

[[noreturn]] void Die(const std::string& what);

/// CLOCK_MONOTONIC.
int64_t NowNanos();

/// A request as Docker's own client sends it.
std::string Request(const std::string& endpoint, const std::string& body);

/// Not thread-safe: one for each thread.
class Connection {
 public:
  explicit Connection(const std::string& socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// One request, one answer, headers included (Content-Length framed, as every plugin SDK sends it). Valid
  /// until the next call.
  const std::string& Call(const std::string& request);

  /// The last answer's status line says 200.
  bool LastWasOk() const { return answer_.compare(0, 12, "HTTP/1.1 200") == 0; }

 private:
  size_t WholeSize() const;

  int fd_ = -1;
  std::string answer_;
};

/// `"NAME": {"p50": …, "p90": …, "p99": …, "max": …, "calls": N}` in microseconds. Sorts `nanos`.
std::string Quantiles(const std::string& name, std::vector<int64_t>& nanos);

}  // namespace bench
