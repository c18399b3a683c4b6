#pragma once

// A table for people: left-aligned columns two spaces apart, no lines, nothing after the last column. awk
// reads it too: an empty cell prints as "-".

#include <string>
#include <string_view>
#include <vector>

namespace rexray::cli {

class TextTable {
 public:
  enum class Align { kLeft, kRight };

  /// Columns first, then rows. `quiet` leaves the header line out.
  void AddColumn(std::string header, Align align = Align::kLeft);
  /// As many cells as columns; each is made safe for a terminal.
  void AddRow(const std::vector<std::string>& cells);
  bool empty() const { return rows_.empty(); }

  /// Every line ends with a newline. Without rows only the header.
  std::string Render(bool quiet = false) const;

 private:
  struct Column {
    std::string header;
    Align align;
  };
  std::string RenderRow(const std::vector<std::string>& cells, const std::vector<int>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace rexray::cli
