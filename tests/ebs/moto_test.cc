// The wire format as other people's server reads it: moto_server, which checks signatures and IAM policies
// once four calls have set it up. It is not in Debian; where it is not on PATH, these are skipped. It does
// not behave like EC2 (states are instant, client tokens and pages are ignored): that is ec2sim's task.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>

#include "gmock/gmock.h"

#include "base/size.h"
#include "base/spawn_plan.h"
#include "base/status.h"
#include "base/unique_fd.h"
#include "drivers/ebs/curl_transport.h"
#include "drivers/ebs/ebs_driver.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): unistd.h has it with _GNU_SOURCE alone

namespace rexray::drivers::ebs {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// The text between two others; "" when they are not there.
std::string Between(const std::string& text, const std::string& before, const std::string& after) {
  const size_t begin = text.find(before);
  if (begin == std::string::npos) return "";
  const size_t from = begin + before.size();
  const size_t end = text.find(after, from);
  return end == std::string::npos ? "" : text.substr(from, end - from);
}

std::string PercentEncoded(const std::string& text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

/// Ends with its object.
class MotoServer {
 public:
  /// nullptr: it is not on PATH, or does not start.
  static std::unique_ptr<MotoServer> Start() {
    std::array<int, 2> pipe_fds{};
    if (pipe2(pipe_fds.data(), O_CLOEXEC) != 0) return nullptr;
    UniqueFd output(pipe_fds[0]);
    const UniqueFd input(pipe_fds[1]);
    SpawnPlan plan;
    plan.Give(input.get(), STDOUT_FILENO);
    plan.Give(input.get(), STDERR_FILENO);
    pid_t pid = 0;
    const int failed = plan.Start(
        "/usr/bin/env",
        {"env", "INITIAL_NO_AUTH_ACTION_COUNT=4", "moto_server", "-H", "127.0.0.1", "-p", "0"}, environ, pid);
    if (failed != 0) return nullptr;
    auto server = std::unique_ptr<MotoServer>(new MotoServer(pid, std::move(output)));
    if (!server->AwaitEndpoint()) return nullptr;
    return server;
  }
  ~MotoServer() {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  const std::string& endpoint() const { return endpoint_; }

 private:
  MotoServer(pid_t pid, UniqueFd output) : pid_(pid), output_(std::move(output)) {}

  /// " * Running on http://127.0.0.1:45261"
  bool AwaitEndpoint() {
    std::string text;
    while (endpoint_.empty()) {
      pollfd ready{output_.get(), POLLIN, 0};
      std::array<char, 4096> buffer{};
      if (poll(&ready, 1, 60'000) <= 0) return false;
      const ssize_t size = read(output_.get(), buffer.data(), buffer.size());
      if (size <= 0) return false;
      text.append(buffer.data(), static_cast<size_t>(size));
      endpoint_ = Between(text, "Running on ", "\n");
    }
    return true;
  }

  const pid_t pid_;
  const UniqueFd output_;
  std::string endpoint_;
};

class MotoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = MotoServer::Start();
    if (server_ == nullptr) GTEST_SKIP() << "SKIPPED: no moto_server on PATH";
    auto transport = MakeCurlTransport(clock_, {});
    if (!transport.ok()) GTEST_SKIP() << "SKIPPED: " << MessageOf(transport.status());
    transport_ = *std::move(transport);
    SetUpAccount();
  }

  /// One of the calls before it looks at signatures.
  std::string CallUnsigned(const std::string& service, const std::string& form) {
    HttpRequest request;
    request.method = "POST";
    request.url = server_->endpoint() + "/";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/" + service +
                                             "/aws4_request, SignedHeaders=host, Signature=0"}};
    request.body = form;
    request.deadline = Deadline::After(clock_, seconds(60));
    request.timeout = seconds(60);
    const auto reply = transport_->Send(request);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->body : "";
  }
  void SetUpAccount() {
    CallUnsigned("iam", "Action=CreateUser&Version=2010-05-08&UserName=rexray");
    const std::string key = CallUnsigned("iam", "Action=CreateAccessKey&Version=2010-05-08&UserName=rexray");
    access_key_ = Between(key, "<AccessKeyId>", "<");
    secret_key_ = Between(key, "<SecretAccessKey>", "<");
    CallUnsigned("iam", "Action=PutUserPolicy&Version=2010-05-08&UserName=rexray&PolicyName=volumes&" +
                            std::string("PolicyDocument=") +
                            PercentEncoded(R"({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                                "Action": ["ec2:*Volume*", "ec2:Describe*", "ec2:*Tags", "ec2:CreateSnapshot"],
                                "Resource": "*"}]})"));
    const std::string instance =
        CallUnsigned("ec2",
                     "Action=RunInstances&Version=2016-11-15&ImageId=ami-12c6146b&MinCount=1&MaxCount=1&"
                     "InstanceType=m5.large&Placement.AvailabilityZone=us-east-1a");
    instance_ = Between(instance, "<instanceId>", "<");
    ASSERT_FALSE(access_key_.empty() || secret_key_.empty() || instance_.empty()) << instance;
  }
  std::unique_ptr<StorageDriver> Open(const std::string& secret_key) {
    EbsOptions options;
    options.service = "ebs";
    options.instance = instance_;
    options.region = "us-east-1";
    options.zone = "us-east-1a";
    options.endpoint = server_->endpoint();
    options.access_key = access_key_;
    options.secret_key = Secret(secret_key);
    options.device_root = "/nonexistent";
    options.pace.first = std::chrono::milliseconds(50);
    options.consistency = seconds(1);
    return MakeEbsDriver(
        options, {}, transport_, [](const std::string&) { return std::nullopt; }, nullptr);
  }
  CallContext Soon() { return {Deadline::After(clock_, seconds(60))}; }

  Clock& clock_ = SystemClock::Get();
  std::unique_ptr<MotoServer> server_;
  std::shared_ptr<HttpTransport> transport_;
  std::string access_key_;
  std::string secret_key_;
  std::string instance_;
};

