#include "setup/testing/test_tree.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "fmt/core.h"

namespace rexray::setup {

namespace fs = std::filesystem;

namespace {

std::string TextOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::system_error(errno, std::generic_category(), path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Describe(const fs::path& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) throw std::system_error(errno, std::generic_category(), path.string());
  std::string out = fmt::format("{:o} {}:{}", info.st_mode, info.st_uid, info.st_gid);
  if (S_ISLNK(info.st_mode)) return out + " -> " + fs::read_symlink(path).string();
  if (S_ISREG(info.st_mode)) return out + "\n" + TextOf(path);
  return out;
}

/// In memory where that is possible: crash tests sync hundreds of times.
fs::path Place() {
  struct stat info;
  return stat("/dev/shm", &info) == 0 && access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                                                       : fs::temp_directory_path();
}

}  // namespace

TestTree::TestTree() : path_((Place() / "rexray-tree-XXXXXX").string()) {
  if (mkdtemp(path_.data()) == nullptr) throw std::system_error(errno, std::generic_category(), path_);
  fs::permissions(path_, fs::perms(0755));
}

TestTree::TestTree(const std::string& fixture) : TestTree() {
  fs::copy(fixture, path_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

TestTree::~TestTree() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TestTree::Write(const std::string& path, std::string_view text, unsigned mode) {
  const fs::path name = path_ + path;
  fs::create_directories(name.parent_path());
  std::ofstream file(name, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::system_error(errno, std::generic_category(), name.string());
  fs::permissions(name, fs::perms(mode));
}

void TestTree::Link(const std::string& target, const std::string& path) {
  const fs::path name = path_ + path;
  fs::create_directories(name.parent_path());
  fs::create_symlink(target, name);
}

void TestTree::Directory(const std::string& path) {
  fs::create_directories(path_ + path);
}

void TestTree::Remove(const std::string& path) {
  fs::remove_all(path_ + path);
}

void TestTree::Overlay(const std::string& fixture) {
  fs::copy(
      fixture, path_,
      fs::copy_options::recursive | fs::copy_options::copy_symlinks | fs::copy_options::overwrite_existing);
}

std::string TestTree::Read(const std::string& path) const {
  return TextOf(path_ + path);
}

std::string TestTree::Everything() const {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(path_)) {
    found[entry.path().string().substr(path_.size())] = Describe(entry.path());
  }
  std::string out;
  for (const auto& [path, text] : found) out += fmt::format("{} {}\n", path, text);
  return out;
}

}  // namespace rexray::setup
