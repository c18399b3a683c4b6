#pragma once

// The part of Go's text/template that `--template` takes (REX-Ray 0.11's flag): text, {{.ID}}, {{.A.B}},
// {{.}},
// {{"literal"}}, {{range .X}} … {{else}} … {{end}}, {{if .X}} …, {{with .X}} …, {{/* comment */}}, trimming
// ({{- and
// -}}), and the pipelines `| json`, `| jsonp`, `| printAttState`. \t and \n in the text are a tab and a line
// break, as with REX-Ray. No variables, no other functions: an error says so.

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"

namespace rexray::cli {

class GoTemplate {
 public:
  /// InvalidArgument names the action that is not understood.
  static absl::StatusOr<GoTemplate> Parse(std::string_view text);
  GoTemplate(GoTemplate&&) noexcept;
  GoTemplate& operator=(GoTemplate&&) noexcept;
  ~GoTemplate();

  /// InvalidArgument for a field that `data` does not have, listing those that it has.
  absl::StatusOr<std::string> Render(const nlohmann::ordered_json& data) const;

  /// True when the template starts from `.D`, the list itself, as REX-Ray's own did, or has `range .` at its
  /// top: run it once on {"D": list} and not once for each element.
  bool UsesWholeList() const;

  struct Node;

 private:
  explicit GoTemplate(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

/// What Go's tabwriter does with REX-Ray's settings: cells end at tabs, columns are two spaces apart.
std::string AlignTabs(std::string_view text);

}  // namespace rexray::cli