TEST_F(MotoTest, AVolumesLife) {
  const std::unique_ptr<StorageDriver> driver = Open(secret_key_);
  CreateSpec spec;
  spec.name = "pgdata";
  spec.size = 10 * kGiB;
  spec.fs_type = "xfs";
  spec.mount_options = {"noatime"};
  spec.throughput = 250;
  spec.encrypted = true;
  spec.tags = {{"team", "a & b + ü = ~/*'\""}};
  const absl::StatusOr<Volume> made = driver->Create(Soon(), spec);
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string id = made->key.id;
  EXPECT_EQ(made->size, 10 * kGiB);
  EXPECT_EQ(made->type, "gp3");
  EXPECT_EQ(made->zone, "us-east-1a");
  EXPECT_TRUE(made->encrypted);
  EXPECT_EQ(made->tags.at("team"), "a & b + ü = ~/*'\"");
  EXPECT_TRUE(made->blank);
  EXPECT_TRUE(absl::IsAlreadyExists(driver->Create(Soon(), spec).status()));

  ASSERT_TRUE(driver->ClearBlankMark(Soon(), id).ok());
  const absl::StatusOr<std::vector<Volume>> named = driver->FindByName(Soon(), {"pgdata", "none"});
  ASSERT_TRUE(named.ok()) << named.status();
  ASSERT_THAT(*named, SizeIs(1));
  EXPECT_FALSE(named->front().blank);
  EXPECT_EQ(named->front().fs_type, "xfs");
  EXPECT_THAT(driver->List(Soon())->value, SizeIs(1));
  EXPECT_THAT(driver->ListEverything(Soon())->value, SizeIs(2)) << "and the root volume";
  EXPECT_TRUE(absl::IsNotFound(driver->Get(Soon(), "vol-0123456789abcdef0").status()));

  const absl::StatusOr<Attachment> attached = driver->Attach(Soon(), id, {});
  ASSERT_TRUE(attached.ok()) << attached.status();
  EXPECT_EQ(driver->Get(Soon(), id)->attachments.at(0).device, attached->device);
  EXPECT_TRUE(absl::IsFailedPrecondition(driver->Remove(Soon(), id))) << "it is attached";
  EXPECT_EQ(*driver->StateOfHolder(Soon(), instance_), HolderState::kRunning);
  ASSERT_TRUE(driver->Detach(Soon(), id, "", false).ok());
  const absl::StatusOr<Volume> grown = driver->Grow(Soon(), id, 12 * kGiB);
  EXPECT_TRUE(grown.ok()) << grown.status();

  SnapshotSpec snapshot;
  snapshot.name = "nightly";
  snapshot.description = "before the upgrade";
  const absl::StatusOr<Snapshot> cut = driver->CreateSnapshot(Soon(), id, snapshot);
  ASSERT_TRUE(cut.ok()) << cut.status();
  absl::StatusOr<std::vector<Snapshot>> snapshots = driver->ListSnapshots(Soon());
  ASSERT_TRUE(snapshots.ok()) << snapshots.status();
  std::erase_if(*snapshots,
                [](const Snapshot& one) { return !one.created_by_us; });  // moto has some of its own
  ASSERT_THAT(*snapshots, SizeIs(1));
  EXPECT_EQ(snapshots->front().name, "nightly");
  EXPECT_EQ(snapshots->front().description, "before the upgrade");
  CreateSpec restore;
  restore.name = "restored";
  restore.source_snapshot = cut->id;
  const absl::StatusOr<Volume> restored = driver->Create(Soon(), restore);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->fs_type, "xfs");
  EXPECT_TRUE(restored->needs_new_uuid);

  EXPECT_TRUE(driver->Remove(Soon(), id).ok());
  EXPECT_THAT(*driver->FindByName(Soon(), {"pgdata"}), IsEmpty());
}

TEST_F(MotoTest, AWrongKeyIsRefused) {
  const absl::Status status = Open("wrong")->FindByName(Soon(), {"pgdata"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
}

TEST_F(MotoTest, WhatThePolicyLacksIsNamed) {
  const std::unique_ptr<StorageDriver> driver = Open(secret_key_);
  CreateSpec spec;
  spec.name = "pgdata";
  spec.size = kGiB;
  const absl::StatusOr<Volume> made = driver->Create(Soon(), spec);
  ASSERT_TRUE(made.ok()) << made.status();
  const absl::StatusOr<Snapshot> cut = driver->CreateSnapshot(Soon(), made->key.id, {});
  ASSERT_TRUE(cut.ok()) << cut.status();
  const absl::Status refused = driver->RemoveSnapshot(Soon(), cut->id);
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_THAT(std::string(MessageOf(refused)), HasSubstr("ec2:DeleteSnapshot"));
}

}  // namespace
}  // namespace rexray::drivers::ebs
