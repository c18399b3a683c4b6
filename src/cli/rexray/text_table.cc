#include "cli/rexray/text_table.h"

#include <algorithm>
#include <utility>

#include "cli/rexray/terminal_text.h"

namespace rexray::cli {

void TextTable::AddColumn(std::string header, Align align) {
  columns_.push_back({std::move(header), align});
}

void TextTable::AddRow(const std::vector<std::string>& cells) {
  std::vector<std::string> row;
  row.reserve(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    row.push_back(i < cells.size() && !cells[i].empty() ? TerminalSafe(cells[i]) : "-");
  }
  rows_.push_back(std::move(row));
}

std::string TextTable::RenderRow(const std::vector<std::string>& cells,
                                 const std::vector<int>& widths) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(static_cast<size_t>(std::max(0, widths[i] - DisplayWidth(cells[i]))), ' ');
    const bool last = i + 1 == cells.size();
    if (columns_[i].align == Align::kRight) line += padding;
    line += cells[i];
    if (last) break;
    if (columns_[i].align == Align::kLeft) line += padding;
    line += "  ";
  }
  line += '\n';
  return line;
}

std::string TextTable::Render(bool quiet) const {
  std::vector<int> widths;
  std::vector<std::string> headers;
  for (size_t i = 0; i < columns_.size(); ++i) {
    int width = quiet ? 0 : DisplayWidth(columns_[i].header);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    widths.push_back(width);
    headers.push_back(columns_[i].header);
  }
  std::string text = quiet ? "" : RenderRow(headers, widths);
  for (const auto& row : rows_) text += RenderRow(row, widths);
  return text;
}

}  // namespace rexray::cli
