#include "base/http/parser.h"

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

// Feeds `bytes` in pieces of `step`, as a connection does, and returns what the parser left.
template <typename Parser>
std::string FeedInPieces(Parser& parser, std::string_view bytes, size_t step) {
  std::string input;
  while (!bytes.empty() && !parser.done() && !parser.failure()) {
    input.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    input.erase(0, parser.Feed(input));
  }
  return input + std::string(bytes);
}

// However a message is cut into pieces, it is the same message, and what follows it is left alone.
TEST(RequestParser, PiecesOfAnySizeGiveTheSameRequest) {
  const std::string requests[] = {
      "POST /a?b HTTP/1.1\r\nHost: \r\nX-A:  one\r\nContent-Length: 5\r\n\r\nhello",
      "POST /a?b HTTP/1.1\r\nHost: \r\nX-A: one  \r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhe\r\n3;a=\"b\"\r\nllo\r\n0\r\nX-A: trailer\r\n\r\n",
  };
  for (const std::string& request : requests) {
    for (size_t step = 1; step <= request.size() + 4; ++step) {
      SCOPED_TRACE(step);
      RequestParser parser(100);
      EXPECT_EQ(FeedInPieces(parser, request + "NEXT", step), "NEXT");
      ASSERT_TRUE(parser.done());
      EXPECT_EQ(parser.request().method, "POST");
      EXPECT_EQ(parser.request().target, "/a?b");
      EXPECT_EQ(parser.request().body, "hello");
      EXPECT_THAT(parser.request().headers, testing::Contains(Pair("x-a", "one")));
      EXPECT_THAT(parser.request().headers, testing::Not(testing::Contains(Pair("x-a", "trailer"))));
      EXPECT_TRUE(parser.keep_alive());
    }
  }
}

// A chunked body without chunks trips an assertion inside Beast when it arrives in these pieces.
TEST(RequestParser, TakesAnEmptyChunkedBodyInPieces) {
  const std::string request = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (size_t step = 1; step < request.size(); ++step) {
    RequestParser parser(100);
    EXPECT_EQ(FeedInPieces(parser, request + "NEXT", step), "NEXT");
    EXPECT_TRUE(parser.done()) << step;
  }
}

TEST(RequestParser, StartsAfreshAfterReset) {
  RequestParser parser(100);
  EXPECT_FALSE(parser.started());
  parser.Feed("\r\n");
  EXPECT_FALSE(parser.started());
  FeedInPieces(parser, "GET /1 HTTP/1.0\r\nA: b\r\n\r\n", 3);
  EXPECT_TRUE(parser.done());
  EXPECT_TRUE(parser.http_1_0());
  EXPECT_FALSE(parser.keep_alive());
  parser.Reset();
  EXPECT_FALSE(parser.started());
  FeedInPieces(parser, "GET /2 HTTP/1.1\r\nC: d\r\n\r\n", 3);
  EXPECT_TRUE(parser.done());
  EXPECT_FALSE(parser.http_1_0());
  EXPECT_EQ(parser.request().target, "/2");
  EXPECT_THAT(parser.request().headers, ElementsAre(Pair("c", "d")));
}

TEST(RequestParser, TakesNothingAfterTheEndOrAFailure) {
  RequestParser done(100);
  EXPECT_EQ(done.Feed("GET / HTTP/1.1\r\n\r\nGET"), 18u);
  EXPECT_EQ(done.Feed("GET"), 0u);
  EXPECT_TRUE(done.done());
  RequestParser failed(100);
  failed.Feed("\x01\r\n\r\n");
  ASSERT_TRUE(failed.failure());
  EXPECT_EQ(failed.failure()->status, 400);
  EXPECT_EQ(failed.Feed("GET / HTTP/1.1\r\n\r\n"), 0u);
  EXPECT_FALSE(failed.done());
}

TEST(RequestParser, ALengthIsOnlyAClaim) {
  RequestParser parser(size_t{1} << 40);
  parser.Feed("POST / HTTP/1.1\r\nContent-Length: 1000000000000\r\n\r\n");
  EXPECT_FALSE(parser.failure());
  EXPECT_LT(parser.request().body.capacity(), 1'000'000u);
}

TEST(ResponseParser, PiecesOfAnySizeGiveTheSameResponse) {
  const std::string response =
      "HTTP/1.1 200 OK\r\nA-B: c\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
  for (size_t step = 1; step <= response.size(); ++step) {
    ResponseParser parser(5, false);
    EXPECT_EQ(FeedInPieces(parser, response + "NEXT", step), "NEXT");
    ASSERT_TRUE(parser.done()) << step;
    EXPECT_EQ(parser.response().status, 200);
    EXPECT_EQ(parser.response().body, "hello");
    EXPECT_TRUE(parser.keep_alive());
  }
}

TEST(ResponseParser, ABodyWithoutALengthEndsWithTheConnection) {
  ResponseParser parser(100, false);
  parser.Feed("HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_FALSE(parser.done());
  parser.FeedEnd();
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(parser.response().body, "all of it");
  EXPECT_FALSE(parser.keep_alive());
}

TEST(ResponseParser, TellsCutShortFromMalformedFromTooLarge) {
  ResponseParser cut(100, false);
  cut.Feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
  cut.FeedEnd();
  EXPECT_EQ(cut.failure()->kind, ParseFailure::Kind::kCutShort);
  ResponseParser empty(100, false);
  empty.FeedEnd();
  EXPECT_EQ(empty.failure()->kind, ParseFailure::Kind::kCutShort);
  ResponseParser malformed(100, false);
  malformed.Feed("HTTQ/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(malformed.failure()->kind, ParseFailure::Kind::kMalformed);
  ResponseParser large(100, false);
  large.Feed("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n");
  EXPECT_EQ(large.failure()->kind, ParseFailure::Kind::kTooLarge);
  ResponseParser header(100, false);
  header.Feed("HTTP/1.1 200 OK\r\nX: " + std::string(kMaxUnparsed, 'x'));
  EXPECT_EQ(header.failure()->kind, ParseFailure::Kind::kTooLarge);
}

}  // namespace
}  // namespace rexray::http
