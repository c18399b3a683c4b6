#include "setup/elf_file.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/status.h"
#include "base/subprocess.h"

namespace rexray::setup {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

absl::StatusOr<ElfFile> Parse(const std::string& text, uint64_t claimed_size) {
  return ParseElf(
      [&](uint64_t offset, uint64_t size) -> absl::StatusOr<std::string> {
        return offset > text.size() ? "" : text.substr(offset, size);
      },
      claimed_size);
}

absl::StatusOr<ElfFile> Parse(const std::string& text) {
  return Parse(text, text.size());
}

std::string Complaint(const std::string& text) {
  return std::string(MessageOf(Parse(text).status()));
}

std::vector<std::string> LastWords(const std::vector<std::string>& argv) {
  ProcessRunner runner(SystemClock::Get());
  const auto result = runner.Run({.argv = argv, .output_limit = 64 << 20});
  EXPECT_TRUE(result.ok()) << result.status();
  std::vector<std::string> words;
  if (!result.ok()) return words;
  std::istringstream lines(result->out);
  for (std::string line; std::getline(lines, line);) words.push_back(line.substr(line.rfind(' ') + 1));
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

TEST(ElfFile, ReadsAModuleAsTheLoaderWould) {
  const absl::StatusOr<ElfFile> file = ReadElfFile(TEST_MESOS_MODULE);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->type, ET_DYN);
  EXPECT_EQ(file->soname, "libmodule.so");
  EXPECT_THAT(file->needed, Contains("libfor_test.so"));
  EXPECT_THAT(file->undefined, Contains("symbol_of_libmesos"));
  EXPECT_THAT(file->defined, Contains("com_emccode_mesos_DockerVolumeDriverIsolator"));
  ASSERT_EQ(file->mesos_modules.size(), 1U);
  EXPECT_EQ(file->mesos_modules[0].name, "com_emccode_mesos_DockerVolumeDriverIsolator");
  EXPECT_EQ(file->mesos_modules[0].api_version, "2");
  EXPECT_EQ(file->mesos_modules[0].mesos_version, "0.28.1");
  EXPECT_EQ(file->mesos_modules[0].kind, "Isolator");
}

// The oracle is binutils.
TEST(ElfFile, AgreesWithNmOnALargeLibrary) {
  const char* library = nullptr;
  for (const char* path : {"/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
                           "/usr/lib/aarch64-linux-gnu/libstdc++.so.6", "/usr/lib64/libstdc++.so.6"}) {
    if (std::filesystem::exists(path)) library = path;
  }
  if (library == nullptr) GTEST_SKIP() << "SKIPPED: no libstdc++.so.6 where distributions put it";
  const absl::StatusOr<ElfFile> file = ReadElfFile(library);
  ASSERT_TRUE(file.ok()) << file.status();
  std::vector<std::string> defined = LastWords({"nm", "-D", "--defined-only", library});
  for (std::string& name : defined) name = name.substr(0, name.find('@'));
  std::sort(defined.begin(), defined.end());
  defined.erase(std::unique(defined.begin(), defined.end()), defined.end());
  std::vector<std::string> ours = file->defined;
  // nm shows versions as absolute symbols; the loader's table has them too.
  EXPECT_EQ(ours, defined);
  EXPECT_GT(ours.size(), 1000U);
  EXPECT_THAT(file->versions, Contains("GLIBCXX_3.4.21"));
  EXPECT_THAT(file->version_needs, Contains(Field(&VersionNeed::library, "libc.so.6")));
}

TEST(ElfFile, NamesTheMachine) {
  std::string text = Contents(TEST_MESOS_MODULE);
  text[18] = static_cast<char>(EM_AARCH64);
  text[19] = 0;
  const absl::StatusOr<ElfFile> file = Parse(text);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(MachineName(*file), "64-bit ARM");
}

TEST(ElfFile, ReadsA32BitBigEndianHeader) {
  std::string text(
      "\x7f"
      "ELF\x01\x02\x01",
      7);
  text.resize(sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr), '\0');
  text[17] = ET_DYN;
  text[19] = EM_PPC;
  text[31] = sizeof(Elf32_Ehdr);
  text[43] = sizeof(Elf32_Phdr);
  text[45] = 1;
  const absl::StatusOr<ElfFile> file = Parse(text);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(MachineName(*file), "32-bit PowerPC (big-endian)");
  EXPECT_THAT(file->needed, IsEmpty());
}

