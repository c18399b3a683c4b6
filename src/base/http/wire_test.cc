#include "base/http/wire.h"

#include "gtest/gtest.h"

namespace rexray::http {
namespace {

TEST(Wire, ErrorsAreJsonWhateverTheyQuote) {
  EXPECT_EQ(ErrorResponse(500, "plain").body, "{\"Err\":\"plain\"}");
  EXPECT_EQ(ErrorResponse(400, "a \"b\" \\ c\n\x01").body, "{\"Err\":\"a \\\"b\\\" \\\\ c\\u000a\\u0001\"}");
  EXPECT_EQ(ErrorResponse(400, "x").content_type, "application/json");
}

TEST(Wire, HeadsSayHowTheConnectionGoesOn) {
  const Response response{.status = 500, .content_type = "a/b", .body = "xyz"};
  EXPECT_EQ(ResponseHead(response, {.keep_alive = true, .http_1_0 = false}),
            "HTTP/1.1 500 Internal Server Error\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(ResponseHead(response, {.keep_alive = false, .http_1_0 = true}),
            "HTTP/1.1 500 Internal Server Error\r\nContent-Type: a/b\r\nContent-Length: 3\r\nConnection: "
            "close\r\n\r\n");
  EXPECT_EQ(
      ResponseHead({.status = 299, .content_type = "", .body = ""}, {.keep_alive = true, .http_1_0 = true}),
      "HTTP/1.1 299 Status\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(Wire, AGetWithoutABodyHasNoLength) {
  const auto bytes =
      SerializeRequest({.method = "GET", .target = "/x", .headers = {}, .body = {}}, "h", true);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(*bytes, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
}

}  // namespace
}  // namespace rexray::http
