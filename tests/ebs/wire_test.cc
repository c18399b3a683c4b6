// The real transport: libcurl, signatures that the simulator checks, keys of the instance's role with their
// session token, answers that end in the middle.

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/status.h"
#include "drivers/ebs/curl_transport.h"
#include "drivers/ebs/ebs_driver.h"
#include "ec2sim/simulator_server.h"

namespace rexray::drivers::ebs {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class WireTest : public ::testing::Test {
 protected:
  WireTest() : simulator_({}, clock_), server_(*ec2sim::SimulatorServer::Start(simulator_, clock_)) {
    ec2sim::InstanceSpec spec;
    spec.instance.id = kInstance;
    spec.instance.zone = "us-east-1a";
    spec.instance.imds = ec2sim::Imds::kRequired;
    EXPECT_TRUE(simulator_.AddInstance(spec).ok());
  }
  std::unique_ptr<StorageDriver> Open(EbsOptions options) {
    options.endpoint = server_->endpoint();
    options.metadata_endpoint = server_->metadata_endpoint(kInstance);
    options.device_root = "/nonexistent";
    options.pace.first = std::chrono::milliseconds(20);
    auto transport = MakeCurlTransport(clock_, {});
    if (!transport.ok()) return nullptr;
    return MakeEbsDriver(
        options, {}, *std::move(transport), [](const std::string&) { return std::nullopt; }, nullptr);
  }
  CallContext In(Duration wait) { return {Deadline::After(clock_, wait)}; }

  static constexpr char kInstance[] = "i-0000000000000000a";
  Clock& clock_ = SystemClock::Get();
  ec2sim::Simulator simulator_;
  std::unique_ptr<ec2sim::SimulatorServer> server_;
};

TEST_F(WireTest, AnInstanceWithARoleNeedsNoConfiguration) {
  const std::unique_ptr<StorageDriver> driver = Open({});
  if (driver == nullptr) GTEST_SKIP() << "SKIPPED: libcurl is not installed";
  CreateSpec spec;
  spec.name = "pgdata";
  spec.size = kGiB;
  spec.tags = {{"team", "a & b + ü"}};
  const absl::StatusOr<Volume> made = driver->Create(In(seconds(30)), spec);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->tags.at("team"), "a & b + ü");
  EXPECT_EQ(made->zone, "us-east-1a");
  EXPECT_EQ(driver->ThisNode(In(seconds(30)))->id, kInstance);
  for (const auto kind : {ec2sim::Fault::Kind::kRefuse, ec2sim::Fault::Kind::kCutShort,
                          ec2sim::Fault::Kind::kHtmlError, ec2sim::Fault::Kind::kCorruptXml}) {
    ec2sim::Fault fault;
    fault.action = "DescribeVolumes";
    fault.kind = kind;
    simulator_.AddFault(fault);
    EXPECT_TRUE(driver->Get(In(seconds(30)), made->key.id).ok());
  }
}

TEST_F(WireTest, AWrongKeyIsRefusedAndNotShown) {
  EbsOptions options;
  options.access_key = "AKIDEXAMPLE";
  options.secret_key = Secret("not-the-secret");
  const std::unique_ptr<StorageDriver> driver = Open(options);
  if (driver == nullptr) GTEST_SKIP() << "SKIPPED: libcurl is not installed";
  const absl::Status status = driver->List(In(seconds(30))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
  EXPECT_THAT(std::string(MessageOf(status)), ::testing::Not(HasSubstr("not-the-secret")));
}

TEST_F(WireTest, NobodyListening) {
  EbsOptions options;
  options.access_key = "AKIDEXAMPLE";
  options.secret_key = Secret("x");
  const std::unique_ptr<StorageDriver> driver = Open(options);
  if (driver == nullptr) GTEST_SKIP() << "SKIPPED: libcurl is not installed";
  ASSERT_TRUE(driver->ThisNode(In(seconds(30))).ok());
  server_.reset();
  const absl::Status status = driver->List(In(seconds(1))).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("127.0.0.1"));
}

}  // namespace
}  // namespace rexray::drivers::ebs