TEST(ElfFile, SaysWhatElseAFileIs) {
  EXPECT_THAT(Complaint("<!DOCTYPE html>\n<html>"), HasSubstr("an HTML page saved under that name"));
  EXPECT_THAT(Complaint("\xef\xbb\xbf\r\n  <HTML>"), HasSubstr("an HTML page"));
  EXPECT_THAT(Complaint("<?xml version=\"1.0\"?><Error><Code>AccessDenied"), HasSubstr("an XML document"));
  EXPECT_THAT(Complaint("Not Found"), HasSubstr("text that begins with \"Not Found\""));
  EXPECT_THAT(Complaint("{\"message\":\"Not Found\"}"), HasSubstr("JSON text"));
  EXPECT_THAT(Complaint(""), HasSubstr("an empty file"));
  EXPECT_THAT(Complaint("\x1f\x8b\x08"), HasSubstr("a gzip archive"));
  EXPECT_THAT(Complaint("!<arch>\nlibx.o/"), HasSubstr("a static library"));
  EXPECT_THAT(Complaint("!<arch>\ndebian-binary"), HasSubstr("a Debian package"));
  EXPECT_THAT(Complaint(std::string(4096, '\0')), HasSubstr("a file of zeros"));
  EXPECT_THAT(Complaint("\x01\x02\x03"), HasSubstr("of unknown kind"));
  EXPECT_THAT(Complaint("version https://git-lfs.github.com/spec/v1"), HasSubstr("Git LFS"));
}

TEST(ElfFile, ATextFileCannotDriveATerminal) {
  EXPECT_THAT(Complaint("text \x1b[2J"), HasSubstr("of unknown kind"));
}

TEST(ElfFile, ADownloadThatBrokeOffIsSaid) {
  const std::string whole = Contents(TEST_MESOS_MODULE);
  ASSERT_GT(whole.size(), 4096U);
  EXPECT_THAT(Complaint(whole.substr(0, 1000)), HasSubstr("broke off"));
  EXPECT_THAT(Complaint(whole.substr(0, 10)), HasSubstr("ends after 10 bytes"));
}

// Every length: no crash, no hang, no memory error; and never a success with fewer facts unless nothing that
// is read was cut off.
TEST(ElfFile, EveryTruncationIsAnErrorOrTheSame) {
  const std::string whole = Contents(TEST_MESOS_MODULE);
  const absl::StatusOr<ElfFile> full = Parse(whole);
  ASSERT_TRUE(full.ok());
  for (size_t size = 0; size < whole.size(); size += 37) {
    const absl::StatusOr<ElfFile> cut = Parse(whole.substr(0, size));
    if (!cut.ok()) continue;
    EXPECT_EQ(cut->defined, full->defined) << size;
  }
}

TEST(ElfFile, DamageIsNeverFatal) {
  const std::string whole = Contents(TEST_MESOS_MODULE);
  uint32_t state = 12345;
  const auto next = [&] { return state = state * 1664525U + 1013904223U; };
  for (int round = 0; round < 1500; ++round) {
    std::string text = whole;
    for (int i = 0; i < 4; ++i) {
      const size_t range = (next() >> 8) % 2 == 0 ? 1024 : text.size();
      text[(next() >> 8) % range] = static_cast<char>(next() >> 24);
    }
    (void)Parse(text);
  }
}

TEST(ElfFile, AFileThatShrinksWhileItIsReadIsAnError) {
  const std::string whole = Contents(TEST_MESOS_MODULE);
  EXPECT_FALSE(Parse(whole.substr(0, 2000), whole.size()).ok());
}

TEST(ElfFile, MissingFilesAndDevicesAreNamed) {
  const absl::Status missing = ReadElfFile("/nonexistent/lib.so").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(MessageOf(missing)), HasSubstr("/nonexistent/lib.so"));
  EXPECT_THAT(std::string(MessageOf(ReadElfFile("/dev/null").status())), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace rexray::setup
