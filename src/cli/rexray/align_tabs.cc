#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/rexray/go_template.h"
#include "cli/rexray/terminal_text.h"

namespace rexray::cli {

std::string AlignTabs(std::string_view text) {
  std::vector<std::vector<std::string_view>> lines;
  std::vector<int> widths;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    std::vector<std::string_view> cells;
    for (size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
      cells.push_back(line.substr(0, tab));
      line.remove_prefix(tab + 1);
      if (widths.size() < cells.size()) widths.push_back(0);
      widths[cells.size() - 1] = std::max(widths[cells.size() - 1], DisplayWidth(cells.back()));
    }
    cells.push_back(line);
    lines.push_back(std::move(cells));
    if (end == std::string_view::npos) break;
    if (text.empty()) lines.emplace_back();
  }
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    for (size_t cell = 0; cell < lines[i].size(); ++cell) {
      out += lines[i][cell];
      if (cell + 1 == lines[i].size()) break;
      const int padding = widths[cell] - DisplayWidth(lines[i][cell]) + 2;
      out.append(static_cast<size_t>(padding), ' ');
    }
    if (i + 1 < lines.size()) out += '\n';
  }
  return out;
}

}  // namespace rexray::cli
