// The Listener of server.h: socket files, stale and alive ones.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "fmt/core.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/http/server.h"
#include "base/http/testing/raw_peer.h"
#include "base/unique_fd.h"

namespace rexray::http {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::HasSubstr;

std::string TextOf(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

class ListenerTest : public testing::Test {
 protected:
  ListenOptions At(const std::string& name) {
    return {.address = directory_.Socket(name), .probe_timeout = milliseconds(100)};
  }
  static struct stat StatOf(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(lstat(path.c_str(), &found), 0) << path << ": " << std::strerror(errno);
    return found;
  }
  std::vector<std::string> Files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_.path()))
      names.push_back(entry.path().filename());
    return names;
  }
  // A socket file as a killed daemon leaves it.
  void LeaveStale(const std::string& path) {
    const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, path.c_str(), sizeof to.sun_path - 1);
    ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    ASSERT_EQ(listen(fd.get(), 1), 0);
  }

  TemporaryDirectory directory_;
};

TEST_F(ListenerTest, MakesTheSocketWithItsModeWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{0777}}) {
    const mode_t before = umask(mask);
    auto options = At("s.sock");
    options.mode = 0660;
    auto listener = Listener::Open(options);
    umask(before);
    ASSERT_TRUE(listener.ok()) << listener.status();
    EXPECT_EQ(StatOf(options.address.path).st_mode & 07777, 0660u);
    EXPECT_EQ((*listener)->address(), options.address);
  }
}

TEST_F(ListenerTest, GivesTheSocketToTheGroup) {
  if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: only root may give a file to any group";
  auto options = At("s.sock");
  options.mode = 0660;
  options.group = 12345;
  const auto listener = Listener::Open(options);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(StatOf(options.address.path).st_gid, 12345u);
  EXPECT_EQ(StatOf(options.address.path).st_uid, 0u);
}

TEST_F(ListenerTest, LeavesNothingElseBesideTheSocketAndRemovesIt) {
  {
    const auto listener = Listener::Open(At("s.sock"));
    ASSERT_TRUE(listener.ok()) << listener.status();
    EXPECT_THAT(Files(), testing::ElementsAre("s.sock"));
  }
  EXPECT_THAT(Files(), testing::IsEmpty());
}

TEST_F(ListenerTest, MakesMissingDirectories) {
  const mode_t before = umask(0077);
  const auto listener = Listener::Open(At("a/b/s.sock"));
  umask(before);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(StatOf(directory_.path() + "/a").st_mode & 07777, 0755u);
  EXPECT_EQ(StatOf(directory_.path() + "/a/b").st_mode & 07777, 0755u);
}

