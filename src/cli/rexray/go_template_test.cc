#include "cli/rexray/go_template.h"

#include <gtest/gtest.h>

#include "nlohmann/json.hpp"

#include "base/status.h"

namespace rexray::cli {
namespace {

using Json = nlohmann::ordered_json;

const Json& Sample() {
  static const Json data = {{"ID", "vol-1"},
                            {"Name", "pg\x1b"},
                            {"Size", 16},
                            {"Encrypted", false},
                            {"Fields", {{"service", "rexray"}}},
                            {"Attachments", Json::array({{{"Status", "a"}}, {{"Status", "b"}}})},
                            {"None", Json::array()}};
  return data;
}

std::string Render(const std::string& text) {
  const auto parsed = GoTemplate::Parse(text);
  if (!parsed.ok()) return "PARSE: " + std::string(MessageOf(parsed.status()));
  const auto out = parsed->Render(Sample());
  return out.ok() ? *out : "RENDER: " + std::string(MessageOf(out.status()));
}

TEST(GoTemplate, FieldsTextAndEscapes) {
  EXPECT_EQ(Render("{{.ID}}\\t{{ .Size }} {{.Fields.service}}\\n"), "vol-1\t16 rexray\n");
  EXPECT_EQ(Render("{{\"a\\tb\"}}{{/* nothing */}}c"), "a\tbc");
  EXPECT_EQ(Render("a {{- .ID -}}  b"), "avol-1b");
}

TEST(GoTemplate, RangeIfWithElse) {
  EXPECT_EQ(Render("{{range .Attachments}}[{{.Status}}]{{end}}"), "[a][b]");
  EXPECT_EQ(Render("{{range .None}}x{{else}}none{{end}}"), "none");
  EXPECT_EQ(Render("{{if .Encrypted}}yes{{else}}no{{end}}"), "no");
  EXPECT_EQ(Render("{{if .Size}}{{.ID}}{{end}}"), "vol-1");
  EXPECT_EQ(Render("{{with .Fields}}{{.service}}{{end}}"), "rexray");
}

TEST(GoTemplate, Pipelines) {
  EXPECT_EQ(Render("{{.Fields | json}}"), R"({"service":"rexray"})");
  EXPECT_EQ(Render("{{.ID | printAttState}}"), "vol-1");
}

TEST(GoTemplate, ValuesCannotDriveATerminal) {
  EXPECT_EQ(Render("{{.Name}}"), "pg\\x1b");
}

TEST(GoTemplate, MistakesAreNamed) {
  EXPECT_NE(Render("{{.Nme}}").find("no field \"Nme\"; there are ID, Name"), std::string::npos)
      << Render("{{.Nme}}");
  EXPECT_NE(Render("{{printf .ID}}").find("\"{{printf .ID}}\" is not supported"), std::string::npos);
  EXPECT_NE(Render("{{$x := .ID}}").find("not supported"), std::string::npos);
  EXPECT_NE(Render("{{.ID").find("without its"), std::string::npos);
  EXPECT_NE(Render("{{if .ID}}x").find("lacks its {{end}}"), std::string::npos);
  EXPECT_NE(Render("x{{end}}").find("closes nothing"), std::string::npos);
  EXPECT_NE(Render("{{range .ID}}x{{end}}").find("not a list"), std::string::npos);
}

TEST(GoTemplate, DepthIsLimited) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{{if .ID}}";
  EXPECT_NE(Render(deep).find("nested too deeply"), std::string::npos);
}

TEST(GoTemplate, KnowsRexRaysOwnShape) {
  EXPECT_TRUE(GoTemplate::Parse("{{range .D}}{{.ID}}{{end}}")->UsesWholeList());
  EXPECT_FALSE(GoTemplate::Parse("{{.ID}}")->UsesWholeList());
  EXPECT_TRUE(GoTemplate::Parse("{{range .}}{{.ID}}{{end}}")->UsesWholeList());
  EXPECT_FALSE(GoTemplate::Parse("{{range .Attachments}}{{.Status}}{{end}}")->UsesWholeList());
}

TEST(GoTemplate, ARangeOverTheListItself) {
  const Json list = {{"D", Json::array({{{"ID", "a"}}, {{"ID", "b"}}})}};
  for (const char* text : {"{{range .}}{{.ID}};{{end}}", "{{range .D}}{{.ID}};{{end}}"}) {
    EXPECT_EQ(*GoTemplate::Parse(text)->Render(list), "a;b;") << text;
  }
}

TEST(AlignTabs, ColumnsTwoBlanksApart) {
  EXPECT_EQ(AlignTabs("a\tb\nlong\tc\n"), "a     b\nlong  c\n");
  EXPECT_EQ(AlignTabs("no tabs"), "no tabs");
  EXPECT_EQ(AlignTabs(""), "");
}

}  // namespace
}  // namespace rexray::cli
