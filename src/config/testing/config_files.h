#pragma once

// A directory with configuration files in it, for tests: removed when the object goes.

#include <filesystem>
#include <string>
#include <string_view>

#include "config/config.h"

namespace rexray::config {

class ConfigFiles {
 public:
  ConfigFiles();
  ~ConfigFiles();
  ConfigFiles(const ConfigFiles&) = delete;
  ConfigFiles& operator=(const ConfigFiles&) = delete;

  const std::string& root() const { return root_; }

  /// `path` is below the root; directories are made. 0600 unless said otherwise.
  std::filesystem::path Write(const std::string& path, std::string_view text, unsigned mode = 0600) const;

  /// Files below the root alone: no environment, no home.
  LoadRequest Request() const;

  /// Loads `text` as the one configuration file.
  absl::StatusOr<std::unique_ptr<Config>> LoadText(std::string_view text) const;

 private:
  std::string root_;
};

std::string ReadFile(const std::filesystem::path& path);
void WriteFile(const std::filesystem::path& path, std::string_view text);

}  // namespace rexray::config