TEST_F(ListenerTest, ListensAtPathsThatJustFit) {
  const size_t room = 107 - directory_.path().size() - 1;
  const auto options = At(std::string(room, 's'));
  ASSERT_EQ(options.address.path.size(), 107u);
  const auto listener = Listener::Open(options);
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_EQ(Files(), std::vector<std::string>{std::string(room, 's')});
  const RawPeer peer(options.address);
  EXPECT_GE(peer.fd(), 0);
  EXPECT_EQ(Listener::Open(At(std::string(room + 1, 's'))).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ListenerTest, ReplacesASocketThatNobodyListensOn) {
  const auto options = At("s.sock");
  LeaveStale(options.address.path);
  const auto listener = Listener::Open(options);
  ASSERT_TRUE(listener.ok()) << listener.status();
  const RawPeer peer(options.address);
  EXPECT_GE(peer.fd(), 0);
}

TEST_F(ListenerTest, ReplacesAListenerThatNeverAnswers) {
  const auto options = At("s.sock");
  auto hung = Listener::Open(options);
  ASSERT_TRUE(hung.ok()) << hung.status();
  const auto listener = Listener::Open(options);
  ASSERT_TRUE(listener.ok()) << listener.status();
  const ino_t inode = StatOf(options.address.path).st_ino;
  hung->reset();  // must not take away what is not its own any more
  EXPECT_EQ(StatOf(options.address.path).st_ino, inode);
}

TEST_F(ListenerTest, ReplacesAListenerWhoseQueueIsFull) {
  const auto options = At("s.sock");
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, options.address.path.c_str(), sizeof to.sun_path - 1);
  ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  ASSERT_EQ(listen(fd.get(), 0), 0);
  std::vector<UniqueFd> queue;
  for (;;) {
    UniqueFd waiting(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (connect(waiting.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) break;
    queue.push_back(std::move(waiting));
  }
  ASSERT_EQ(errno, EAGAIN);
  const auto listener = Listener::Open(options);
  EXPECT_TRUE(listener.ok()) << listener.status();
}

TEST_F(ListenerTest, LeavesALivingServerAloneAndNamesIt) {
  const auto options = At("s.sock");
  for (const std::string& answer :
       {std::string("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), std::string("?")}) {
    ScriptedServer server(options.address, {[&answer](RawPeer& peer) {
                            EXPECT_THAT(peer.ReadTo("{}"),
                                        testing::StartsWith("POST /Plugin.Activate HTTP/1.1\r\n"));
                            peer.Send(answer);
                          }});
    const ino_t inode = StatOf(options.address.path).st_ino;
    const auto second = Listener::Open(options);
    EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
    EXPECT_THAT(TextOf(second.status()), HasSubstr(fmt::format("pid {} (", getpid())));
    EXPECT_EQ(StatOf(options.address.path).st_ino, inode);
  }
}

TEST_F(ListenerTest, TwoDaemonsOfOursCannotBothServe) {
  auto options = At("s.sock");
  options.probe_timeout = std::chrono::seconds(20);
  auto first = Listener::Open(options);
  ASSERT_TRUE(first.ok()) << first.status();
  auto server = Server::Create({});
  server->Serve(*std::move(first), [](std::shared_ptr<Exchange> e) { e->Respond({}); });
  server->Start();
  EXPECT_EQ(Listener::Open(options).status().code(), absl::StatusCode::kAlreadyExists);
  server->Stop(Duration::zero());
  EXPECT_TRUE(Listener::Open(options).ok());
}

TEST_F(ListenerTest, NeverDeletesWhatIsNotASocket) {
  std::ofstream(directory_.path() + "/file") << "precious";
  fs::create_directory(directory_.path() + "/directory");
  fs::create_symlink("/nowhere", directory_.path() + "/link");
  for (const char* name : {"file", "directory", "link"}) {
    const auto status = Listener::Open(At(name)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << name;
    EXPECT_THAT(TextOf(status), HasSubstr(name));
  }
  EXPECT_EQ(Files().size(), 3u);
  std::string text;
  std::ifstream(directory_.path() + "/file") >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(ListenerTest, DoesNotUnlinkWhatTookItsPlace) {
  auto options = At("s.sock");
  auto listener = Listener::Open(options);
  ASSERT_TRUE(listener.ok()) << listener.status();
  fs::remove(options.address.path);
  std::ofstream(options.address.path) << "another";
  listener->reset();
  EXPECT_TRUE(fs::exists(options.address.path));
}

TEST_F(ListenerTest, SaysSoWhenTheDirectoryStaysLocked) {
  auto options = At("s.sock");
  options.probe_timeout = Duration::zero();
  const UniqueFd fd(open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(flock(fd.get(), LOCK_EX), 0);
  const auto status = Listener::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(TextOf(status), HasSubstr("lslocks"));
}

TEST_F(ListenerTest, WaitsForWhoeverIsReplacingASocketNow) {
  const auto options = At("s.sock");
  UniqueFd fd(open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(flock(fd.get(), LOCK_EX), 0);
  std::thread opening([&options] { EXPECT_TRUE(Listener::Open(options).ok()); });
  fd.Reset();
  opening.join();
}

// Two start at once, both serve as soon as they can: one is told that the other is there.
TEST_F(ListenerTest, OfTwoThatStartAtOnceOneWins) {
  auto options = At("s.sock");
  options.probe_timeout = std::chrono::seconds(20);
  LeaveStale(options.address.path);
  std::vector<std::unique_ptr<Server>> servers;
  for (int i = 0; i < 4; ++i) {
    servers.push_back(Server::Create({.io_threads = 1}));
    servers.back()->Start();
  }
  std::atomic<int> winners{0};
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (const auto& server : servers) {
    threads.emplace_back([&options, &winners, &told, &server] {
      auto listener = Listener::Open(options);
      if (listener.ok()) {
        ++winners;
        server->Serve(*std::move(listener), [](std::shared_ptr<Exchange> e) { e->Respond({}); });
      } else if (listener.status().code() == absl::StatusCode::kAlreadyExists) {
        ++told;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(told, 3);
}

TEST_F(ListenerTest, AdoptsWhatTheServiceManagerOpenedAndNeverUnlinksIt) {
  auto options = At("s.sock");
  auto original = Listener::Open(options);
  ASSERT_TRUE(original.ok()) << original.status();
  const int fd = dup((*original)->fd());
  {
    auto server = Server::Create({});
    server->Serve(Listener::Adopt(fd, options.address), [](std::shared_ptr<Exchange> e) { e->Respond({}); });
    server->Start();
    RawPeer client(options.address);
    client.Send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.ReadAnswer().status, 200);
  }
  EXPECT_TRUE(fs::exists(options.address.path));
}

TEST(TcpListener, NamesThePortThatIsTaken) {
  const auto first = Listener::Open({.address = *ParseAddress("tcp://127.0.0.1:0")});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE((*first)->address().port, 0);
  const auto second = Listener::Open({.address = (*first)->address()});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(TextOf(second.status()), HasSubstr((*first)->address().ToString()));
}

TEST(TcpListener, AllInterfacesMeansIpv4AsWell) {
  const auto listener = Listener::Open({.address = *ParseAddress("tcp://:0")});
  ASSERT_TRUE(listener.ok()) << listener.status();
  const RawPeer peer(Address{
      .kind = Address::Kind::kTcp, .path = {}, .host = "127.0.0.1", .port = (*listener)->address().port});
  EXPECT_GE(peer.fd(), 0);
}

}  // namespace
}  // namespace rexray::http
