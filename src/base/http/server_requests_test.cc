// What clients send, and what they get.

#include <unistd.h>

#include <atomic>
#include <future>
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

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ServerTest, AnswersWithExactlyTheseBytes) {
  Start(Echo);
  RawPeer client = Client();
  client.Send(Post("/a?b=c", "{}"));
  const RawAnswer answer = client.ReadAnswer();
  EXPECT_EQ(answer.head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n");
  EXPECT_EQ(answer.body, "POST /a?b=c {}");
}

TEST_F(ServerTest, TakesAnEmptyHostAndNoHost) {
  Start(Echo);
  RawPeer client = Client();
  client.Send("POST /Plugin.Activate HTTP/1.1\r\nHost: \r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().body, "POST /Plugin.Activate ");
  client.Send(
      "POST /Plugin.Activate HTTP/1.1\r\nHost:\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: "
      "2\r\n\r\n{}");
  EXPECT_EQ(client.ReadAnswer().body, "POST /Plugin.Activate {}");
  client.Send("POST /Plugin.Activate HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().body, "POST /Plugin.Activate ");
}

TEST_F(ServerTest, TakesAHostThatIsASocketPath) {  // the old dvdcli
  Start(Echo);
  RawPeer client = Client();
  client.Send("POST /x HTTP/1.1\r\nHost: %2Frun%2Fdocker%2Fplugins%2Fr.sock\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().status, 200);
  client.Send("POST /x HTTP/1.1\r\nHost: /run/docker/plugins/r.sock\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().status, 200);
}

TEST_F(ServerTest, HandsHeadersOverInLowerCaseAndSendsTheContentTypeAsGiven) {
  std::promise<Headers> seen;
  Start([&seen](std::shared_ptr<Exchange> exchange) {
    seen.set_value(exchange->request().headers);
    exchange->Respond(
        {.status = 404, .content_type = "application/vnd.docker.plugins.v1.1+json", .body = "{}"});
  });
  RawPeer client = Client();
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nX-Mixed-CASE:   some Value \r\n\r\n");
  const RawAnswer answer = client.ReadAnswer();
  EXPECT_THAT(answer.head, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(answer.head, HasSubstr("Content-Type: application/vnd.docker.plugins.v1.1+json\r\n"));
  const Headers headers = seen.get_future().get();
  const std::string* value = FindHeader(headers, "x-mixed-case");
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(*value, "some Value");
  EXPECT_EQ(FindHeader(headers, "content-type"), nullptr);
}

TEST_F(ServerTest, TakesBytesOneAtATime) {
  Start(Echo);
  RawPeer client = Client();
  for (const std::string& request :
       {Post("/slow", "{\"Name\":\"v\"}"), std::string("POST /slow HTTP/1.1\r\nHost: \r\nTransfer-Encoding: "
                                                       "chunked\r\n\r\n5\r\n{\"Nam\r\n7;ext=1\r\ne\":\"v\"}"
                                                       "\r\n0\r\nTrailer: x\r\n\r\n")}) {
    for (const char c : request) client.Send({&c, 1});
    EXPECT_EQ(client.ReadAnswer().body, "POST /slow {\"Name\":\"v\"}");
  }
  for (const char c : std::string("POST /none HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
    client.Send({&c, 1});
  EXPECT_EQ(client.ReadAnswer().body, "POST /none ");
}

TEST_F(ServerTest, ReadsChunkedBodiesOverManyReads) {
  Start(Echo);
  RawPeer client = Client();
  const std::string chunk(60'000, 'c');
  client.Send("POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 10; ++i) client.Send(fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk));
  client.Send("0\r\n\r\n");
  const std::string body = client.ReadAnswer().body;
  EXPECT_EQ(body.size(), 10 * chunk.size() + std::string_view("POST /big ").size());
}

TEST_F(ServerTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  Start(Echo);
  RawPeer client = Client();
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += Post(fmt::format("/{}", i), "{}");
  client.Send(requests);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.ReadAnswer().body, fmt::format("POST /{} {{}}", i));
}

TEST_F(ServerTest, APipelinedRequestWaitsForTheOneBeforeAndIsNotAHangUp) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/1", ""));
  const auto first = holder_.Take();
  std::atomic<bool> gone{false};
  first->OnClientGone([&gone] { gone = true; });
  client.Send(Post("/2", "") + Post("/3", "") + Post("/4", std::string(200'000, 'x')).substr(0, 150'000));
  EXPECT_FALSE(first->ClientGone());
  EXPECT_TRUE(holder_.empty());
  EXPECT_TRUE(first->Respond({.body = "one"}));
  EXPECT_EQ(client.ReadAnswer().body, "one");
  const auto second = holder_.Take();
  EXPECT_EQ(second->request().target, "/2");
  EXPECT_TRUE(second->Respond({.body = "two"}));
  EXPECT_EQ(client.ReadAnswer().body, "two");
  EXPECT_TRUE(holder_.Take()->Respond({.body = "three"}));
  EXPECT_EQ(client.ReadAnswer().body, "three");
  client.Send(std::string(50'000 + Post("/4", std::string(200'000, 'x')).size() - 200'000, 'x'));
  const auto fourth = holder_.Take();
  EXPECT_EQ(fourth->request().body.size(), 200'000u);
  EXPECT_TRUE(fourth->Respond({.body = "four"}));
  EXPECT_EQ(client.ReadAnswer().body, "four");
  EXPECT_FALSE(gone);
}

TEST_F(ServerTest, ClosesWhenAsked) {
  Start(Echo);
  RawPeer client = Client();
  client.Send(Post("/x", "{}", "Connection: close\r\n"));
  const RawAnswer answer = client.ReadAnswer();
  EXPECT_THAT(answer.head, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(answer.body, "POST /x {}");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(ServerTest, SpeaksHttp10) {
  Start(Echo);
  RawPeer closing = Client();
  closing.Send("GET /x HTTP/1.0\r\n\r\n");
  EXPECT_THAT(closing.ReadToEnd(), HasSubstr("GET /x "));
  RawPeer staying = Client();
  staying.Send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(staying.ReadAnswer().head, HasSubstr("Connection: keep-alive\r\n"));
  staying.Send("GET /y HTTP/1.0\r\n\r\n");
  EXPECT_THAT(staying.ReadToEnd(), HasSubstr("GET /y "));
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  Start(Echo);
  RawPeer client = Client();
  client.Send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadTo("\r\n\r\n"), HasSubstr("Content-Length: 8\r\n"));
  client.Send(Post("/next", ""));
  EXPECT_EQ(client.ReadAnswer().body, "POST /next ");
}

TEST_F(ServerTest, SaysContinueToWhoWaitsForIt) {
  Start(Echo);
  RawPeer client = Client();
  for (int i = 0; i < 2; ++i) {
    client.Send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(client.ReadTo("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.Send("{}");
    EXPECT_EQ(client.ReadAnswer().body, "POST /x {}");
  }
  // The body came along: nothing to wait for.
  client.Send(Post("/y", "{}", "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.ReadAnswer().body, "POST /y {}");
}

TEST_F(ServerTest, IgnoresEmptyLinesBetweenRequests) {
  Start(Echo);
  RawPeer client = Client();
  client.Send("\r\n" + Post("/1", "{}") + "\r\n\r\n" + Post("/2", "{}"));
  EXPECT_EQ(client.ReadAnswer().body, "POST /1 {}");
  EXPECT_EQ(client.ReadAnswer().body, "POST /2 {}");
}

TEST_F(ServerTest, ServesTwoHundredClientsAtOnce) {
  std::atomic<int> served{0};
  Start([&served](std::shared_ptr<Exchange> exchange) {
    ++served;
    Echo(std::move(exchange));
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([this, t] {
      std::vector<RawPeer> clients;
      for (int i = 0; i < 10; ++i) clients.push_back(Client());
      for (int round = 0; round < 20; ++round) {
        for (size_t i = 0; i < clients.size(); ++i)
          clients[i].Send(Post("/x", fmt::format("{} {} {}", t, i, round)));
        for (size_t i = 0; i < clients.size(); ++i) {
          EXPECT_EQ(clients[i].ReadAnswer().body, fmt::format("POST /x {} {} {}", t, i, round));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 200 * 20);
}

TEST_F(ServerTest, ServesTcpAndNamesThePort) {
  StartTcp(Echo);
  EXPECT_NE(address_.port, 0);
  RawPeer client = Client();
  client.Send(Post("/x", "{}"));
  EXPECT_EQ(client.ReadAnswer().body, "POST /x {}");
}

TEST_F(ServerTest, ServesIpv6) {
  if (!Listener::Open({.address = *ParseAddress("tcp://[::1]:0")}).ok())
    GTEST_SKIP() << "SKIPPED: no IPv6 here";
  StartTcp(Echo, "tcp://[::1]:0");
  RawPeer client = Client();
  client.Send(Post("/x", "{}"));
  EXPECT_EQ(client.ReadAnswer().body, "POST /x {}");
}

TEST_F(ServerTest, ServesSeveralListeners) {
  Start(Echo);
  auto second = Listener::Open({.address = directory_.Socket("second.sock")});
  ASSERT_TRUE(second.ok()) << second.status();
  const Address address = (*second)->address();
  server_->Serve(*std::move(second), [](std::shared_ptr<Exchange> e) { e->Respond({.body = "second"}); });
  RawPeer other(address);
  other.Send(Post("/x", ""));
  EXPECT_EQ(other.ReadAnswer().body, "second");
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  EXPECT_EQ(client.ReadAnswer().body, "POST /x ");
}

TEST_F(ServerTest, KnowsWhoCalls) {
  StartHolding();
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  const auto exchange = holder_.Take();
  EXPECT_EQ(exchange->PeerPid(), getpid());
  EXPECT_EQ(exchange->PeerUid(), geteuid());
  exchange->Respond({});
  client.ReadAnswer();
}

TEST_F(ServerTest, NamesItsThreads) {
  std::promise<std::string> name;
  Start([&name](std::shared_ptr<Exchange> exchange) {
    char text[16] = {};
    pthread_getname_np(pthread_self(), text, sizeof text);
    name.set_value(text);
    exchange->Respond({});
  });
  RawPeer client = Client();
  client.Send(Post("/x", ""));
  EXPECT_EQ(name.get_future().get(), "http-io");
  client.ReadAnswer();
}

}  // namespace
}  // namespace rexray::http
