#include "cli/daemon/readiness.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "base/testing/temporary_directory.h"

namespace rexray::daemon {
namespace {

struct Pipe {
  Pipe() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe2(ends, O_NONBLOCK), 0);
    read.Reset(ends[0]);
    write = ends[1];
  }
  std::string Text() const {
    char buffer[256];
    const ssize_t got = ::read(read.get(), buffer, sizeof buffer);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
  }
  bool Ended() const {
    char byte;
    return ::read(read.get(), &byte, 1) == 0;
  }
  UniqueFd read;
  int write = -1;
};

TEST(ReadyPipeTest, SaysReadyOnceAndEnds) {
  const Pipe pipe;
  ReadyPipe ready(pipe.write);
  EXPECT_EQ(pipe.Text(), "");
  ready.Ready();
  EXPECT_EQ(pipe.Text(), "READY\n");
  EXPECT_TRUE(pipe.Ended());
  ready.Failed("too late to matter");
}

TEST(ReadyPipeTest, AReasonIsOneLine) {
  const Pipe pipe;
  ReadyPipe ready(pipe.write);
  ready.Failed("no\nroom");
  EXPECT_EQ(pipe.Text(), "no room\n");
}

TEST(ReadyPipeTest, WithoutOneNothingHappens) {
  ReadyPipe none(-1);
  none.Ready();
  ReadyPipe closed(9999);
  closed.Ready();
}

class NotifyTest : public ::testing::Test {
 protected:
  UniqueFd Bind(const std::string& path, bool abstract) {
    UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + (abstract ? 1 : 0), path.data(), path.size());
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 1 : 0));
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    return fd;
  }
  static std::string Receive(const UniqueFd& fd) {
    char buffer[64];
    const ssize_t got = recv(fd.get(), buffer, sizeof buffer, 0);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
  }
  void TearDown() override { unsetenv("NOTIFY_SOCKET"); }
  TemporaryDirectory scratch_;
};

TEST_F(NotifyTest, ReachesASocketWithAPath) {
  const UniqueFd fd = Bind(scratch_.Below("notify"), false);
  setenv("NOTIFY_SOCKET", scratch_.Below("notify").c_str(), 1);
  NotifyServiceManager("READY=1");
  EXPECT_EQ(Receive(fd), "READY=1");
}

TEST_F(NotifyTest, ReachesAnAbstractSocket) {
  const std::string name = scratch_.path() + "/abstract";
  const UniqueFd fd = Bind(name, true);
  setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  NotifyServiceManager("STOPPING=1");
  EXPECT_EQ(Receive(fd), "STOPPING=1");
}

TEST_F(NotifyTest, WithoutAManagerOrWithADeadOneTheDaemonGoesOn) {
  NotifyServiceManager("READY=1");
  setenv("NOTIFY_SOCKET", scratch_.Below("nobody").c_str(), 1);
  NotifyServiceManager("READY=1");
  setenv("NOTIFY_SOCKET", "relative", 1);
  NotifyServiceManager("READY=1");
  setenv("NOTIFY_SOCKET", ("/" + std::string(300, 'x')).c_str(), 1);
  NotifyServiceManager("READY=1");
}

TEST(InheritedSocketsTest, OnlyWhatIsMeantForThisProcess) {
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_PID", "1", 1);
  EXPECT_TRUE(InheritedSockets().empty());
  unsetenv("LISTEN_PID");
  EXPECT_TRUE(InheritedSockets().empty());
  unsetenv("LISTEN_FDS");
}

}  // namespace
}  // namespace rexray::daemon
