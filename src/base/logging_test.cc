#include "base/logging.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <regex>

#include "fmt/format.h"
#include "gtest/gtest.h"

#include "base/log_format.h"
#include "base/thread.h"

namespace rexray {
namespace {

TEST(LogFormatTest, FieldsFollowTheText) {
  EXPECT_EQ(FormatLogText("mounted", {{"volume", "pgdata"}, {"device", "/dev/loop3"}}),
            "mounted volume=pgdata device=/dev/loop3");
  EXPECT_EQ(FormatLogText("ready", {}), "ready");
}

TEST(LogFormatTest, ValuesAreQuotedWhenTheyWouldBeMisread) {
  const std::pair<std::string, std::string_view> table[] = {
      {"", R"(v="")"},
      {"two words", R"(v="two words")"},
      {"a=b", R"(v="a=b")"},
      {"say \"hi\"", R"(v="say \"hi\"")"},
      {"back\\slash", R"(v="back\\slash")"},
      {"line\nline\r\n", R"(v="line\nline\r\n")"},
      {"\\n", R"(v="\\n")"},
      {"tab\t", R"(v="tab\t")"},
      {std::string("nul\0", 4), R"(v="nul\x00")"},
      {"\x1b[31mred\x7f", R"(v="\x1b[31mred\x7f")"},
      {"größe", "v=größe"},
      {"\xff\xc3", R"(v="\xff\xc3")"},
      {"\xed\xa0\x80", R"(v="\xed\xa0\x80")"},  // a surrogate
      {"\xc0\x8a", R"(v="\xc0\x8a")"},          // an overlong newline
      {"\u0085", R"(v="\xc2\x85")"},            // next line
      {"\u2028", R"(v="\xe2\x80\xa8")"},        // line separator
      {"\U0001F600", "v=\U0001F600"},
      {"\xf4\x90\x80\x80", R"(v="\xf4\x90\x80\x80")"},  // beyond U+10FFFF
  };
  for (const auto& [value, expected] : table) {
    EXPECT_EQ(FormatLogText("t", {{"v", value}}), fmt::format("t {}", expected));
  }
}

TEST(LogFormatTest, TheTextItselfIsOneLineToo) {
  EXPECT_EQ(FormatLogText("first\nsecond", {{"k\n", "v"}}), "first\\nsecond k\\n=v");
}

TEST(LogFormatTest, TheJournalIsKnownByDeviceAndInode) {
  struct stat status {};
  ASSERT_EQ(::fstat(STDERR_FILENO, &status), 0);
  const std::string right = fmt::format("{}:{}", status.st_dev, status.st_ino);
  EXPECT_TRUE(IsJournalStream(right.c_str(), STDERR_FILENO));
  EXPECT_FALSE(IsJournalStream((right + "9").c_str(), STDERR_FILENO));
  EXPECT_FALSE(IsJournalStream(right.c_str(), -1));
  for (const char* nonsense : {"", ":", "8", "8:", "a:b", "8:99999999999999999999999"}) {
    EXPECT_FALSE(IsJournalStream(nonsense, STDERR_FILENO)) << nonsense;
  }
  EXPECT_FALSE(IsJournalStream(nullptr, STDERR_FILENO));
}

TEST(LogLevelTest, KnowsTheNamesOfLogrus) {
  EXPECT_EQ(ParseLogLevel("debug").value(), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("TRACE").value(), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("Info").value(), LogLevel::kInfo);
  EXPECT_EQ(ParseLogLevel("warn").value(), LogLevel::kWarn);
  EXPECT_EQ(ParseLogLevel("warning").value(), LogLevel::kWarn);
  EXPECT_EQ(ParseLogLevel("error").value(), LogLevel::kError);
  EXPECT_EQ(ParseLogLevel("fatal").value(), LogLevel::kError);
  EXPECT_EQ(ParseLogLevel("panic").value(), LogLevel::kError);
  EXPECT_EQ(ParseLogLevel("loud").status().code(), absl::StatusCode::kInvalidArgument);
}

class LoggingTest : public testing::Test {
 protected:
  void TearDown() override { SetLogLevel(before_); }
  const LogLevel before_ = GetLogLevel();
};

TEST_F(LoggingTest, WritesTimeLevelTextAndFields) {
  SetLogLevel(LogLevel::kDebug);
  testing::internal::CaptureStderr();
  LogDebug("one");
  LogInfo("two", {{"volume", "pg data"}});
  LogWarn("three {} %s %v");  // formats nothing
  LogError("four\n");
  const std::string output = testing::internal::GetCapturedStderr();
  const std::string time = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )";
  const std::regex expected(time + "DEBUG one\n" + time + "INFO two volume=\"pg data\"\n" + time +
                            "WARN three \\{\\} %s %v\n" + time + R"(ERROR four\\n)" + "\n");
  EXPECT_TRUE(std::regex_match(output, expected)) << output;
}

TEST_F(LoggingTest, BelowTheLevelNothingIsWritten) {
  SetLogLevel(LogLevel::kWarn);
  testing::internal::CaptureStderr();
  LogDebug("hidden");
  LogInfo("hidden");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(LoggingTest, LinesOfManyThreadsDoNotMix) {
  SetLogLevel(LogLevel::kInfo);
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (char c = 'a'; c < 'e'; ++c) {
    threads.push_back(StartThread("writer", [c] {
      for (int i = 0; i < 50; ++i) LogInfo(std::string(300, c));
    }));
  }
  for (std::thread& thread : threads) thread.join();
  const std::string output = testing::internal::GetCapturedStderr();
  const std::regex line("[^ ]+ INFO (a{300}|b{300}|c{300}|d{300})");
  int lines = 0;
  size_t from = 0;
  for (size_t to = output.find('\n'); to != std::string::npos; to = output.find('\n', from)) {
    EXPECT_TRUE(std::regex_match(output.substr(from, to - from), line));
    from = to + 1;
    ++lines;
  }
  EXPECT_EQ(lines, 200);
}

// Decided once, at the first line: so in a program of its own, which a "threadsafe" death test is.
TEST(LoggingDeathTest, ForTheJournalThePriorityStandsInsteadOfTheTime) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto log_to_journal = [] {
    struct stat status {};
    ::fstat(STDERR_FILENO, &status);
    ::setenv("JOURNAL_STREAM", fmt::format("{}:{}", status.st_dev, status.st_ino).c_str(), 1);
    SetLogLevel(LogLevel::kDebug);
    LogDebug("d");
    LogInfo("i");
    LogWarn("w");
    LogError("e", {{"k", "v"}});
    std::exit(0);
  };
  EXPECT_EXIT(log_to_journal(), testing::ExitedWithCode(0), "<7>d\n<6>i\n<4>w\n<3>e k=v\n");
}

}  // namespace
}  // namespace rexray
