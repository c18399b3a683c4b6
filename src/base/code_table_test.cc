#include "base/code_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/string_view.h"

namespace rexray {
namespace {

TEST(CodeTableTest, HasEveryCanonicalCodeUnderItsCanonicalName) {
  std::set<std::string_view> names;
  for (int number = 0; number <= 16; ++number) {
    const auto code = static_cast<absl::StatusCode>(number);
    const CodeRow& row = RowOf(code);
    EXPECT_EQ(row.code, code);
    EXPECT_EQ(std::string(row.name), absl::StatusCodeToString(code));
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(CodeFromName(row.name), code);
  }
}

TEST(CodeTableTest, OnlyOkIsASuccess) {
  for (int number = 0; number <= 16; ++number) {
    const CodeRow& row = RowOf(static_cast<absl::StatusCode>(number));
    EXPECT_EQ(row.http_status == 200, number == 0) << row.name;
    EXPECT_EQ(row.exit_code == 0, number == 0) << row.name;
  }
  EXPECT_EQ(RowOf(absl::StatusCode::kInvalidArgument).exit_code, 2);
}

TEST(CodeTableTest, WhatItDoesNotKnowIsUnknown) {
  EXPECT_EQ(RowOf(static_cast<absl::StatusCode>(77)).name, "UNKNOWN");
  EXPECT_EQ(CodeFromName("not_found"), std::nullopt);
  EXPECT_EQ(CodeFromName(""), std::nullopt);
}

}  // namespace
}  // namespace rexray
