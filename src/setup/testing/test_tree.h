#pragma once

#include <string>
#include <string_view>

#include "setup/tree.h"

namespace rexray::setup {

/// A tree of a test's own in a temporary directory, gone at the end of its scope. Everything throws
/// std::system_error when it cannot be done.
class TestTree {
 public:
  TestTree();
  explicit TestTree(const std::string& fixture);  ///< a copy of that directory, links kept as they are
  ~TestTree();
  TestTree(const TestTree&) = delete;
  TestTree& operator=(const TestTree&) = delete;

  const std::string& path() const { return path_; }
  Tree tree() const { return Tree(path_); }

  /// Paths are the tree's ("/etc/x"); directories on the way are made.
  void Write(const std::string& path, std::string_view text, unsigned mode = 0644);
  void Link(const std::string& target, const std::string& path);
  void Directory(const std::string& path);
  void Remove(const std::string& path);
  void Overlay(const std::string& fixture);  ///< another directory's files over these
  std::string Read(const std::string& path) const;

  /// Every path with its kind, mode, owner and content, one after the other: equal when two trees are.
  std::string Everything() const;

 private:
  std::string path_;
};

}  // namespace rexray::setup
