#include "cli/rexray/terminal_text.h"

#include <gtest/gtest.h>

#include <random>

namespace rexray::cli {
namespace {

TEST(TerminalText, PlainTextStays) {
  EXPECT_EQ(TerminalSafe("pgdata_1.2-x"), "pgdata_1.2-x");
  EXPECT_EQ(TerminalSafe("größe 数据 🎉 \\ \"q\""), "größe 数据 🎉 \\ \"q\"");
  EXPECT_EQ(TerminalSafe(""), "");
}

TEST(TerminalText, WhatDrivesATerminalIsEscaped) {
  EXPECT_EQ(TerminalSafe("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(TerminalSafe("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(TerminalSafe(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(TerminalSafe("\x7f"), "\\x7f");
  EXPECT_EQ(TerminalSafe("\u009b31m"), "\\x9b31m") << "C1's one-character CSI";
  EXPECT_EQ(TerminalSafe("a\u202eb\u2066c\u2028d\u200fe"), "a\\u202eb\\u2066c\\u2028d\\u200fe");
}

TEST(TerminalText, BytesThatAreNotUtf8AreEscapedOneByOne) {
  EXPECT_EQ(TerminalSafe("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(TerminalSafe("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(TerminalSafe("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(TerminalSafe("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
  EXPECT_EQ(TerminalSafe("\x9b"), "\\x9b") << "C1 as a bare byte";
}

TEST(TerminalText, LinesStayWhereTheyMay) {
  EXPECT_EQ(TerminalSafeLines("one\ntwo\x1b"), "one\ntwo\\x1b");
}

TEST(TerminalText, NoBytesEverLeaveAControlCharacter) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 24; ++i) text += static_cast<char>(random());
    for (const char c : TerminalSafe(text)) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20);
      EXPECT_NE(c, '\x7f');
    }
  }
}

TEST(TerminalText, Width) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("größe"), 5);
  EXPECT_EQ(DisplayWidth("数据"), 4);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1) << "a combining accent";
  EXPECT_EQ(DisplayWidth("🎉"), 2);
}

}  // namespace
}  // namespace rexray::cli
