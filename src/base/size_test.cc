#include "base/size.h"

#include <algorithm>

#include "base/status.h"

// clang-format off: RapidCheck's header needs GoogleTest's before it
#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"
// clang-format on

namespace rexray {
namespace {

TEST(ParseSizeTest, UnitsArePowersOf1024InAnyLetterCase) {
  const std::pair<std::string_view, uint64_t> table[] = {
      {"10", 10 * kGiB},
      {"10G", 10 * kGiB},
      {"10GB", 10 * kGiB},
      {"10GiB", 10 * kGiB},
      {"10gib", 10 * kGiB},
      {"10Gi", 10 * kGiB},
      {"500MiB", 500 * kMiB},
      {"500m", 500 * kMiB},
      {"4kB", 4 * kKiB},
      {"4096B", 4096},
      {"2t", 2 * kTiB},
      {"1P", 1024 * kTiB},
      {"1.5TiB", 3 * kTiB / 2},
      {"0.5", kGiB / 2},
      {" 16 GiB\t", 16 * kGiB},
      {"007", 7 * kGiB},
      {"1024P", uint64_t{1} << 60},
      {"1.999B", 1},
      {"1.46GiB", 1567663063},
      {"1152921504606846976B", uint64_t{1} << 60},
  };
  for (const auto& [text, bytes] : table) {
    const absl::StatusOr<uint64_t> parsed = ParseSize(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, bytes) << text;
  }
}

TEST(ParseSizeTest, ABareNumberCountsInTheCallersUnit) {
  EXPECT_EQ(ParseSize("10", 1).value(), 10U);
  EXPECT_EQ(ParseSize("1.5", kMiB).value(), 3 * kMiB / 2);
  EXPECT_EQ(ParseSize("10G", 1).value(), 10 * kGiB);
}

TEST(ParseSizeTest, EverythingElseIsRefusedAndQuoted) {
  const std::string_view table[] = {
      "",
      " ",
      "G",
      "abc",
      "-1",
      "-1G",
      "+1",
      "1e3",
      "0x10",
      "1,5G",
      "1.G",
      ".5G",
      "1..5G",
      "1.5.5G",
      "10 G B",
      "10X",
      "10Gib2",
      "10GBs",
      "10bb",
      "1 2",
      "0",
      "0.0GiB",
      "0.5B",
      "1025P",
      "nan",
      "inf",
      "1152921504606846977B",
      "1G\n",
      "1G;ls",
      "99999999999999999999999999999999999999999999",
      "1.0000000000000000001",
      "18446744073709551616",
      "1024.0000000000001P",
      std::string_view("1\0G", 3),
  };
  for (const std::string_view text : table) {
    const absl::StatusOr<uint64_t> parsed = ParseSize(text);
    ASSERT_FALSE(parsed.ok()) << text << " gave " << *parsed;
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(MessageOf(parsed.status()).find(text.substr(0, 64)), std::string_view::npos) << parsed.status();
  }
}

TEST(ParseSizeTest, ALongTextIsQuotedInPart) {
  const absl::StatusOr<uint64_t> parsed = ParseSize(std::string(100'000, 'x'));
  EXPECT_LT(MessageOf(parsed.status()).size(), 300U);
}

TEST(FormatSizeTest, TheLargestUnitThatDividesElseTwoDecimals) {
  const std::pair<uint64_t, std::string_view> table[] = {
      {0, "0B"},
      {1, "1B"},
      {1023, "1023B"},
      {kKiB, "1KiB"},
      {1500, "1.46KiB"},
      {500 * kMiB, "500MiB"},
      {1500 * kMiB, "1500MiB"},
      {kGiB, "1GiB"},
      {16 * kGiB, "16GiB"},
      {1567663063, "1.46GiB"},
      {kMiB - 1, "1.00MiB"},
      {9999 * kKiB, "9999KiB"},
      {1234567 * kKiB, "1.18GiB"},
      {uint64_t{1} << 60, "1024PiB"},
      {UINT64_MAX, "16384.00PiB"},
  };
  for (const auto& [bytes, text] : table) EXPECT_EQ(FormatSize(bytes), text);
}

rc::Gen<uint64_t> AnySize() {  // of every magnitude
  return rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 60), rc::gen::arbitrary<uint64_t>()),
                      [](const std::pair<int, uint64_t>& pair) {
                        return std::max<uint64_t>(1, pair.second & ((uint64_t{2} << pair.first) - 1));
                      });
}

RC_GTEST_PROP(SizeProperty, WhatIsFormattedParsesToNearlyTheSame, ()) {
  const uint64_t bytes = std::min(*AnySize(), uint64_t{1} << 60);
  const std::string text = FormatSize(bytes);
  const absl::StatusOr<uint64_t> parsed = ParseSize(text);
  RC_ASSERT(parsed.ok());
  if (text.find('.') == std::string::npos) {
    RC_ASSERT(*parsed == bytes);
  } else {  // two decimals: half a hundredth of the unit, and a byte of rounding down
    const uint64_t difference = *parsed > bytes ? *parsed - bytes : bytes - *parsed;
    RC_ASSERT(difference <= bytes / 190 + 2);
  }
}

RC_GTEST_PROP(SizeProperty, WholeNumbersOfAUnitAreExact, (uint32_t count)) {
  RC_PRE(count > 0U);
  const auto [letters, unit] = *rc::gen::element(std::pair<std::string, uint64_t>("B", 1),
                                                 std::pair<std::string, uint64_t>("kib", kKiB),
                                                 std::pair<std::string, uint64_t>("M", kMiB));
  RC_ASSERT(ParseSize(std::to_string(count) + letters).value() == count * unit);
}

RC_GTEST_PROP(SizeProperty, AnyTextIsASizeInRangeOrAnError, (const std::string& text)) {
  const absl::StatusOr<uint64_t> parsed = ParseSize(text);
  if (parsed.ok()) {
    RC_ASSERT(*parsed > 0U);
    RC_ASSERT(*parsed <= uint64_t{1} << 60);
  } else {
    RC_ASSERT(parsed.status().code() == absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace rexray
