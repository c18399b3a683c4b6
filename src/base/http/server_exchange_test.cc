// Clients that hang up, answers from anywhere, and the end of the server.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "fmt/core.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/http/server.h"
#include "base/http/testing/raw_peer.h"
#include "base/http/testing/server_fixture.h"

namespace rexray::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(ServerTest, NoticesThatTheClientHasGone) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  const auto exchange = holder_.Take();
  EXPECT_FALSE(exchange->ClientGone());
  std::promise<void> gone;
  exchange->OnClientGone([&gone] { gone.set_value(); });
  client.Close();
  ASSERT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(exchange->ClientGone());
  bool again = false;
  exchange->OnClientGone([&again] { again = true; });
  EXPECT_TRUE(again);
  EXPECT_FALSE(exchange->Respond({}));
}

TEST_F(ServerTest, NoticesItOnTcpToo) {
  StartTcp([this](std::shared_ptr<Exchange> exchange) { holder_(std::move(exchange)); });
  for (const bool reset : {false, true}) {
    RawPeer client = Client();
    client.Send(Post("/x", ""));
    const auto exchange = holder_.Take();
    std::promise<void> gone;
    exchange->OnClientGone([&gone] { gone.set_value(); });
    reset ? client.Reset() : client.Close();
    ASSERT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(exchange->ClientGone());
    EXPECT_FALSE(exchange->Respond({}));
  }
}

TEST_F(ServerTest, AnAnswerThatComesFirstIsTheTruth) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  const auto exchange = holder_.Take();
  std::atomic<bool> gone{false};
  exchange->OnClientGone([&gone] { gone = true; });
  EXPECT_TRUE(exchange->Respond({}));
  EXPECT_EQ(client.ReadAnswer().status, 200);
  client.Close();
  RawPeer other = Client();  // a round trip through the server, after the close
  other.Send(Post("/y", ""));
  holder_.Take()->Respond({});
  other.ReadAnswer();
  EXPECT_FALSE(gone);
}

TEST_F(ServerTest, AHalfClosedClientCountsAsGoneAndStillGetsItsAnswer) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  const auto exchange = holder_.Take();
  std::promise<void> gone;
  exchange->OnClientGone([&gone] { gone.set_value(); });
  client.ShutdownWrite();
  ASSERT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(exchange->Respond({.body = "anyway"}));
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("anyway"));
}

TEST_F(ServerTest, AHangUpBehindPipelinedRequestsIsNoticed) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/1", "") + Post("/2", std::string(30'000, 'x')));
  const auto first = holder_.Take();
  std::promise<void> gone;
  first->OnClientGone([&gone] { gone.set_value(); });
  client.Close();
  ASSERT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(first->Respond({}));
}

TEST_F(ServerTest, AHangUpBehindMoreThanIsReadAheadIsSeenByWhoAsks) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/1", "") + Post("/2", std::string(150'000, 'x')));
  const auto first = holder_.Take();
  EXPECT_FALSE(first->ClientGone());
  client.Close();
  EXPECT_TRUE(first->ClientGone());
  EXPECT_FALSE(first->Respond({}));
}

TEST_F(ServerTest, AClientThatVanishesInTheMiddleOfARequestIsForgotten) {
  Start(Echo, {.max_connections = 1});
  {
    RawPeer client = Client();
    client.Send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n123");
  }
  RawPeer next = Client();
  next.Send(Post("/x", ""));
  EXPECT_EQ(next.ReadAnswer().status, 200);
}

TEST_F(ServerTest, AnExchangeWithoutAnAnswerIsA500) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  holder_.Take().reset();
  const RawAnswer answer = client.ReadAnswer();
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, StartsWith("{\"Err\":\""));
  EXPECT_THAT(answer.head, Not(HasSubstr("Connection: close")));
}

TEST_F(ServerTest, AHandlerThatThrowsIsA500) {
  Start([](std::shared_ptr<Exchange>) { throw std::runtime_error("boom"); });
  RawPeer client = Client();
  for (int i = 0; i < 2; ++i) {
    client.Send(Post("/x", ""));
    EXPECT_EQ(client.ReadAnswer().status, 500);
  }
}

