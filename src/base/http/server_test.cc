#include "base/http/server.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <future>
#include <thread>
#include <vector>

#include "fmt/core.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/http/testing/raw_peer.h"
#include "base/unique_fd.h"

namespace rexray::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kPatience = seconds(30);

std::string Post(std::string_view target, std::string_view body, std::string_view more_headers = "") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n{}", target, more_headers,
                     body.size(), body);
}

// Answers with what it was asked, at once.
void Echo(std::shared_ptr<Exchange> exchange) {
  const Request& request = exchange->request();
  exchange->Respond({.status = 200,
                     .content_type = "text/plain",
                     .body = fmt::format("{} {} {}", request.method, request.target, request.body)});
}

// Keeps exchanges for the test to answer.
class Holder {
 public:
  void operator()(std::shared_ptr<Exchange> exchange) {
    MutexLock lock(mutex_);
    held_.push_back(std::move(exchange));
    arrived_.NotifyAll();
  }
  std::shared_ptr<Exchange> Take() {
    MutexLock lock(mutex_);
    while (held_.empty()) arrived_.Wait(mutex_);
    auto first = std::move(held_.front());
    held_.erase(held_.begin());
    return first;
  }
  bool empty() const {
    MutexLock lock(mutex_);
    return held_.empty();
  }

 private:
  mutable Mutex mutex_;
  CondVar arrived_;
  std::vector<std::shared_ptr<Exchange>> held_ ABSL_GUARDED_BY(mutex_);
};

class ServerTest : public testing::Test {
 protected:
  ~ServerTest() override { server_.reset(); }

  void Start(Handler handler, const ServerOptions& options = {}) {
    Listen(directory_.Socket("s.sock"), std::move(handler), options);
  }
  void StartTcp(Handler handler, const std::string& address = "tcp://127.0.0.1:0") {
    Listen(*ParseAddress(address), std::move(handler), {});
  }
  void StartHolding(const ServerOptions& options = {}) {
    Start([this](std::shared_ptr<Exchange> exchange) { holder_(std::move(exchange)); }, options);
  }

  RawPeer Client() { return RawPeer(address_); }

  TemporaryDirectory directory_;
  Holder holder_;
  Address address_;
  std::unique_ptr<Server> server_;

 private:
  void Listen(const Address& address, Handler handler, const ServerOptions& options) {
    auto listener = Listener::Open({.address = address});
    ASSERT_TRUE(listener.ok()) << listener.status();
    address_ = (*listener)->address();
    server_ = Server::Create(options);
    server_->Serve(*std::move(listener), std::move(handler));
    server_->Start();
  }
};

// ---- what clients send ----

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

// ---- what it refuses ----

