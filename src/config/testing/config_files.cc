#include "config/testing/config_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rexray::config {

namespace fs = std::filesystem;

ConfigFiles::ConfigFiles() {
  root_ = (fs::temp_directory_path() / "config-test-XXXXXX").string();
  if (mkdtemp(root_.data()) == nullptr) throw std::runtime_error("cannot make " + root_);
}

ConfigFiles::~ConfigFiles() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

fs::path ConfigFiles::Write(const std::string& path, std::string_view text, unsigned mode) const {
  const fs::path file = fs::path(root_) / path;
  fs::create_directories(file.parent_path());
  WriteFile(file, text);
  if (chmod(file.c_str(), mode) != 0) throw std::runtime_error("cannot chmod " + file.string());
  return file;
}

LoadRequest ConfigFiles::Request() const {
  LoadRequest request;
  request.root = root_;
  request.uid = geteuid();
  return request;
}

absl::StatusOr<std::unique_ptr<Config>> ConfigFiles::LoadText(std::string_view text) const {
  Write("etc/rexray/config.yml", text);
  return Load(Request());
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void WriteFile(const fs::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace rexray::config
