// What the doctor says of a data directory that no daemon has open.

#include "drivers/local/closed_look.h"

#include <fstream>

#include "drivers/local/local_test_fixture.h"

namespace rexray::drivers::local {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ClosedLookTest : public LocalTest {
 protected:
  /// Every file with its content and times: a look changes none, and makes none.
  std::string Everything() const {
    std::vector<std::string> lines;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      std::string line =
          fmt::format("{} {}", entry.path().string(), entry.last_write_time().time_since_epoch().count());
      if (entry.is_regular_file() && entry.path().extension() != ".img") {
        std::ifstream file(entry.path(), std::ios::binary);
        line += std::string(std::istreambuf_iterator<char>(file), {});
      }
      lines.push_back(std::move(line));
    }
    std::sort(lines.begin(), lines.end());
    std::string all;
    for (const std::string& line : lines) all += line + "\n";
    return all;
  }

  /// "ok data directory: EVIDENCE", a line each.
  std::string Said() {
    const std::string before = Everything();
    std::string text;
    for (const Diagnosis& one : DiagnoseLocal(Options(), host_.AsHost())) {
      const bool ok = one.verdict == Diagnosis::Verdict::kOk;
      EXPECT_EQ(ok, one.fix.empty()) << one.check;
      text += fmt::format("{} {}: {}\n", ok ? "ok" : "not", one.check, one.evidence);
    }
    EXPECT_EQ(Everything(), before);
    return text;
  }
};

TEST_F(ClosedLookTest, ADirectoryThatIsNotThereYet) {
  EXPECT_THAT(Said(), HasSubstr("ok data directory: " + data() + " is not there yet"));
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(ClosedLookTest, AFileWhereTheDirectoryShouldBe) {
  std::ofstream(data()) << "x";
  EXPECT_EQ(Said(), "not data directory: " + data() + " is not a directory\n");
}

TEST_F(ClosedLookTest, AfterAKillTheLogBesideTheCatalogueCounts) {
  // In a process that never closes the catalogue: the rows are in its -wal file only.
  EXPECT_EQ(InChild([&] {
              if (!Open().ok()) _exit(1);
              (void)Make("a");
              (void)Make("b");
            }),
            0);
  ASSERT_GT(std::filesystem::file_size(catalogue() + "-wal"), 0U);
  EXPECT_THAT(Said(), AllOf(HasSubstr("ok data directory: " + data() + ": 2 volumes"),
                            HasSubstr("ok volumes: catalogue and images agree")));
}

TEST_F(ClosedLookTest, ImagesThatAreGoneOrCutOffAreNamed) {
  ASSERT_TRUE(Open().ok());
  const Volume gone = Make("gone");
  const Volume cut = Make("cut");
  driver_.reset();
  std::filesystem::remove(ImageOf(gone.key.id));
  std::filesystem::resize_file(ImageOf(cut.key.id), 4096);
  EXPECT_THAT(Said(), AllOf(HasSubstr("volume \"gone\": its image " + ImageOf(gone.key.id) + " is gone"),
                            HasSubstr("volume \"cut\": its image " + ImageOf(cut.key.id) + " is cut off")));
}

TEST_F(ClosedLookTest, ACatalogueThatIsDamagedOrLostIsSaidAndLeftAlone) {
  ASSERT_TRUE(Open().ok());
  (void)Make("a");
  driver_.reset();
  std::ofstream(catalogue(), std::ios::trunc) << std::string(8192, 'x');
  EXPECT_THAT(Said(), HasSubstr("not volumes: " + catalogue() + " is damaged"));
  std::filesystem::remove(catalogue());
  EXPECT_THAT(Said(), HasSubstr("not volumes: " + catalogue() + " is not there"));
}

TEST_F(ClosedLookTest, BesideAnOpenDriverItTakesNoLock) {
  (void)Said();
  ASSERT_TRUE(Open().ok());
  (void)Make("a");
  std::string text;
  for (const Diagnosis& one : DiagnoseLocal(Options(), host_.AsHost())) text += one.evidence;
  EXPECT_THAT(text, HasSubstr("1 volumes"));
}

}  // namespace
}  // namespace rexray::drivers::local