void ExpectRefusal(RawPeer& client, int status, const std::string& why) {
  const RawAnswer answer = client.ReadAnswer();
  EXPECT_EQ(answer.status, status) << answer.head;
  EXPECT_THAT(answer.head, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer.head, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer.body, StartsWith("{\"Err\":\""));
  EXPECT_THAT(answer.body, HasSubstr(why));
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(ServerTest, RefusesBodiesAboveTheLimit) {
  Start(Echo, {.max_body = 1000});
  RawPeer at_limit = Client();
  at_limit.Send(Post("/x", std::string(1000, 'x')));
  EXPECT_EQ(at_limit.ReadAnswer().status, 200);
  RawPeer above = Client();
  above.Send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  ExpectRefusal(above, 413, "at most 1000 bytes");
  RawPeer asking = Client();
  asking.Send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  ExpectRefusal(asking, 413, "at most 1000 bytes");
  RawPeer chunked = Client();
  chunked.Send("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n258\r\n" +
               std::string(600, 'x') + "\r\n258\r\n");
  ExpectRefusal(chunked, 413, "at most 1000 bytes");
  RawPeer huge = Client();
  huge.Send("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n");
  ExpectRefusal(huge, 413, "at most 1000 bytes");
}

// Closing while the client still sends would reset the connection and destroy the answer.
TEST_F(ServerTest, AClientThatIsStillSendingGetsToReadTheRefusal) {
  StartTcp(Echo);
  RawPeer client = Client();
  client.Send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n");
  client.Send(std::string(9'000'000, 'x'));
  client.ShutdownWrite();
  ExpectRefusal(client, 413, "at most");
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
  Start(Echo);
  const std::string ok = "Host: x\r\n";
  for (const std::string& bytes : {
           std::string("hello\r\n\r\n"),
           "GET  / HTTP/1.1\r\n" + ok + "\r\n",
           "GET / HTTP/2.0\r\n" + ok + "\r\n",
           "GET / HTTP/1.1\n" + ok + "\n",
           std::string("GET / HTTP/1.1\r\nNo colon\r\n\r\n"),
           std::string("GET / HTTP/1.1\r\nSpace before : x\r\n\r\n"),
           std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),  // TLS
           "POST / HTTP/1.1\r\n" + ok + "Content-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\n" + ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
           "POST / HTTP/1.1\r\n" + ok + "Content-Length: 99999999999999999999\r\n\r\n",
           "POST / HTTP/1.1\r\n" + ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\n" + ok + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\n" + ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
           "POST / HTTP/1.1\r\n" + ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nabcd\r\n0\r\n\r\n",
       }) {
    SCOPED_TRACE(bytes);
    RawPeer client = Client();
    client.Send(bytes);
    ExpectRefusal(client, 400, "not HTTP/1.1");
  }
}

TEST_F(ServerTest, RefusesTransferCodingsThatItCannotRead) {
  Start(Echo);
  RawPeer client = Client();
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
  ExpectRefusal(client, 501, "transfer coding");
}

