// The border as the shim sees it: C, a dvdcli that is a script, and callbacks.

#include "mesos/isolator_c_api.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "mesos/testing/core_fixture.h"

namespace rexray::mesos {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

struct Lines {
  Mutex mutex;
  std::vector<std::pair<int, std::string>> lines ABSL_GUARDED_BY(mutex);

  std::vector<std::string> Of(int severity) {
    MutexLock lock(mutex);
    std::vector<std::string> out;
    for (const auto& [level, text] : lines) {
      if (level == severity) out.push_back(text);
    }
    return out;
  }
};

void Log(void* context, int severity, const char* text) {
  auto* const lines = static_cast<Lines*>(context);
  MutexLock lock(lines->mutex);
  lines->lines.emplace_back(severity, text);
}

struct Answer {
  bool has_plan = false;
  std::string error;
  std::vector<std::string> targets;
  std::vector<std::string> words;  ///< of all commands
  std::vector<std::string> shell;
};

void OnPrepared(void* context, const rexray_launch_plan* plan, const char* error) {
  Answer answer;
  answer.has_plan = plan != nullptr;
  answer.error = error == nullptr ? "" : error;
  if (plan != nullptr) {
    for (size_t i = 0; i < plan->bind_count; ++i) answer.targets.emplace_back(plan->binds[i].target);
    for (size_t i = 0; i < plan->command_count; ++i) {
      for (const char* const* word = plan->commands[i]; *word != nullptr; ++word)
        answer.words.emplace_back(*word);
    }
    for (size_t i = 0; i < plan->shell_command_count; ++i) answer.shell.emplace_back(plan->shell_commands[i]);
  }
  static_cast<Awaited<Answer>*>(context)->Set(answer);
}

void OnDone(void* context, const char* error) {
  static_cast<Awaited<std::string>*>(context)->Set(error == nullptr ? "" : error);
}

class CApiTest : public testing::Test {
 protected:
  CApiTest() {
    if (::geteuid() != 0) return;
    const std::string dvdcli = folder_.path() + "/dvdcli";
    std::ofstream(dvdcli) << "#!/bin/sh\necho \"$@\" >>" << folder_.path() << "/calls\n"
                          << "[ \"$1\" = mount ] && mkdir -p " << folder_.path() << "/volume && echo "
                          << folder_.path() << "/volume\nexit 0\n";
    fs::permissions(dvdcli, fs::perms::owner_all);
    const std::string checkpoint = folder_.path() + "/checkpoint";
    const rexray_pair parameters[] = {{"dvdcli", dvdcli.c_str()}, {"checkpoint_dir", checkpoint.c_str()}};
    isolator_ = rexray_isolator_create(parameters, 2, &Log, &lines_);
  }
  ~CApiTest() override { rexray_isolator_destroy(isolator_); }

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: the isolator refuses to run without root";
    ASSERT_NE(isolator_, nullptr);
  }

  Answer Prepare(const char* id, const std::vector<rexray_pair>& environment) {
    const rexray_container container{id,      folder_.path().c_str(), nullptr,
                                     nullptr, environment.data(),     environment.size()};
    Awaited<Answer> answer;
    rexray_isolator_prepare(isolator_, &container, &OnPrepared, &answer);
    return answer.Get();
  }
  std::string Cleanup(const char* id) {
    Awaited<std::string> done;
    rexray_isolator_cleanup(isolator_, id, &OnDone, &done);
    return done.Get();
  }
  std::string Calls() const {
    std::ifstream file(folder_.path() + "/calls");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  TemporaryFolder folder_;
  Lines lines_;
  rexray_isolator* isolator_ = nullptr;
};

TEST_F(CApiTest, ALife) {
  const char* known[] = {"k"};
  const char* orphans[] = {"o"};
  Awaited<std::string> recovered;
  rexray_isolator_recover(isolator_, known, 1, orphans, 1, &OnDone, &recovered);
  EXPECT_EQ(recovered.Get(), "");

  const Answer answer = Prepare("c", {{"DVDI_VOLUME_NAME", "v"}, {"DVDI_VOLUME_CONTAINERPATH", "data"}});
  EXPECT_EQ(answer.error, "");
  EXPECT_TRUE(answer.has_plan);
  EXPECT_THAT(answer.targets, Contains(folder_.path() + "/data"));
  EXPECT_THAT(answer.words, Contains("--make-rslave"));
  EXPECT_THAT(answer.words, Contains("--rbind"));
  EXPECT_THAT(answer.shell, SizeIs(4));
  EXPECT_EQ(rexray_isolator_has_volumes(isolator_, "c"), 1);
  EXPECT_EQ(Cleanup("c"), "");
  EXPECT_EQ(rexray_isolator_has_volumes(isolator_, "c"), 0);
  EXPECT_EQ(Calls(),
            "mount --volumedriver=rexray --volumename=v\nunmount --volumedriver=rexray --volumename=v\n");
  EXPECT_THAT(lines_.Of(REXRAY_LOG_INFO), Contains("Preparing external storage for container: c"));
}

TEST_F(CApiTest, NothingToDo) {
  const Answer answer = Prepare("c", {});
  EXPECT_FALSE(answer.has_plan);
  EXPECT_EQ(answer.error, "");
}

TEST_F(CApiTest, ErrorsAreWords) {
  const Answer answer = Prepare("c", {{"DVDI_VOLUME_NAME", "v;id"}});
  EXPECT_FALSE(answer.has_plan);
  EXPECT_THAT(answer.error, HasSubstr("illegal DVDI_VOLUME_NAME"));
  EXPECT_THAT(lines_.Of(REXRAY_LOG_ERROR), Contains(HasSubstr("illegal DVDI_VOLUME_NAME")));
}

TEST_F(CApiTest, NullStringsAreEmpty) {
  EXPECT_FALSE(Prepare("c", {{nullptr, nullptr}, {"DVDI_VOLUME_NAME", nullptr}}).has_plan);
  EXPECT_EQ(Cleanup(nullptr), "");
}

// The original returned NULL without a word.
TEST_F(CApiTest, AnErrorIsLoggedBeforeNullIsReturned) {
  const rexray_pair parameters[] = {{"work_dir", "relative"}};
  Lines lines;
  EXPECT_EQ(rexray_isolator_create(parameters, 1, &Log, &lines), nullptr);
  EXPECT_THAT(lines.Of(REXRAY_LOG_ERROR), Contains(HasSubstr("work_dir parameter")));
}

TEST(CApiBorderTest, DestroyTakesNull) {
  rexray_isolator_destroy(nullptr);
}

}  // namespace
}  // namespace rexray::mesos
