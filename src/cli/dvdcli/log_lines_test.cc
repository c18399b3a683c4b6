#include "cli/dvdcli/log_lines.h"

#include "gtest/gtest.h"

namespace rexray::dvdcli {
namespace {

constexpr WallTime kThen{std::chrono::seconds(1462096800)};

TEST(FormatLogLine, LooksLikeLogrus) {
  EXPECT_EQ(FormatLogLine(kThen, LogLevel::kError, "a b", {{"volumeName", "foo"}}),
            "time=\"2016-05-01T10:00:00Z\" level=error msg=\"a b\" volumeName=foo \n");
  EXPECT_EQ(FormatLogLine(kThen, LogLevel::kWarning, "boom", {}),
            "time=\"2016-05-01T10:00:00Z\" level=warning msg=boom \n");
  EXPECT_EQ(FormatLogLine(kThen, LogLevel::kInfo, "x", {{"z", "1"}, {"a", ""}, {"b", "a/b"}}),
            "time=\"2016-05-01T10:00:00Z\" level=info msg=x a= b=\"a/b\" z=1 \n");
}

TEST(QuotedValue, IsAlwaysOneLineOfPrintableText) {
  EXPECT_EQ(QuotedValue("aZ09-."), "aZ09-.");
  EXPECT_EQ(QuotedValue("a_b"), "\"a_b\"");
  EXPECT_EQ(QuotedValue("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(QuotedValue("a\nb\tc\rd"), R"("a\nb\tc\rd")");
  EXPECT_EQ(QuotedValue(std::string("\x1b[2J\0\x7f", 6)), R"("\x1b[2J\x00\x7f")");
  EXPECT_EQ(QuotedValue("\xC2\x9B"
                        "é☃"),
            "\"\\xc2\\x9bé☃\"");
}

TEST(LogLevelFromName, KnowsLogrussNames) {
  EXPECT_EQ(LogLevelFromName("warn"), LogLevel::kWarning);
  EXPECT_EQ(LogLevelFromName("warning"), LogLevel::kWarning);
  EXPECT_EQ(LogLevelFromName("panic"), LogLevel::kError);
  EXPECT_EQ(LogLevelFromName("trace"), LogLevel::kDebug);
  EXPECT_EQ(LogLevelFromName("INFO"), std::nullopt);
}

}  // namespace
}  // namespace rexray::dvdcli
