// What the server refuses, and how long and for how many it waits.

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <memory>

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
using testing::StartsWith;

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

}  // namespace
}  // namespace rexray::http
