#include "setup/isolation.h"

#include <algorithm>

namespace rexray::setup {

namespace {

std::vector<std::string> Split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view word = list.substr(0, comma);
    const size_t begin = word.find_first_not_of(" \t\r\n");
    if (begin != std::string_view::npos) {
      out.emplace_back(word.substr(begin, word.find_last_not_of(" \t\r\n") - begin + 1));
    }
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return out;
}

bool Contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::string MergeIsolation(std::string_view list, const std::vector<std::string>& add) {
  std::vector<std::string> words = Split(list);
  const std::vector<std::string> old = words;
  if (words.empty() || words == std::vector<std::string>{"posix"} ||
      words == std::vector<std::string>{"process"}) {
    words = {"posix/cpu", "posix/mem"};
  } else if (words == std::vector<std::string>{"cgroups"}) {
    words = {"cgroups/cpu", "cgroups/mem"};
  }
  for (const std::string& isolator : add) {
    if (isolator == "filesystem/linux" && !Contains(words, isolator)) {
      std::replace(words.begin(), words.end(), std::string("filesystem/posix"), isolator);
    }
    if (!Contains(words, isolator)) words.push_back(isolator);
  }
  if (words == old) return std::string(list);
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

bool ListHas(std::string_view list, std::string_view word) {
  return Contains(Split(list), word);
}

}  // namespace rexray::setup
