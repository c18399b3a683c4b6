#include "cli/rexray/text_table.h"

#include <gtest/gtest.h>

namespace rexray::cli {
namespace {

TextTable Sample() {
  TextTable table;
  table.AddColumn("Name");
  table.AddColumn("Size", TextTable::Align::kRight);
  table.AddColumn("Note");
  return table;
}

TEST(TextTable, AlignsColumnsAndEndsNoLineWithBlanks) {
  TextTable table = Sample();
  table.AddRow({"pgdata", "16GiB", "x"});
  table.AddRow({"größe", "1GiB", ""});
  EXPECT_EQ(table.Render(),
            "Name     Size  Note\n"
            "pgdata  16GiB  x\n"
            "größe    1GiB  -\n");
}

TEST(TextTable, WideCharactersCountTwice) {
  TextTable table = Sample();
  table.AddRow({"数据", "1", "x"});
  table.AddRow({"abcd", "2", "y"});
  EXPECT_EQ(table.Render(true),
            "数据  1  x\n"
            "abcd  2  y\n");
}

TEST(TextTable, HostileCellsStayInTheirRow) {
  TextTable table = Sample();
  table.AddRow({"a\nb\x1b[2J", "1", "x"});
  EXPECT_EQ(table.Render(true), "a\\nb\\x1b[2J  1  x\n");
}

TEST(TextTable, WithoutRowsOnlyTheHeader) {
  EXPECT_EQ(Sample().Render(), "Name  Size  Note\n");
  EXPECT_EQ(Sample().Render(true), "");
}

}  // namespace
}  // namespace rexray::cli
