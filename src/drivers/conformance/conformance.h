#pragma once

// The contract of volume/storage_driver.h as tests. A driver's test program says how to get at its backend:
//
//   INSTANTIATE_TEST_SUITE_P(Local, Conformance, ::testing::Values(ConformanceParam{"loop", &WhyNot,
//   &MakeBackend}),
//                            NameOfParam);
//
// A test of something that a driver does not have (a second node, growing) is skipped and says so; a
// capability that a driver claims is tested. None of these tests formats or mounts.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"

#include "base/clock.h"
#include "volume/storage_driver.h"

namespace rexray::drivers::conformance {

/// A backend under test, empty at first, and what the suite may do to it from outside.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual StorageDriver& driver() = 0;
  /// The driver object goes and a new one comes: the daemon's restart. What is attached stays attached.
  virtual absl::Status Reopen() = 0;
  /// The smallest volume that it makes.
  virtual uint64_t minimum_size() const = 0;
  /// The clock that the driver reads.
  virtual Clock& clock() { return SystemClock::Get(); }

  // What not every backend has.

  /// The driver of a second node, or null.
  virtual StorageDriver* other_node() { return nullptr; }
  /// A volume that there is no room for: Create must say ResourceExhausted.
  virtual std::optional<CreateSpec> SpecWithoutRoom() { return std::nullopt; }
  /// Makes, behind the driver's back, another volume with that name. False: names are unique here.
  virtual bool AddNamesake(const std::string& /*name*/) { return false; }
  /// From now on (or no longer) the backend does not answer an attach. False: cannot be arranged.
  virtual bool HangAttach(bool /*hang*/) { return false; }
  /// Blocks until the snapshot is completed; false when it never will be.
  virtual bool AwaitSnapshot(const std::string& /*id*/) { return true; }
  /// A type that a volume can be changed to, where there is Modify.
  virtual std::string OtherType() { return "other"; }
  /// Blocks until an attach hangs.
  virtual void WaitUntilAttachHangs() {}
};

struct ConformanceParam {
  std::string name;                      ///< letters and digits
  std::function<std::string()> why_not;  ///< why it cannot run on this machine; "" when it can
  std::function<std::unique_ptr<Backend>()> make;
};

std::string NameOfParam(const ::testing::TestParamInfo<ConformanceParam>& info);

/// Printed by GoogleTest.
void PrintTo(const ConformanceParam& param, std::ostream* out);

class Conformance : public ::testing::TestWithParam<ConformanceParam> {
 protected:
  Conformance();
  void SetUp() override;
  void TearDown() override;

  StorageDriver& driver() { return backend_->driver(); }
  Backend& backend() { return *backend_; }
  const DriverCapabilities& can() { return driver().Capabilities(); }

  /// A spec that every driver can honour.
  CreateSpec Spec(const std::string& name);
  /// Creates it; a failure fails the test and gives a volume without an id.
  Volume Make(const std::string& name);
  /// Attaches and waits for the device.
  LocalResource Bring(const std::string& id);
  std::vector<std::string> ListedIds();
  /// A completed one.
  Snapshot MakeSnapshot(const std::string& volume_id, const std::string& name);
  std::vector<Snapshot> ListedSnapshots();
  std::string this_node();
  /// Calls so many seconds away from their end that only a hang reaches it.
  CallContext Soon(Duration wait);
  CallContext context_;

 private:
  std::unique_ptr<Backend> backend_;
};

/// EXPECT_STATUS(kNotFound, driver().Get(…)): the code is right, and the message says something.
#define EXPECT_STATUS(expected, expression)                                                                 \
  EXPECT_TRUE(::rexray::drivers::conformance::HasCode(::rexray::drivers::conformance::StatusOf(expression), \
                                                      ::absl::StatusCode::expected))
#define EXPECT_OK(expression)                                                                               \
  EXPECT_TRUE(::rexray::drivers::conformance::HasCode(::rexray::drivers::conformance::StatusOf(expression), \
                                                      ::absl::StatusCode::kOk))

::testing::AssertionResult HasCode(const absl::Status& status, absl::StatusCode code);
inline absl::Status StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace rexray::drivers::conformance