TEST_F(ServerTest, RefusesEndlessHeadersAndChunkLines) {
  Start(Echo);
  RawPeer client = Client();
  client.Send("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n");
  ExpectRefusal(client, 431, "too large");
  RawPeer chunked = Client();
  chunked.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;e=" +
               std::string(20'000, 'x'));
  ExpectRefusal(chunked, 431, "too large");
}

TEST_F(ServerTest, AnswersWhatWasCompleteBeforeARefusal) {
  Start(Echo);
  RawPeer client = Client();
  client.Send(Post("/good", "{}") + "bad\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().body, "POST /good {}");
  ExpectRefusal(client, 400, "not HTTP/1.1");
}

// ---- time and numbers ----

TEST_F(ServerTest, ClosesWhenTheHeaderDoesNotCome) {
  Start(Echo, {.header_timeout = milliseconds(50)});
  RawPeer silent = Client();
  EXPECT_EQ(silent.ReadToEnd(), "");
  RawPeer partial = Client();
  partial.Send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(partial.ReadToEnd(), "");
}

TEST_F(ServerTest, ClosesWhenALaterHeaderOrABodyDoesNotCome) {
  Start(Echo, {.header_timeout = milliseconds(50)});
  RawPeer later = Client();
  later.Send(Post("/x", ""));
  EXPECT_EQ(later.ReadAnswer().status, 200);
  later.Send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(later.ReadToEnd(), "");
  RawPeer body = Client();
  body.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_EQ(body.ReadToEnd(), "");
}

TEST_F(ServerTest, ClosesIdleConnectionsButNotBusyOnes) {
  StartHolding({.header_timeout = milliseconds(50), .idle_timeout = milliseconds(50)});
  RawPeer busy = Client();
  busy.Send(Post("/busy", ""));
  const auto exchange = holder_.Take();
  RawPeer idle = Client();
  idle.Send(Post("/idle", ""));
  EXPECT_TRUE(holder_.Take()->Respond({}));
  EXPECT_EQ(idle.ReadAnswer().status, 200);
  EXPECT_EQ(idle.ReadToEnd(), "");  // more than 50 ms later, the other is still there
  EXPECT_TRUE(exchange->Respond({.body = "late"}));
  EXPECT_EQ(busy.ReadAnswer().body, "late");
  EXPECT_EQ(busy.ReadToEnd(), "");
}

TEST_F(ServerTest, MoreConnectionsThanAllowedWaitTheirTurn) {
  Start(Echo, {.max_connections = 2});
  auto first = std::make_unique<RawPeer>(address_);
  first->Send(Post("/1", ""));
  EXPECT_EQ(first->ReadAnswer().body, "POST /1 ");
  RawPeer second = Client();
  second.Send(Post("/2", ""));
  EXPECT_EQ(second.ReadAnswer().body, "POST /2 ");
  RawPeer third = Client();
  third.Send(Post("/3", ""));
  RawPeer fourth = Client();
  fourth.Send(Post("/4", ""));
  // The server is full: the two that are in are served, the third is not (it would have been by now, or else
  // the test passes wrongly but never fails wrongly).
  second.Send(Post("/2b", ""));
  EXPECT_EQ(second.ReadAnswer().body, "POST /2b ");
  char byte;
  EXPECT_EQ(recv(third.fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
  first.reset();
  EXPECT_EQ(third.ReadAnswer().body, "POST /3 ");
  third.Close();
  EXPECT_EQ(fourth.ReadAnswer().body, "POST /4 ");
}

// Without descriptors connections wait in the listen queue; those that are in are served.
TEST_F(ServerTest, ServesOnWhenDescriptorsRunOut) {
  Start(Echo, {.io_threads = 1});
  RawPeer early = Client();
  early.Send(Post("/early", ""));
  EXPECT_EQ(early.ReadAnswer().body, "POST /early ");
  RawPeer late(UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, address_.path.c_str(), sizeof to.sun_path - 1);
  EXPECT_EQ(connect(late.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  late.Send(Post("/late", ""));
  early.Send(Post("/again", ""));
  EXPECT_EQ(early.ReadAnswer().body, "POST /again ");
  char byte;
  EXPECT_EQ(recv(late.fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(late.ReadAnswer().body, "POST /late ");
}

TEST_F(ServerTest, ASlowReaderGetsAllAndHoldsUpNobody) {
  const std::string large(8 * 1024 * 1024, 'L');
  Start(
      [&large](std::shared_ptr<Exchange> exchange) {
        exchange->Respond({.body = exchange->request().target == "/large" ? large : "small"});
      },
      {.io_threads = 1});
  RawPeer slow = Client();
  slow.Send(Post("/large", "") + Post("/small", ""));
  for (int i = 0; i < 10; ++i) {
    RawPeer other = Client();
    other.Send(Post("/small", ""));
    EXPECT_EQ(other.ReadAnswer().body, "small");
  }
  EXPECT_EQ(slow.ReadAnswer().body, large);
  EXPECT_EQ(slow.ReadAnswer().body, "small");
}

TEST_F(ServerTest, ALargeAnswerFromAnotherThreadArrivesWhole) {
  StartHolding();
  const std::string large(8 * 1024 * 1024, 'L');
  RawPeer client = Client();
  for (int i = 0; i < 2; ++i) {
    client.Send(Post("/x", ""));
    EXPECT_TRUE(holder_.Take()->Respond({.body = large}));
    EXPECT_EQ(client.ReadAnswer().body, large);
  }
}

TEST_F(ServerTest, ClosesOnAClientThatNeverReads) {
  Start([](std::shared_ptr<Exchange> e) { e->Respond({.body = std::string(8 * 1024 * 1024, 'L')}); },
        {.idle_timeout = milliseconds(50), .max_connections = 1});
  RawPeer stuck = Client();
  stuck.Send(Post("/x", ""));
  RawPeer next = Client();  // gets its turn when the first has been thrown out
  next.Send(Post("/x", ""));
  EXPECT_EQ(next.ReadAnswer().body.size(), 8u * 1024 * 1024);
}

// ---- hang-ups ----

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

// ---- answers ----

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

// ---- stopping ----

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
