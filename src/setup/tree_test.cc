#include "setup/tree.h"

#include <sys/stat.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "setup/testing/test_tree.h"

namespace rexray::setup {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Tree, AbsoluteLinksStayInsideTheRoot) {
  TestTree files;
  files.Write("/opt/mesosphere/packages/dvdcli--1a/bin/dvdcli", "inside", 0755);
  files.Link("/opt/mesosphere/packages/dvdcli--1a", "/opt/mesosphere/active/dvdcli");
  files.Link("../active/dvdcli/bin/dvdcli", "/opt/mesosphere/bin/dvdcli");
  const Tree tree = files.tree();
  EXPECT_EQ(tree.Read("/opt/mesosphere/bin/dvdcli").value(), "inside");
  EXPECT_EQ(tree.Locate("/opt/mesosphere/bin/dvdcli").value(),
            "/opt/mesosphere/packages/dvdcli--1a/bin/dvdcli");
  EXPECT_EQ(tree.LocateLink("/opt/mesosphere/bin/dvdcli").value(), "/opt/mesosphere/bin/dvdcli");
  EXPECT_EQ(tree.StatLink("/opt/mesosphere/bin/dvdcli")->target, "../active/dvdcli/bin/dvdcli");
  EXPECT_EQ(tree.Stat("/opt/mesosphere/bin/dvdcli")->mode, 0755U);
  EXPECT_EQ(tree.OnDisk("/opt/mesosphere/bin/dvdcli").value(),
            files.path() + "/opt/mesosphere/packages/dvdcli--1a/bin/dvdcli");
}

TEST(Tree, NoPathLeadsOut) {
  TestTree files;
  files.Write("/etc/shadow", "the tree's own");
  files.Link("../../../../../../../../etc/shadow", "/a/b");
  EXPECT_EQ(files.tree().Read("/a/b").value(), "the tree's own");
  EXPECT_EQ(files.tree().Read("/../../etc/shadow").value(), "the tree's own");
}

TEST(Tree, WhatDoesNotExistCanBeLocated) {
  TestTree files;
  files.Directory("/real");
  files.Link("/real", "/link");
  EXPECT_EQ(files.tree().Locate("/link/new/file").value(), "/real/new/file");
  EXPECT_TRUE(absl::IsNotFound(files.tree().Read("/link/new/file").status()));
  EXPECT_FALSE(files.tree().Exists("/link/new/file"));
}

TEST(Tree, ErrorsNameThePath) {
  TestTree files;
  files.Link("/circle", "/circle");
  files.Write("/file", "text");
  files.Directory("/directory");
  const Tree tree = files.tree();
  EXPECT_THAT(tree.Read("/circle").status().message(), HasSubstr("/circle: too many symbolic links"));
  EXPECT_TRUE(absl::IsNotFound(tree.Read("/file/below").status()));
  EXPECT_THAT(tree.Read("/directory").status().message(), HasSubstr("/directory is not a regular file"));
  EXPECT_TRUE(absl::IsResourceExhausted(tree.Read("/file", 3).status()));
  EXPECT_EQ(tree.Read("/file", 4).value(), "text");
}

TEST(Tree, ListsNamesInOrder) {
  TestTree files;
  for (const char* name : {"/d/b", "/d/a", "/d/.c"}) files.Write(name, "");
  EXPECT_THAT(files.tree().List("/d").value(), ElementsAre(".c", "a", "b"));
  EXPECT_TRUE(absl::IsNotFound(files.tree().List("/none").status()));
}

TEST(Tree, TheHostIsTheRootItself) {
  EXPECT_TRUE(Tree("/").IsHost());
  EXPECT_EQ(Tree("/").OnDisk("/").value(), "/");
  EXPECT_FALSE(Tree("/tmp").IsHost());
}

}  // namespace
}  // namespace rexray::setup
