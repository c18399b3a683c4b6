#include "setup/environment_file.h"

#include "base/status.h"

namespace rexray::setup {

namespace {

/// Where the last assignment's value stands in the text, quotes and all; `line` counts from 1.
struct Assignment {
  size_t begin = 0;
  size_t end = 0;
  int line = 0;
};

std::optional<Assignment> Find(std::string_view text, std::string_view variable) {
  std::optional<Assignment> found;
  int number = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    ++number;
    size_t at = text.find_first_not_of(" \t", start);
    if (at < end && text.substr(at, 7) == "export ") at = text.find_first_not_of(" \t", at + 7);
    if (at < end && text.substr(at, variable.size()) == variable &&
        text.substr(at + variable.size(), 1) == "=") {
      const size_t value = at + variable.size() + 1;
      const size_t last = text.substr(0, end).find_last_not_of(" \t\r");
      found = {value, std::max(value, last + 1), number};
    }
    start = end + 1;
  }
  return found;
}

char QuoteOf(std::string_view value) {
  const bool quoted =
      value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return quoted ? value.front() : '\0';
}

absl::Status Check(std::string_view value, EnvironmentDialect dialect, std::string_view variable,
                   std::string_view name, int line) {
  const char quote = QuoteOf(value);
  const std::string_view inside = quote != '\0' ? value.substr(1, value.size() - 2) : value;
  const bool replaced = dialect == EnvironmentDialect::kShell && quote != '\'' &&
                        inside.find_first_of("$`") != std::string_view::npos;
  if (!replaced && inside.find_first_of("\\\"'") == std::string_view::npos) return absl::OkStatus();
  return Error(
      absl::StatusCode::kFailedPrecondition,
      "{}:{}: the value of {} is more than plain text and cannot be merged with; change it by hand or "
      "write it plainly",
      name, line, variable);
}

}  // namespace

absl::StatusOr<std::optional<std::string>> GetVariable(std::string_view text, EnvironmentDialect dialect,
                                                       std::string_view variable, std::string_view name) {
  const std::optional<Assignment> found = Find(text, variable);
  if (!found) return std::nullopt;
  const std::string_view value = text.substr(found->begin, found->end - found->begin);
  RETURN_IF_ERROR(Check(value, dialect, variable, name, found->line));
  return std::string(QuoteOf(value) != '\0' ? value.substr(1, value.size() - 2) : value);
}

absl::StatusOr<std::string> SetVariable(std::string_view text, EnvironmentDialect dialect,
                                        std::string_view variable, std::string_view value,
                                        std::string_view name) {
  const std::optional<Assignment> found = Find(text, variable);
  if (!found) {
    std::string out(text);
    if (!out.empty() && out.back() != '\n') out += '\n';
    return out + std::string(variable) + "=" + std::string(value) + "\n";
  }
  const std::string_view old = text.substr(found->begin, found->end - found->begin);
  RETURN_IF_ERROR(Check(old, dialect, variable, name, found->line));
  const char quote = QuoteOf(old);
  const std::string quotes(quote != '\0' ? 1 : 0, quote);
  return std::string(text.substr(0, found->begin)) + quotes + std::string(value) + quotes +
         std::string(text.substr(found->end));
}

}  // namespace rexray::setup
