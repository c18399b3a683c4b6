#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/rexray/testing/harness.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rexray::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class MarathonCommandTest : public testing::Test {
 protected:
  MarathonCommandTest() : file_(testing::TempDir() + "marathon_command_test.json") {}
  ~MarathonCommandTest() override { std::filesystem::remove(file_); }

  int Check(const std::string& text, std::vector<std::string> more = {}) {
    std::ofstream(file_) << text;
    std::vector<std::string> words{"marathon", "check", file_};
    words.insert(words.end(), more.begin(), more.end());
    return h.Run(words);
  }

  Harness h;
  std::string file_;
};

constexpr const char* kApp =
    R"({"id": "/a", "container": {"type": "MESOS", "volumes": [{"containerPath": "/tmp/x",
  "mode": "RW", "external": {"name": "V", "provider": "dvdi", "options": {"dvdi/driver": "rexray"}}}]}})";

TEST_F(MarathonCommandTest, ExitCodesAreThoseOfTheDocumentation) {
  EXPECT_EQ(Check(R"({"id": "/a"})"), 0);
  EXPECT_EQ(Check(kApp), 1) << h.console.out;
  EXPECT_THAT(h.console.out, HasSubstr("must match regular expression"));
  EXPECT_EQ(Check(kApp, {"--marathon", "1.11"}), 0) << h.console.out;
  EXPECT_EQ(Check(kApp, {"--marathon", "3"}), 2);
  EXPECT_EQ(Check("{"), 2);
  EXPECT_THAT(h.console.err, HasSubstr("marathon_command_test.json:1:2: not valid JSON"));
  EXPECT_EQ(h.Run({"marathon", "check"}), 2);
  EXPECT_EQ(h.Run({"marathon", "check", "/nonexistent/app.json"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("/nonexistent/app.json"));
  EXPECT_EQ(h.Run({"marathon"}), 2);
  EXPECT_TRUE(h.admin.requests().empty()) << "no daemon is asked";
}

/// This process's standard input is that text, for the time of its scope.
class StandardInput {
 public:
  explicit StandardInput(const std::string& text) : own_(dup(STDIN_FILENO)) {
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      ADD_FAILURE() << "no pipe";
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
  }
  ~StandardInput() {
    dup2(own_, STDIN_FILENO);
    close(own_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  const int own_;
};

TEST_F(MarathonCommandTest, StandardInput) {
  {
    const StandardInput input(kApp);
    EXPECT_EQ(h.Run({"marathon", "check", "-"}), 1);
    EXPECT_THAT(h.console.out, HasSubstr("must match regular expression"));
  }
  {
    const StandardInput input("{\"id\": }");
    EXPECT_EQ(h.Run({"marathon", "check", "-"}), 2);
    EXPECT_THAT(h.console.err, HasSubstr("standard input:1:8: not valid JSON"));
  }
  const StandardInput nothing("");
  EXPECT_EQ(h.Run({"marathon", "check", "-"}), 2);
  EXPECT_THAT(h.console.err, HasSubstr("standard input"));
}

TEST_F(MarathonCommandTest, JsonForPrograms) {
  EXPECT_EQ(Check(kApp, {"--json"}), 1);
  EXPECT_THAT(h.console.out, StartsWith("{\"apps\":[{"));
}

TEST_F(MarathonCommandTest, TextOfAFileCannotDriveATerminal) {
  Check("{\"id\": \"/a\\u001b[2J\"}");
  Check("{\"id\": \"/a\\u001b[2J\", \"container\": {\"volumes\": [5]}}");
  EXPECT_THAT(h.console.out, HasSubstr("\\x1b[2J"));
}

}  // namespace
}  // namespace rexray::cli