TEST_F(ServerTest, OnlyTheFirstAnswerCounts) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  const auto exchange = holder_.Take();
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&exchange, &accepted] { accepted += exchange->Respond({.body = "x"}) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(client.ReadAnswer().body, "x");
  client.Send(Post("/y", ""));
  const auto next = holder_.Take();
  EXPECT_FALSE(exchange->Respond({.body = "stray"}));
  EXPECT_TRUE(next->Respond({.body = "right"}));
  EXPECT_EQ(client.ReadAnswer().body, "right");
}

TEST_F(ServerTest, AnswersFromManyThreadsAtOnce) {
  std::vector<std::thread> answering;
  Mutex mutex;
  Start([&answering, &mutex](std::shared_ptr<Exchange> exchange) {
    MutexLock lock(mutex);
    answering.emplace_back([exchange] { Echo(exchange); });
  });
  std::vector<std::thread> asking;
  for (int t = 0; t < 16; ++t) {
    asking.emplace_back([this, t] {
      RawPeer client = Client();
      for (int i = 0; i < 20; ++i) {
        client.Send(Post("/x", fmt::format("{} {}", t, i)));
        EXPECT_EQ(client.ReadAnswer().body, fmt::format("POST /x {} {}", t, i));
      }
    });
  }
  for (std::thread& thread : asking) thread.join();
  server_->Stop(Duration::zero());
  for (std::thread& thread : answering) thread.join();
}

TEST_F(ServerTest, NoBodyGoesWithStatusesThatHaveNone) {
  Start([](std::shared_ptr<Exchange> e) { e->Respond({.status = 204, .body = "never"}); });
  RawPeer client = Client();
  for (int i = 0; i < 2; ++i) {
    client.Send(Post("/x", ""));
    EXPECT_EQ(client.ReadTo("\r\n\r\n"), "HTTP/1.1 204 No Content\r\n\r\n");
  }
}

TEST_F(ServerTest, StopWaitsForWhatIsUnderWay) {
  StartHolding();
  RawPeer idle = Client();
  idle.Send(Post("/idle", ""));
  holder_.Take()->Respond({});
  idle.ReadAnswer();
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  const auto exchange = holder_.Take();
  std::thread stopping([this] { server_->Stop(kPatience); });
  EXPECT_EQ(idle.ReadToEnd(), "");  // so Stop has begun
  EXPECT_TRUE(exchange->Respond({.body = "done"}));
  const RawAnswer answer = client.ReadAnswer();
  EXPECT_THAT(answer.head, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(client.ReadToEnd(), "");
  stopping.join();
  EXPECT_NE(access(address_.path.c_str(), F_OK), 0);
}

TEST_F(ServerTest, AfterTheGraceTheRestIsClosedAndLateAnswersGoNowhere) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  auto answered = holder_.Take();
  RawPeer second = Client();
  second.Send(Post("/y", ""));
  auto dropped = holder_.Take();
  std::atomic<bool> gone{false};
  answered->OnClientGone([&gone] { gone = true; });
  server_->Stop(milliseconds(1));
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(gone);
  EXPECT_TRUE(answered->ClientGone());
  server_->Stop(kPatience);
  server_.reset();
  EXPECT_FALSE(answered->Respond({}));
  answered.reset();
  dropped.reset();
}

TEST_F(ServerTest, StopsWithoutEverHavingStarted) {
  auto listener = Listener::Open({.address = directory_.Socket("s.sock")});
  ASSERT_TRUE(listener.ok()) << listener.status();
  const std::string path = (*listener)->address().path;
  auto server = Server::Create({});
  server->Serve(*std::move(listener), Echo);
  server->Stop(kPatience);
  EXPECT_NE(access(path.c_str(), F_OK), 0);
  server.reset();
}

TEST_F(ServerTest, StopsWhileClientsStorm) {
  Start(Echo, {.max_connections = 8});
  std::atomic<bool> stop{false};
  std::atomic<int> answers{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, &stop, &answers] {
      while (!stop) {
        UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        std::strncpy(to.sun_path, address_.path.c_str(), sizeof to.sun_path - 1);
        if (connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) continue;
        const std::string request = Post("/x", "{}");
        send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
        char buffer[256];
        if (recv(fd.get(), buffer, sizeof buffer, 0) > 0) ++answers;
      }
    });
  }
  while (answers < 200) std::this_thread::yield();
  server_->Stop(milliseconds(20));
  server_.reset();
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace rexray::http
