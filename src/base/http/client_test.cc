#include "base/http/client.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <future>
#include <thread>

#include "fmt/core.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/http/server.h"
#include "base/http/testing/raw_peer.h"

namespace rexray::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string TextOf(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

const Request kActivate{.method = "POST", .target = "/Plugin.Activate", .headers = {}, .body = "{}"};
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nok";

class ClientTest : public testing::Test {
 protected:
  static Deadline In(Duration wait) { return Deadline::After(SystemClock::Get(), wait); }
  absl::StatusOr<ClientResponse> Send(const Request& request = kActivate, const ClientOptions& options = {}) {
    return MakeClient(SystemClock::Get(), options)->Send(address_, request, In(seconds(30)));
  }

  TemporaryDirectory directory_;
  const Address address_ = directory_.Socket("s.sock");
};

// Reads the request away and sends `answer`.
std::function<void(RawPeer&)> Answering(std::string answer) {
  return [answer = std::move(answer)](RawPeer& peer) {
    peer.ReadTo("{}");
    peer.Send(answer);
  };
}

TEST_F(ClientTest, SendsExactlyTheseBytes) {
  ScriptedServer server(address_, {[](RawPeer& peer) {
                          EXPECT_EQ(
                              peer.ReadTo("{}"),
                              "POST /Plugin.Activate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                              "Connection: close\r\n\r\n{}");
                          peer.Send(kOk);
                        }});
  const auto response = Send();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "ok");
  ASSERT_NE(FindHeader(response->headers, "content-type"), nullptr);
  EXPECT_EQ(*FindHeader(response->headers, "content-type"), "a/b");
}

TEST_F(ClientTest, SendsTheCallersHeadersButItsOwnFraming) {
  ScriptedServer server(address_, {[](RawPeer& peer) {
                          const std::string head = peer.ReadTo("\r\n\r\n");
                          EXPECT_THAT(head, HasSubstr("\r\nHost: plugin\r\n"));
                          EXPECT_THAT(head, HasSubstr("\r\nAccept: x/y\r\n"));
                          EXPECT_THAT(head, Not(HasSubstr("99")));
                          EXPECT_THAT(head, Not(HasSubstr("chunked")));
                          peer.Send(kOk);
                        }});
  Request request = kActivate;
  request.headers = {
      {"host", "plugin"}, {"Accept", "x/y"}, {"Content-Length", "99"}, {"Transfer-Encoding", "chunked"}};
  EXPECT_TRUE(Send(request).ok());
}

TEST_F(ClientTest, RefusesToSendWhatBreaksOutOfItsPlace) {
  Request request = kActivate;
  request.target = "/a HTTP/1.1\r\nEvil: x";
  EXPECT_EQ(Send(request).status().code(), absl::StatusCode::kInvalidArgument);
  request = kActivate;
  request.target = "/a b";
  EXPECT_EQ(Send(request).status().code(), absl::StatusCode::kInvalidArgument);
  request = kActivate;
  request.method = "";
  EXPECT_EQ(Send(request).status().code(), absl::StatusCode::kInvalidArgument);
  request = kActivate;
  request.headers = {{"accept", "x\r\nEvil: x"}};
  EXPECT_EQ(Send(request).status().code(), absl::StatusCode::kInvalidArgument);
  request.headers = {{"acc ept", "x"}};
  EXPECT_EQ(Send(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ClientTest, ReadsEveryKindOfAnswer) {
  struct Case {
    std::string bytes;
    int status;
    std::string body;
  };
  for (const Case& c : std::vector<Case>{
           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: "
            "t\r\n\r\n",
            200, "abcdefg"},
           {"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\n404 page not found\n", 404,
            "404 page not found\n"},
           {"HTTP/1.0 500 Internal Server Error\r\n\r\n{\"Err\":\"x\"}", 500, "{\"Err\":\"x\"}"},
           {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
            "OK\r\nContent-Length: "
            "1\r\n\r\nx",
            200, "x"},
           {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
           {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""},
           {"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", 200, "x"},
       }) {
    for (const bool bytewise : {false, true}) {
      SCOPED_TRACE(c.bytes);
      ScriptedServer server(address_, {[&c, bytewise](RawPeer& peer) {
                              peer.ReadTo("{}");
                              if (!bytewise) return peer.Send(c.bytes);
                              for (const char byte : c.bytes) peer.Send({&byte, 1});
                            }});
      const auto response = Send();
      ASSERT_TRUE(response.ok()) << response.status();
      EXPECT_EQ(response->status, c.status);
      EXPECT_EQ(response->body, c.body);
    }
  }
}

TEST_F(ClientTest, ReadsNoBodyAfterHead) {
  ScriptedServer server(address_, {[](RawPeer& peer) {
                          EXPECT_THAT(peer.ReadTo("\r\n\r\n"), StartsWith("HEAD /x HTTP/1.1\r\n"));
                          peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n");
                          peer.ReadToEnd();  // stays open until the client is done
                        }});
  const auto response = Send({.method = "HEAD", .target = "/x", .headers = {}, .body = {}});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "");
}

TEST_F(ClientTest, SaysWhatIsWrongWithTheSocket) {
  EXPECT_EQ(Send().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(TextOf(Send().status()), HasSubstr(address_.path));
  std::ofstream(address_.path) << "a file";
  EXPECT_EQ(Send().status().code(), absl::StatusCode::kUnavailable);
  unlink(address_.path.c_str());
  {
    const auto listener = Listener::Open({.address = address_});
    ASSERT_TRUE(listener.ok());
    ASSERT_EQ(link(address_.path.c_str(), (address_.path + "2").c_str()), 0);
  }
  ASSERT_EQ(rename((address_.path + "2").c_str(), address_.path.c_str()),
            0);  // a socket file without a listener
  EXPECT_EQ(Send().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(TextOf(Send().status()), HasSubstr("nothing listens"));
}

TEST_F(ClientTest, SaysThatPermissionIsMissing) {
  if (geteuid() != 0) GTEST_SKIP() << "SKIPPED: needs root, to make a socket that others may not use";
  auto listener = Listener::Open({.address = address_});
  ASSERT_TRUE(listener.ok());
  ASSERT_EQ(chmod(directory_.path().c_str(), 0755), 0);
  std::thread([this] {
    // This thread's own identity alone (the libc wrapper would change the whole process).
    ASSERT_EQ(syscall(SYS_setresuid, -1, 65534, -1), 0);
    EXPECT_EQ(Send().status().code(), absl::StatusCode::kPermissionDenied);
  }).join();
}

TEST_F(ClientTest, SaysThatNothingListensOnThePort) {
  auto listener = Listener::Open({.address = *ParseAddress("tcp://127.0.0.1:0")});
  ASSERT_TRUE(listener.ok());
  const Address address = (*listener)->address();
  listener->reset();
  const auto client = MakeClient(SystemClock::Get());
  EXPECT_EQ(client->Send(address, kActivate, In(seconds(30))).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ClientTest, AConnectionThatEndsEarlyIsUnavailable) {
  for (const std::string& answer :
       {std::string(), std::string("HTTP/1.1 200 OK\r\nContent-"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        std::string("HTTP/1.1 100 Continue\r\n\r\n")}) {
    SCOPED_TRACE(answer);
    ScriptedServer server(address_, {Answering(answer)});
    EXPECT_EQ(Send().status().code(), absl::StatusCode::kUnavailable);
  }
}

TEST_F(ClientTest, ABrokenConnectionDoesNotCompleteABodyWithoutALength) {
  ScriptedServer server(address_, {[](RawPeer& peer) {
                          peer.ReadTo("\r\n\r\n");  // the body stays unread: closing resets
                          peer.Send("HTTP/1.1 200 OK\r\n\r\nhalf of");
                        }});
  Request request = kActivate;
  request.body = std::string(100'000, 'x');
  EXPECT_EQ(Send(request).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ClientTest, WhatIsNotHttpIsInternal) {
  for (const std::string& answer : {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
                                    std::string("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")}) {
    ScriptedServer server(address_, {Answering(answer)});
    EXPECT_EQ(Send().status().code(), absl::StatusCode::kInternal) << answer;
  }
}

TEST_F(ClientTest, TooLargeAnAnswerIsOutOfRange) {
  for (const std::string& answer : {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'),
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                                        std::string(101, 'x') + "\r\n0\r\n\r\n",
                                    "HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x')}) {
    ScriptedServer server(address_, {Answering(answer)});
    const auto status = Send(kActivate, {.max_response = 100}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << answer;
    EXPECT_THAT(TextOf(status), HasSubstr("100"));
  }
  ScriptedServer server(
      address_, {Answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'))});
  EXPECT_TRUE(Send(kActivate, {.max_response = 100}).ok());
}

TEST_F(ClientTest, AnAnswerThatComesBeforeAllWasSentCounts) {
  ScriptedServer server(address_, {[](RawPeer& peer) {
                          peer.ReadTo("\r\n\r\n");
                          peer.Send("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 2\r\n\r\nno");
                        }});
  Request request = kActivate;
  request.body = std::string(10'000'000, 'x');
  const auto response = Send(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(response->body, "no");
}

// ---- deadlines ----

TEST_F(ClientTest, TheDeadlineCoversEveryStep) {
  const auto client = MakeClient(SystemClock::Get());
  const auto code = [&](const Request& request) {
    return client->Send(address_, request, In(milliseconds(20))).status().code();
  };
  {
    SCOPED_TRACE("no answer");
    auto listener = Listener::Open({.address = address_});
    EXPECT_EQ(code(kActivate), absl::StatusCode::kDeadlineExceeded);
  }
  {
    SCOPED_TRACE("half an answer");
    std::promise<void> over;
    ScriptedServer server(address_, {[&over](RawPeer& peer) {
                            peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
                            over.get_future().wait();
                          }});
    EXPECT_EQ(code(kActivate), absl::StatusCode::kDeadlineExceeded);
    over.set_value();
  }
  {
    SCOPED_TRACE("nobody reads what is sent");
    auto listener = Listener::Open({.address = address_});
    Request large = kActivate;
    large.body = std::string(10'000'000, 'x');
    EXPECT_EQ(code(large), absl::StatusCode::kDeadlineExceeded);
  }
}

TEST_F(ClientTest, TheDeadlineCoversAFullListenQueue) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, address_.path.c_str(), sizeof to.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  ASSERT_EQ(listen(fd, 0), 0);
  const auto client = MakeClient(SystemClock::Get());
  // Each connection that times out stays in the queue, which holds one or two.
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(client->Send(address_, kActivate, In(milliseconds(20))).status().code(),
              absl::StatusCode::kDeadlineExceeded);
  }
  close(fd);
}

TEST_F(ClientTest, ADeadlineThatHasPassedSendsNothing) {
  ScriptedServer server(address_, {[](RawPeer& peer) {
                          peer.ReadTo("{}");
                          peer.Send(kOk);
                          EXPECT_EQ(peer.ReadToEnd(), "");
                        }});
  const auto client = MakeClient(SystemClock::Get(), {.keep_alive = true});
  EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
  EXPECT_EQ(client->Send(address_, kActivate, Deadline::At(SystemClock::Get().Now())).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

// ---- keep-alive ----

TEST_F(ClientTest, KeepsItsConnection) {
  ScriptedServer server(address_, {[](RawPeer& peer) {
                          for (int i = 0; i < 3; ++i) {
                            EXPECT_THAT(peer.ReadTo("{}"), Not(HasSubstr("Connection")));
                            peer.Send(kOk);
                          }
                        }});
  const auto client = MakeClient(SystemClock::Get(), {.keep_alive = true});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
}

TEST_F(ClientTest, WithoutKeepAliveEachRequestHasItsOwn) {
  ScriptedServer server(address_, {Answering(std::string(kOk)), Answering(std::string(kOk))});
  const auto client = MakeClient(SystemClock::Get());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
}

TEST_F(ClientTest, ReconnectsWhenTheServerHasClosedAndWhenItSaidThatItWould) {
  std::promise<void> closed;
  ScriptedServer server(address_,
                        {[&closed](RawPeer& peer) {
                           peer.ReadTo("{}");
                           peer.Send(kOk);
                           peer.Close();
                           closed.set_value();
                         },
                         Answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
                         Answering(std::string(kOk))});
  const auto client = MakeClient(SystemClock::Get(), {.keep_alive = true});
  EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
  closed.get_future().wait();
  EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
  EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
}

// The server closes the idle connection just as the next request is on its way: sent again, once.
TEST_F(ClientTest, RepeatsARequestThatCrossedTheServersClose) {
  const auto close_on_second = [](RawPeer& peer) {
    peer.ReadTo("{}");
    peer.Send(kOk);
    peer.ReadTo("{}");  // then closes without an answer
  };
  ScriptedServer server(address_, {close_on_second, Answering(std::string(kOk))});
  const auto client = MakeClient(SystemClock::Get(), {.keep_alive = true});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
}

TEST_F(ClientTest, RepeatsOnlyOnceAndNeverAfterAByteOfAnAnswer) {
  std::atomic<int> requests{0};
  const auto ok_then = [&requests](std::string second) {
    return [&requests, second](RawPeer& peer) {
      peer.ReadTo("{}");
      peer.Send(kOk);
      peer.ReadTo("{}");
      ++requests;
      peer.Send(second);
    };
  };
  const auto close_at_once = [&requests](RawPeer& peer) {
    peer.ReadTo("{}");
    ++requests;
  };
  const auto second_of = [this] {
    const auto client = MakeClient(SystemClock::Get(), {.keep_alive = true});
    EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
    return client->Send(address_, kActivate, In(seconds(30))).status().code();
  };
  {
    ScriptedServer server(address_, {ok_then(""), close_at_once});
    EXPECT_EQ(second_of(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(requests, 2);
  requests = 0;
  {
    ScriptedServer server(address_, {ok_then("H")});
    EXPECT_EQ(second_of(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(requests, 1);
}

TEST_F(ClientTest, ReconnectsWhenTheServerSentWhatNobodyAskedFor) {
  std::promise<void> sent;
  ScriptedServer server(address_, {[&sent](RawPeer& peer) {
                                     peer.ReadTo("{}");
                                     peer.Send(kOk);
                                     peer.ReadTo("{}");
                                     peer.Send(kOk);
                                     peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray");
                                     sent.set_value();
                                   },
                                   Answering(std::string(kOk))});
  const auto client = MakeClient(SystemClock::Get(), {.keep_alive = true});
  EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
  EXPECT_TRUE(client->Send(address_, kActivate, In(seconds(30))).ok());
  sent.get_future().wait();
  const auto response = client->Send(address_, kActivate, In(seconds(30)));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "ok");
}

TEST_F(ClientTest, AnotherAddressIsAnotherConnection) {
  const Address other = directory_.Socket("other.sock");
  ScriptedServer first(address_, {Answering(std::string(kOk))});
  ScriptedServer second(other, {Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")});
  const auto client = MakeClient(SystemClock::Get(), {.keep_alive = true});
  EXPECT_EQ(client->Send(address_, kActivate, In(seconds(30)))->body, "ok");
  EXPECT_EQ(client->Send(other, kActivate, In(seconds(30)))->body, "other");
}

// ---- the world around ----

TEST_F(ClientTest, SignalsInterruptNothing) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};  // without SA_RESTART: every blocking call ends with EINTR
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  std::atomic<bool> done{false};
  const pthread_t self = pthread_self();
  std::thread pester;
  ScriptedServer server(address_, {[&](RawPeer& peer) {
                          peer.ReadTo("{}");
                          pester = std::thread([&] {
                            while (!done) pthread_kill(self, SIGUSR1);
                          });
                          for (const char byte : kOk) peer.Send({&byte, 1});
                        }});
  const auto response = Send();
  done = true;
  EXPECT_TRUE(response.ok()) << response.status();
  pester.join();
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(ClientTest, TalksToOurServer) {
  for (const char* text : {"", "tcp://127.0.0.1:0"}) {
    const Address wanted = *text == '\0' ? address_ : *ParseAddress(text);
    auto listener = Listener::Open({.address = wanted});
    ASSERT_TRUE(listener.ok()) << listener.status();
    const Address address = (*listener)->address();
    auto server = Server::Create({.max_body = 20'000'000});
    server->Serve(*std::move(listener), [](std::shared_ptr<Exchange> exchange) {
      const std::string* host = FindHeader(exchange->request().headers, "host");
      exchange->Respond({.content_type = host == nullptr ? "" : *host, .body = exchange->request().body});
    });
    server->Start();
    const auto client = MakeClient(SystemClock::Get(), {.keep_alive = true});
    for (const size_t size : {size_t{0}, size_t{2}, size_t{10'000'000}}) {
      Request request = kActivate;
      request.body = std::string(size, 'x');
      const auto response = client->Send(address, request, In(seconds(30)));
      ASSERT_TRUE(response.ok()) << response.status();
      EXPECT_EQ(response->body, request.body);
      const std::string host = *text == '\0' ? "localhost" : fmt::format("127.0.0.1:{}", address.port);
      EXPECT_EQ(*FindHeader(response->headers, "content-type"), host);
    }
  }
}

}  // namespace
}  // namespace rexray::http
